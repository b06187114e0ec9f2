//! The worker process: frames in, analysis, frames out.
//!
//! Three threads. The *reader* decodes requests and never waits for an analysis, so a newer edit reaches the analysis
//! at work as its cancellation, and the end of standard input ends the process whatever it is doing. The *analysis*
//! thread has a stack for deeply nested code, and others help it read rules. The *watchdog* says which rule is at work when
//! time is almost over.
//!
//! A worker opens no file and no socket.

mod analysis;
mod desk;
mod inbox;
mod judge;
mod output;
mod raw_ast;
mod rulebook;
mod serve;
mod watchdog;
mod workspace;

pub use analysis::{Analysis, Compiled, RuleEngine};

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

/// Requests come in bursts of small frames.
const READ_BUFFER: usize = 64 << 10;

/// Exit code of a worker whose parent does not speak its language.
const BAD_PARENT: i32 = 70;

/// Runs this process as a worker until standard input ends.
pub fn child_main() -> ! {
    run(RuleEngine::default())
}

/// Runs this process as a worker around an analysis.
pub fn run<A: Analysis>(analysis: A) -> ! {
    // The text of a panic may quote the code under analysis: only its place is said.
    panic::set_hook(Box::new(|info| match info.location() {
        Some(place) => eprintln!("analysis panicked at {}:{}", place.file(), place.line()),
        None => eprintln!("analysis panicked"),
    }));
    let output = Output::to_parent();
    output.send(&Event::Ready { version: crate::VERSION.to_owned() });
    let mut input = BufReader::with_capacity(READ_BUFFER, std::io::stdin());
    let Request::Limits(limits) = next_request(&mut input) else {
        eprintln!("the first request must be the limits");
        exit(BAD_PARENT);
    };
    let inbox = start(analysis, limits, &output);
    loop {
        match next_request(&mut input) {
            Request::Ping { nonce } => output.send(&Event::Pong { nonce }),
            request => inbox.put(request),
        }
    }
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
