//! The way of our own messages to the client, with marks in it.
//!
//! Answers to the client's requests take another way out. Who has to answer after something else was said puts a mark behind that
//! and waits until the transport has come to it.

use futures_util::future::ready;
use futures_util::stream::BoxStream;
use futures_util::{FutureExt as _, StreamExt as _};
use tokio::sync::{mpsc, oneshot};
use tower_lsp_server::jsonrpc::Request;
use tower_lsp_server::ls_types::notification::Notification;
use tower_lsp_server::{Client, Loopback};

/// What stands for a mark; it goes no further than the transport.
enum Mark {}

impl Notification for Mark {
    type Params = ();
    const METHOD: &'static str = "$/weir/mark";
}

/// Puts marks.
pub(super) struct Marks {
    waiting: mpsc::UnboundedSender<oneshot::Sender<()>>,
}

/// The way out, on which marks are found.
pub(super) struct Marked<S> {
    socket: S,
    waiting: mpsc::UnboundedReceiver<oneshot::Sender<()>>,
}

/// Who puts marks, and what makes the way out one on which they are found.
pub(super) fn marks<S>() -> (Marks, impl FnOnce(S) -> Marked<S>) {
    let (sender, waiting) = mpsc::unbounded_channel();
    (Marks { waiting: sender }, |socket| Marked { socket, waiting })
}

impl Marks {
    /// Waits until all that was sent by the same task before is on its way: what anybody sends from then on comes after it.
    pub(super) async fn passed(&self, client: &Client) {
        let (passed, waits) = oneshot::channel();
        // One task puts the marks, so they come in the order of those who wait.
        let _ = self.waiting.send(passed);
        client.send_notification::<Mark>(()).await;
        // A transport that is gone comes to no mark, and nobody is left to be told anything.
        let _ = waits.await;
    }
}

impl<S: Loopback<RequestStream: Send + 'static>> Loopback for Marked<S> {
    type RequestStream = BoxStream<'static, Request>;
    type ResponseSink = S::ResponseSink;

    fn split(self) -> (Self::RequestStream, Self::ResponseSink) {
        let (requests, responses) = self.socket.split();
        let mut waiting = self.waiting;
        // A message is asked for only when the one before it was handed to the writer.
        let passed_on = requests.filter_map(move |request| {
            let is_mark = request.method() == Mark::METHOD;
            if is_mark && let Ok(waits) = waiting.try_recv() {
                let _ = waits.send(());
            }
            ready((!is_mark).then_some(request))
        });
        (passed_on.boxed(), responses)
    }
}

/// Sends a request to the client before anything that is sent after it. Its answer is not waited for: what is to be told next does
/// not depend on it.
pub(super) fn request(what: &'static str, request: impl Future<Output = Answer> + Send + 'static) {
    let told = move |answer: Answer| {
        if let Err(error) = answer {
            tracing::debug!("{what}: the client answered with {}", error.code);
        }
    };
    let mut request = Box::pin(request);
    // The first poll puts it in the client's queue, where every sender has a place of its own.
    match request.as_mut().now_or_never() {
        Some(answer) => told(answer),
        None => drop(tokio::spawn(request.map(told))),
    }
}

type Answer = tower_lsp_server::jsonrpc::Result<()>;
