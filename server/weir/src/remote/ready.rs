//! A link is made ready behind the back of the process that stands in: its worker has read the rules before it takes over, so
//! that nobody waits for them, however slow the line is.

use super::connect::Connected;
use super::control;
use super::error::ConnectError;
use super::socket::{Incoming, frame};
use std::sync::{Arc, LazyLock};
use tokio::sync::mpsc;
use weir_model::link::{Step, Tag};
use weir_model::{Event, ForeignMarks, Limits, Request, RuleSource, framing};
use weir_seal::Opened;

/// What a worker was told first, and what of it is in force: nothing else may be asked before.
#[derive(Clone, Default)]
pub(super) struct Beginning {
    limits: Option<Limits>,
    rules: Option<Rules>,
}

#[derive(Clone)]
struct Rules {
    sources: Arc<[RuleSource]>,
    disabled: Vec<Arc<str>>,
}

/// By which such requests are known without reading the others, which may be large.
static TAGS: LazyLock<[Option<u8>; 2]> = LazyLock::new(|| {
    let limits = Limits { interactive_ms: 0, scan_ms: 0, interned_bytes: 0, foreign_marks: ForeignMarks::None };
    let rules = Request::Rules { generation: 0, sources: Arc::from([]), disabled: Vec::new(), kept: Vec::new() };
    [Request::Limits(limits), rules].map(|request| framing::encode(&request).ok()?.get(4).copied())
});

impl Beginning {
    /// Notes what a request says of it.
    pub(super) fn note(&mut self, request: &[u8]) {
        let Some(body) = request.get(4..).filter(|body| TAGS.contains(&body.first().copied())) else { return };
        match framing::decode(body) {
            Ok(Request::Limits(limits)) => self.limits = Some(limits),
            Ok(Request::Rules { sources, disabled, .. }) => self.rules = Some(Rules { sources, disabled }),
            _ => {}
        }
    }

    /// The same as requests. The number of the rules is of no meaning: whoever takes over says them again, under its own.
    fn requests(self) -> Option<[Request; 2]> {
        let (limits, Rules { sources, disabled }) = (self.limits?, self.rules?);
        Some([Request::Limits(limits), Request::Rules { generation: 0, sources, disabled, kept: Vec::new() }])
    }
}

/// Passes requests on until there are no more, each after it was looked at.
pub(super) async fn listen(
    mut from: mpsc::UnboundedReceiver<Vec<u8>>,
    to: mpsc::UnboundedSender<Vec<u8>>,
    mut look: impl FnMut(&[u8]),
) {
    while let Some(request) = from.recv().await {
        look(&request);
        if to.send(request).is_err() {
            return;
        }
    }
}

/// Has the worker at the other end begin, and read the rules.
pub(super) async fn begin(link: &mut Connected, beginning: Beginning) -> Result<(), ConnectError> {
    let lost = || ConnectError::away("the connection was lost");
    let unfit = |_| ConnectError::away("what it says or is to be told has no form");
    let Some(requests) = beginning.requests() else { return Ok(()) };
    for request in requests {
        let Step::Send(up) = link.session.ledger.step(request) else { continue };
        let plain = framing::encode(&up).map_err(unfit)?;
        for body in link.sealer.seal(&plain[4..]).map_err(|error| ConnectError::away(error.to_string()))? {
            link.socket.outgoing.send(frame(Tag::Sealed, &body)).await.map_err(|_| lost())?;
        }
    }
    loop {
        match link.socket.incoming.recv().await {
            Some(Incoming::Frame(Tag::Sealed, body)) => match link.opener.open(body) {
                Ok(Opened::Part { .. }) => {}
                Ok(Opened::Whole(message)) => {
                    let down = framing::decode(&message).map_err(unfit)?;
                    if let Some(Event::RulesLoaded { .. }) = link.session.ledger.event(down) {
                        link.session.ledger.rules_read();
                        return Ok(());
                    }
                }
                Err(error) => return Err(ConnectError::away(error.to_string())),
            },
            Some(Incoming::Control(text)) => link.said.push(control::read(&text)),
            Some(Incoming::Frame(..) | Incoming::End(_)) | None => return Err(lost()),
        }
    }
}
