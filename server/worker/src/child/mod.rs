//! The worker process: frames in, analysis, frames out.
//!
//! Three threads. The *reader* decodes requests and never waits for an analysis, so a newer edit reaches the analysis
//! at work as its cancellation, and the end of standard input ends the process whatever it is doing. The *analysis*
//! thread has a stack for deeply nested code, and others help it read rules. The *watchdog* says which rule is at work when
//! time is almost over.
//!
//! A worker opens no file and no socket, and cannot ([`sandbox`]).

mod analysis;
mod desk;
mod inbox;
mod judge;
mod output;
mod raw_ast;
mod rulebook;
mod seal_out;
mod sealed;
mod serve;
mod watchdog;
mod workspace;

pub use analysis::{Analysis, Compiled, RuleEngine};
pub use sealed::run_sealed;

use crate::sandbox::{self, Confinement, Sandboxed};
use desk::Desk;
use inbox::Inbox;
use output::Output;
use serve::Server;
use std::io::{BufReader, Read};
use std::panic;
use std::process::exit;
use std::sync::Arc;
use std::thread;
use std::time::Instant;
use watchdog::Watchdog;
use weir_model::{Event, Limits, Request, framing};
use workspace::Workspace;

/// The syntax trees of hostile files are deep and walks recurse. Memory of a stack is taken only when it is used.
const STACK: usize = 256 << 20;

/// Bytes of all stacks that a worker may have at once: that of the analysis, and those of the threads that help it read rules,
/// of which it is one itself. The rest is for threads that need little.
#[cfg(target_os = "linux")]
pub(crate) const STACKS: u64 = (analysis::MAX_THREADS * STACK + (16 << 20)) as u64;

/// Requests come in bursts of small frames.
const READ_BUFFER: usize = 64 << 10;

/// Exit code of a worker whose parent does not speak its language.
const BAD_PARENT: i32 = 70;

/// Exit code of a worker that was asked to be confined and cannot be.
const UNCONFINED: i32 = 71;

/// Runs this process as a worker until standard input ends.
pub fn child_main() -> ! {
    run(RuleEngine::default())
}

/// Runs this process as a worker behind a seal until standard input ends: see [`weir_model::link`].
pub fn sealed_main() -> ! {
    run_sealed(RuleEngine::default())
}

/// Runs this process as a worker around an analysis.
pub fn run<A: Analysis>(analysis: A) -> ! {
    silence_panics();
    let sandboxed = confine(|lack| {
        Output::to_parent().send(&Event::Unconfined { lacks: vec![lack], refused: true });
    });
    let output = Output::to_parent();
    if !sandboxed.lacks().is_empty() {
        output.send(&Event::Unconfined { lacks: sandboxed.lacks().to_vec(), refused: false });
    }
    serve_parent(analysis, &output, &sandboxed)
}

/// Gives up what this process was told to; says so and refuses to go on where it cannot and must.
fn confine(refuse: impl FnOnce(String)) -> Sandboxed {
    let entered = Confinement::from_env().and_then(|told| sandbox::enter(&told).map_err(|lack| lack.to_string()));
    entered.unwrap_or_else(|lack| {
        eprintln!("{lack}");
        refuse(lack);
        exit(UNCONFINED)
    })
}

/// The worker's loop.
fn serve_parent<A: Analysis>(analysis: A, output: &Output, _: &Sandboxed) -> ! {
    output.send(&Event::Ready { version: crate::VERSION.to_owned() });
    let mut input = BufReader::with_capacity(READ_BUFFER, std::io::stdin());
    let Request::Limits(limits) = next_request(&mut input) else {
        eprintln!("the first request must be the limits");
        exit(BAD_PARENT);
    };
    let inbox = start(analysis, limits, output);
    loop {
        match next_request(&mut input) {
            Request::Ping { nonce } => output.send(&Event::Pong { nonce }),
            request => inbox.put(request),
        }
    }
}

/// The text of a panic may quote the code under analysis: only its place is said.
fn silence_panics() {
    panic::set_hook(Box::new(|info| match info.location() {
        Some(place) => eprintln!("analysis panicked at {}:{}", place.file(), place.line()),
        None => eprintln!("analysis panicked"),
    }));
}

/// Starts the threads beside the reader.
fn start<A: Analysis>(analysis: A, limits: Limits, output: &Output) -> Arc<Inbox> {
    let inbox = Arc::new(Inbox::default());
    let watchdog = Arc::new(Watchdog::new(output.clone()));
    let watching = Arc::clone(&watchdog);
    spawn("watchdog", 256 << 10, move || watching.run());
    let (filled, output) = (Arc::clone(&inbox), output.clone());
    spawn("analysis", STACK, move || {
        let foreign_marks = limits.foreign_marks;
        let desk = Desk { analysis, rules: None, watchdog, epoch: Instant::now(), foreign_marks };
        Server { desk, inbox: filled, output, limits, workspace: Workspace::default() }.run();
    });
    inbox
}

fn spawn(name: &str, stack: usize, body: impl FnOnce() + Send + 'static) {
    let thread = thread::Builder::new().name(name.to_owned()).stack_size(stack).spawn(body);
    if let Err(error) = thread {
        eprintln!("cannot start the {name} thread: {error}");
        exit(BAD_PARENT);
    }
}

/// The next request. The end of the input is the end of the process: nobody is left to answer.
fn next_request(input: &mut impl Read) -> Request {
    match framing::read(input) {
        Ok(Some(request)) => request,
        Ok(None) => exit(0),
        Err(error) => {
            eprintln!("request: {error}");
            exit(BAD_PARENT)
        }
    }
}
