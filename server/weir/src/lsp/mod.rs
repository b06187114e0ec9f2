//! The editor's door: the language server protocol over standard input and output.
//!
//! Protocol types stay under this folder, [`crate::session`] and [`crate::main_loop`].

mod capabilities;
pub(crate) mod from_proto;
pub(crate) mod outbox;
mod parent;
pub(crate) mod requests;
mod server;
pub(crate) mod to_proto;

pub(crate) use capabilities::Client;

use crate::args::{LspArgs, RuleArgs};
use crate::main_loop::{MainLoop, Message};
use anyhow::Context as _;
use outbox::Outbox;
use server::Server;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::mpsc;
use tower_lsp_server::LspService;
use weir_worker::{Pool, PoolConfig};

/// How many requests may wait at once. Far above what an editor has in flight, so that slow requests never hold up the
/// changes behind them.
const CONCURRENT_REQUESTS: usize = 1024;

/// Analysis processes of one editor: typing needs one, the second keeps other documents from waiting for it.
const WORKERS: usize = 2;

/// Serves one editor until it says `exit`, closes the stream or dies.
///
/// Exit code 0 if `shutdown` came before `exit`, else 1, as the protocol asks.
pub(crate) fn main(args: LspArgs) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("cannot start the server's threads")?;
    let clean = runtime.block_on(serve(args.rules));
    // The thread that reads standard input may wait for ever: leave without it.
    runtime.shutdown_background();
    Ok(if clean { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn serve(rules: RuleArgs) -> bool {
    let (messages, inbox) = mpsc::unbounded_channel();
    let (pool, mut updates) = Pool::start(PoolConfig::this_program(WORKERS));
    let was_shut_down = Arc::new(AtomicBool::new(false));
    let mut outbox = None;
    let (service, socket) = LspService::new(|client| {
        outbox = Some(Outbox::start(client));
        Server::new(messages.clone(), was_shut_down.clone())
    });
    let outbox = outbox.expect("the service was made with a client");
    let forward = messages.downgrade();
    tokio::spawn(async move {
        while let Some(update) = updates.recv().await {
            let Some(messages) = forward.upgrade() else { break };
            let _ = messages.send(Message::Worker(update));
        }
    });
    drop(messages);
    let main_loop = tokio::spawn(MainLoop::new(pool, outbox, rules).run(inbox));
    tower_lsp_server::Server::new(tokio::io::stdin(), tokio::io::stdout(), socket)
        .concurrency_level(CONCURRENT_REQUESTS)
        .serve(service)
        .await;
    // The service held the last sender: the loop ends and takes the workers with it.
    let _ = main_loop.await;
    was_shut_down.load(Ordering::Acquire)
}
