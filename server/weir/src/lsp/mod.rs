//! The editor's door: the language server protocol.
//!
//! Protocol types stay under this folder, [`crate::session`] and [`crate::main_loop`].

mod capabilities;
pub(crate) mod from_proto;
pub(crate) mod gate;
pub(crate) mod hints;
mod input;
mod lenient;
mod order;
pub(crate) mod outbox;
mod parent;
pub(crate) mod progress;
pub(crate) mod requests;
pub(crate) mod rule_marks;
mod server;
pub(crate) mod spelling;
mod throttle;
pub(crate) mod to_proto;
mod transport;
pub(crate) mod view;
pub(crate) mod watch;

pub(crate) use capabilities::Client;

use crate::args::LspArgs;
use crate::config::Settings;
use crate::main_loop::MainLoop;
use crate::remote::choice::{Choice, Wish};
use anyhow::Context as _;
use gate::Gate;
use outbox::Outbox;
use server::Server;
use spelling::{Spelled, Spellings};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::mpsc;
use tower_lsp_server::LspService;
use transport::{Input, Output};

/// How many requests may wait at once. Far above what an editor has in flight, so that slow requests never hold up the
/// changes behind them.
const CONCURRENT_REQUESTS: usize = 1024;

/// What a client wants from the start.
pub(crate) struct InitialOptions {
    /// Its settings.
    pub(crate) settings: Settings,
}

/// Serves one editor until it says `exit`, closes the stream or dies.
///
/// Exit code 0 if `shutdown` came before `exit`, else 1, as the protocol asks.
pub(crate) fn main(args: LspArgs) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("cannot start the server's threads")?;
    // An editor analyses where its user has logged in to, if nobody says anything.
    let choice = Choice::new(args.engine.engine.as_deref(), Wish::Default)?;
    if let Some(pid) = args.client_process_id {
        parent::exit_with(pid);
    }
    let clean = runtime.block_on(async {
        let (input, output) = transport::open(&args).await?;
        anyhow::Ok(serve(input, output, args.rules.rules, choice).await)
    });
    // The thread that reads standard input may wait for ever: leave without it.
    runtime.shutdown_background();
    Ok(if clean? { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn serve(input: Input, output: Output, rules: Vec<PathBuf>, choice: Choice) -> bool {
    let (messages, inbox) = mpsc::unbounded_channel();
    let was_shut_down = Arc::new(AtomicBool::new(false));
    let shows_virtual = Arc::new(AtomicBool::new(false));
    let mut outbox = None;
    let (marks, marked) = order::marks();
    let (service, socket) = LspService::build(|client| {
        outbox = Some(Outbox::start(client, marks));
        Server::new(messages.clone(), was_shut_down.clone(), shows_virtual.clone())
    })
    .custom_method("workspace/textDocumentContent", Server::text_document_content)
    .custom_method("window/workDoneProgress/cancel", Server::cancel_progress)
    .finish();
    let outbox = outbox.expect("the service was made with a client");
    let main_loop = MainLoop::new(outbox, rules, choice, messages.downgrade());
    drop(messages);
    let main_loop = tokio::spawn(main_loop.run(inbox));
    let spellings = Spellings::default();
    let socket = Spelled { socket, spellings: spellings.clone() };
    tower_lsp_server::Server::new(input::messages(input), output, marked(socket))
        .concurrency_level(CONCURRENT_REQUESTS)
        .serve(Gate::new(service, shows_virtual, spellings))
        .await;
    // The service held the last sender: the loop ends and takes the workers with it.
    let _ = main_loop.await;
    was_shut_down.load(Ordering::Acquire)
}
