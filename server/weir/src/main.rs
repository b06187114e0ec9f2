//! The fronts of Weir in one binary: `weir lsp` for editors, `weir scan` and `weir explain` for terminals,
//! `weir test` for rules, `weir try` for a first look, `weir login` for a team's engine.
//!
//! This process owns files and settings and never parses what it reads: code and rules go to worker processes (the
//! same binary as `weir worker`) and come back as plain data.

mod args;
mod authoring;
mod baseline;
mod changed;
mod cli;
mod config;
mod engines;
mod history;
mod lsp;
mod main_loop;
mod notebooks;
mod private;
mod project;
mod project_marks;
mod remote;
mod repairs;
mod report;
mod rule_tests;
mod rules_cache;
mod rules_source;
mod session;
mod shared_baseline;
mod walk;
mod workspace;

use args::{Cli, Command};
use clap::Parser;
use cli::Exit;
use std::io::{self, Write};
use std::process::ExitCode;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

fn main() -> ExitCode {
    let command = Cli::parse().command;
    init_logging();
    let result = match command {
        Command::Worker { sealed: false } => weir_worker::child_main(),
        Command::Worker { sealed: true } => weir_worker::sealed_main(),
        Command::Lsp(args) => lsp::main(args),
        Command::Scan(args) => cli::scan::main(&args).map(ExitCode::from),
        Command::Baseline(args) => cli::baseline::main(args).map(ExitCode::from),
        Command::Explain(args) => cli::explain::main(&args).map(ExitCode::from),
        Command::Try(args) => cli::try_it::main(&args).map(ExitCode::from),
        Command::Engine(args) => cli::remote_engine::main(*args).map(ExitCode::from),
        Command::Test(args) => cli::test::main(&args).map(ExitCode::from),
        Command::Login(args) => cli::login::main(&args).map(ExitCode::from),
        Command::Logout(args) => cli::login::logout(&args).map(ExitCode::from),
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            // Nobody may be reading any more; there is nobody else to tell.
            let _ = writeln!(io::stderr(), "weir: {error:#}");
            Exit::Failed.into()
        }
    }
}

/// What is asked for, of Weir itself. What libraries say of their work quotes it: a language server's messages are source text, and
/// the headers of a request hold keys.
fn of_ours(asked: &Targets) -> Targets {
    let level = asked.default_level().unwrap_or(LevelFilter::WARN);
    let ours = asked.iter().filter(|(target, _)| target.starts_with("weir"));
    Targets::new()
        .with_default(level.min(LevelFilter::WARN))
        .with_target("weir", level)
        .with_targets(ours.map(|(target, level)| (target.to_owned(), level)))
}

/// Logs go to standard error, which every protocol leaves to people; `WEIR_LOG=debug` (or `weir=trace,...`) asks for more, and
/// `WEIR_LOG_FORMAT=json` for lines that machines read.
fn init_logging() {
    let asked: Option<Targets> = std::env::var("WEIR_LOG").ok().and_then(|text| text.parse().ok());
    let filter = of_ours(&asked.unwrap_or_default());
    // Colours are for people: not for a file, nor for what reads a container's output.
    let colour = anstream::AutoStream::choice(&io::stderr()) != anstream::ColorChoice::Never;
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr).with_ansi(colour);
    let lines = match std::env::var("WEIR_LOG_FORMAT").as_deref() {
        Ok("json") => lines.json().flatten_event(true).boxed(),
        _ => lines.compact().boxed(),
    };
    tracing_subscriber::registry().with(filter).with(lines).init();
}
