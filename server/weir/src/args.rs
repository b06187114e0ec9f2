//! What the command line says. Help, usage errors and completions derive from here.

mod engine;

pub(crate) use engine::{
    AuditCommand, EngineArgs, EngineCommand, KeysAddArgs, KeysCommand, RoleArg, StoreArgs, TeamCommand,
};

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Finds security holes while you type, and in whole projects.
#[derive(Debug, Parser)]
#[command(name = "weir", version, propagate_version = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Find security holes in files and folders.
    #[command(after_help = SCAN_EXIT_CODES)]
    Scan(Box<ScanArgs>),
    /// Run rules against their annotated targets.
    #[command(after_help = TEST_HELP)]
    Test(TestArgs),
    /// Write down what is found now, so that only what comes after is reported.
    #[command(after_help = BASELINE_HELP)]
    Baseline(BaselineArgs),
    /// Say why a rule reports a line, or why it does not.
    #[command(after_help = EXPLAIN_EXIT_CODES)]
    Explain(ExplainArgs),
    /// See it work: a demo project with a guide in your editor, or a replay in the terminal.
    #[command(after_help = TRY_HELP)]
    Try(TryArgs),
    /// Have a team's engine analyse what you type: keeps its address, its identity and your key.
    #[command(after_help = LOGIN_HELP)]
    Login(LoginArgs),
    /// Forget an engine and its key.
    Logout(LogoutArgs),
    /// Serve an editor (Language Server Protocol).
    Lsp(LspArgs),
    /// Serve a team: an analysis service that cannot read the team's code.
    #[command(after_help = engine::HELP)]
    Engine(Box<EngineArgs>),
    /// Analyse what the parent process sends; started by the other commands.
    #[command(hide = true)]
    Worker {
        /// What the parent sends is sealed, and it cannot read it: an editor elsewhere can.
        #[arg(long)]
        sealed: bool,
    },
}

const SCAN_EXIT_CODES: &str = "\
Exit codes:
  0  done (findings count only with --error)
  1  there are findings, with --error
  2  the scan failed
  3  a file could not be parsed or analysed in full, with --strict
  7  a rule could not be loaded; the others were run";

const BASELINE_HELP: &str = "\
The file belongs into the repository. Scans and editors do not report what is in it (weir scan --no-baseline does). Findings
are known by their rule and code: they may move within a file, and files may be renamed.

Exit codes:
  0  written
  2  it could not be";

const EXPLAIN_EXIT_CODES: &str = "\
Exit codes:
  0  explained, whether the line is reported or not
  2  there is no such rule, file or line, or it could not be analysed
  7  the rule could not be loaded";

const TRY_HELP: &str = "\
Seven small web applications with holes planted in them are written to a new folder, which is kept, with a guide to five things
to do. The best editor found opens it: VS Code or VSCodium, Neovim 0.11, Helix, Emacs with Eglot. Neither your files nor your editor's
configuration are touched, and nothing is installed. Without an editor or a terminal the typing is replayed.

Exit codes:
  0  the editor was opened or has ended, or the replay is over
  2  the editor asked for is not there, or the folder could not be written";

const TEST_HELP: &str = "\
Targets of sqli.yaml are the files beside it named sqli.* (up to the first dot) and all files in a folder sqli/.
A comment in a target speaks about the next line:
  # ruleid: some-rule      must be reported
  # ok: some-rule          must not be (no other line must be, either)
  # todoruleid: some-rule  counts neither way; todook: likewise
sqli.fixed.py is what sqli.py must become when all fixes are applied.

Exit codes:
  0  all checks passed
  1  some did not
  2  the tests could not be run";

const LOGIN_HELP: &str = "\
The key is asked for, or read from standard input with --key-stdin; it is never an argument. It is kept in the system's keyring or,
where there is none, in a file that nobody else may read. Compare the fingerprint with the one that whoever runs the engine gave you:
from then on no other engine is spoken to at this address.

Exit codes:
  0  logged in, or with --status: every engine answers
  1  with --status: an engine does not answer, or not as it should
  2  not logged in";

/// Where the rules come from, for every command that runs some.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct RuleArgs {
    /// Use the rules of this file or folder in place of the built-in ones (`built-in` names those); may be given several times.
    #[arg(long = "rules", short = 'c', visible_alias = "config", value_name = "PATH")]
    pub(crate) rules: Vec<PathBuf>,
}

/// Whose processes analyse.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct WhereArgs {
    /// Have this engine analyse (see weir login): its address, `default` for the one you logged in to last, or `local` for this
    /// machine. Where it cannot be had, this machine analyses.
    #[arg(long, value_name = "URL")]
    pub(crate) engine: Option<String>,
}

#[derive(Debug, Default, Args)]
pub(crate) struct ScanArgs {
    /// Files and folders to scan; a file named here is scanned whatever the ignore files say.
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) paths: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) rules: RuleArgs,

    /// Report only findings of this severity; may be given several times.
    #[arg(long, value_name = "SEVERITY", ignore_case = true, help_heading = "Rules")]
    pub(crate) severity: Vec<SeverityArg>,

    /// Leave out the rule with this id; may be given several times.
    #[arg(long, value_name = "ID", help_heading = "Rules")]
    pub(crate) exclude_rule: Vec<String>,

    /// Report findings that a comment (`nosemgrep` and the like) or a list of the project asks to ignore as well.
    #[arg(long, visible_alias = "disable-nosem", help_heading = "Rules")]
    pub(crate) no_suppress: bool,

    /// Report what is in the baseline as well.
    #[arg(long, help_heading = "Rules")]
    pub(crate) no_baseline: bool,

    /// Report only findings on lines that differ from this commit, or whose data comes through such lines.
    #[arg(long, value_name = "COMMIT", visible_alias = "changed-since", help_heading = "Rules")]
    pub(crate) baseline_commit: Option<String>,

    #[command(flatten)]
    pub(crate) files: FileArgs,

    #[command(flatten)]
    pub(crate) output: OutputArgs,

    /// Exit with 1 if there are findings.
    #[arg(long)]
    pub(crate) error: bool,

    /// Exit with 3 if a file could not be analysed in full.
    #[arg(long)]
    pub(crate) strict: bool,

    /// Seconds one file may take; past it the file is reported as timed out. 30 if nothing is said.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) timeout: Option<f64>,

    /// Worker processes; as many as processors if not given.
    #[arg(long, short = 'j', value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) jobs: Option<u16>,

    #[command(flatten)]
    pub(crate) engine: WhereArgs,

    /// Apply the fixes of the rules to the files.
    #[arg(long, short = 'a')]
    pub(crate) autofix: bool,

    /// With --autofix: leave the files as they are, and print what would change.
    #[arg(long, requires = "autofix")]
    pub(crate) dryrun: bool,
}

#[derive(Debug, Args)]
pub(crate) struct BaselineArgs {
    /// Files and folders to scan.
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) paths: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) rules: RuleArgs,

    #[command(flatten)]
    pub(crate) files: FileArgs,

    #[command(flatten)]
    pub(crate) engine: WhereArgs,

    /// Where to write it, if not where weir.toml says (.weir-baseline.json beside it if it says nothing).
    #[arg(long, short = 'o', value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// Larger files are not scanned if nothing else is said: machines write those.
pub(crate) const DEFAULT_MAX_BYTES: u64 = 1_000_000;

/// Which files are scanned.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Files")]
pub(crate) struct FileArgs {
    /// Scan what `.gitignore` and `.semgrepignore` leave out, too.
    #[arg(long)]
    pub(crate) no_ignore: bool,

    /// Scan what `.gitignore` leaves out, too.
    #[arg(long)]
    pub(crate) no_git_ignore: bool,

    /// Leave out files and folders that match this glob; may be given several times.
    #[arg(long, value_name = "GLOB")]
    pub(crate) exclude: Vec<String>,

    /// Scan only files that match this glob (or lie in a folder that does); may be given several times.
    #[arg(long, value_name = "GLOB")]
    pub(crate) include: Vec<String>,

    /// Skip files larger than this; 0 means no limit. 1000000 if nothing is said.
    #[arg(long, value_name = "BYTES")]
    pub(crate) max_target_bytes: Option<u64>,
}

impl FileArgs {
    /// Larger files are skipped; 0 means no limit.
    pub(crate) fn max_bytes(&self) -> u64 {
        self.max_target_bytes.unwrap_or(DEFAULT_MAX_BYTES)
    }
}

/// How results are shown.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct OutputArgs {
    /// What goes to standard output.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,

    /// Short for `--format json`.
    #[arg(long, conflicts_with_all = ["format", "sarif"])]
    json: bool,

    /// Short for `--format sarif`.
    #[arg(long, conflicts_with = "format")]
    sarif: bool,

    /// Write the result to this file instead of standard output.
    #[arg(long, short = 'o', value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// Say nothing on standard error but what failed.
    #[arg(long, short = 'q')]
    pub(crate) quiet: bool,

    /// List every skipped file and rule on standard error.
    #[arg(long, short = 'v', conflicts_with = "quiet")]
    pub(crate) verbose: bool,
}

impl OutputArgs {
    /// The format asked for.
    pub(crate) fn format(&self) -> Format {
        match (self.json, self.sarif) {
            (true, _) => Format::Json,
            (_, true) => Format::Sarif,
            _ => self.format,
        }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people: the code with the path from source to sink drawn into it.
    #[default]
    Text,
    /// Semgrep's JSON.
    Json,
    /// SARIF 2.1.0, for code hosts and dashboards.
    Sarif,
}

/// The names of severities, old and new.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "UPPER")]
pub(crate) enum SeverityArg {
    #[value(alias = "LOW")]
    Info,
    #[value(alias = "MEDIUM")]
    Warning,
    #[value(alias = "HIGH")]
    Error,
    Critical,
}

#[derive(Debug, Args)]
pub(crate) struct TestArgs {
    /// Rule files, or folders that hold rule files and their targets.
    #[arg(value_name = "PATH", required = true)]
    pub(crate) paths: Vec<PathBuf>,

    /// Print the result as JSON.
    #[arg(long)]
    pub(crate) json: bool,

    /// Worker processes; as many as processors if not given.
    #[arg(long, short = 'j', value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) jobs: Option<u16>,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The rule's id, or its last part (behind a dot).
    #[arg(value_name = "RULE")]
    pub(crate) rule: String,

    /// The line, counted from one.
    #[arg(value_name = "FILE:LINE", value_parser = line)]
    pub(crate) line: LineArg,

    #[command(flatten)]
    pub(crate) rules: RuleArgs,

    /// What goes to standard output.
    #[arg(long, value_enum, default_value_t = ExplainFormat::Text)]
    format: ExplainFormat,

    /// Short for `--format json`.
    #[arg(long, conflicts_with = "format")]
    json: bool,

    /// Seconds it may take.
    #[arg(long, value_name = "SECONDS", default_value_t = 30.0, value_parser = seconds)]
    pub(crate) timeout: f64,
}

impl ExplainArgs {
    /// The format asked for.
    pub(crate) fn format(&self) -> ExplainFormat {
        if self.json { ExplainFormat::Json } else { self.format }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExplainFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// `FILE:LINE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LineArg {
    pub(crate) file: PathBuf,
    /// One-based.
    pub(crate) line: u32,
}

#[derive(Debug, Args)]
pub(crate) struct TryArgs {
    /// Write the demo project here, into a new or empty folder, instead of a temporary one.
    #[arg(long, value_name = "DIR")]
    pub(crate) folder: Option<PathBuf>,

    /// Open this editor, not the best one found.
    #[arg(long, value_enum, value_name = "NAME")]
    pub(crate) editor: Option<EditorArg>,

    /// Open no editor: replay the typing here.
    #[arg(long, conflicts_with = "editor")]
    pub(crate) terminal: bool,
}

/// The editors that `weir try` opens, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum EditorArg {
    /// Visual Studio Code.
    Code,
    /// `VSCodium`.
    Codium,
    /// Neovim 0.11 or newer.
    Nvim,
    /// Helix.
    Hx,
    /// Emacs with Eglot, which 29 brings.
    Emacs,
}

#[derive(Debug, Args)]
pub(crate) struct LoginArgs {
    /// The engine's address, like <https://engine.example.com>.
    #[arg(value_name = "URL", required_unless_present = "status")]
    pub(crate) url: Option<String>,

    /// Say which engines you are logged in to, and whether they answer.
    #[arg(long)]
    pub(crate) status: bool,

    /// Read the key from standard input: its first line.
    #[arg(long)]
    pub(crate) key_stdin: bool,

    /// Trust the engine if this is its fingerprint, and do not ask.
    #[arg(long, value_name = "FINGERPRINT")]
    pub(crate) accept_fingerprint: Option<String>,

    /// Go through this proxy, whatever `HTTPS_PROXY` says.
    #[arg(long, value_name = "URL")]
    pub(crate) proxy: Option<String>,

    /// Trust the certificates in this file (PEM) beside the system's.
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,

    /// Run the rules that the team has agreed on in place of the built-in ones.
    #[arg(long)]
    pub(crate) team_rules: bool,

    /// Do not pad what is sent to size classes: it is less, and its lengths tell something of what is typed.
    #[arg(long)]
    pub(crate) no_padding: bool,

    /// Put the configuration that the team has agreed on in force where neither the project nor you say anything.
    #[arg(long)]
    pub(crate) team_config: bool,

    /// Keep the key in a file even where there is a keyring.
    #[arg(long)]
    pub(crate) no_keyring: bool,
}

#[derive(Debug, Args)]
pub(crate) struct LogoutArgs {
    /// The engine's address; the one you logged in to last if not given.
    #[arg(value_name = "URL")]
    pub(crate) url: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct LspArgs {
    #[command(flatten)]
    pub(crate) rules: RuleArgs,

    #[command(flatten)]
    pub(crate) engine: WhereArgs,

    /// Speak over standard input and output, as without it; accepted because editors pass it.
    #[arg(long, group = "transport")]
    pub(crate) stdio: bool,

    /// Speak over a connection to this port of this machine, at which the editor listens.
    #[arg(long, value_name = "PORT", group = "transport")]
    pub(crate) socket: Option<u16>,

    /// Speak over this Unix socket (on Windows: named pipe), at which the editor listens.
    #[arg(long, value_name = "PATH", group = "transport")]
    pub(crate) pipe: Option<PathBuf>,

    /// End when this process ends: the editor's (Linux).
    #[arg(long = "clientProcessId", value_name = "PID")]
    pub(crate) client_process_id: Option<u32>,
}

/// `FILE:LINE`, and `FILE:LINE:COLUMN`, which is what reports print.
fn line(text: &str) -> Result<LineArg, String> {
    let split = |text: &str| {
        let (file, number) = text.rsplit_once(':')?;
        Some((file.to_owned(), number.parse::<u32>().ok()?))
    };
    let last = split(text);
    let before = last.as_ref().and_then(|(file, _)| split(file));
    match before.or(last) {
        Some((file, line)) if !file.is_empty() && line > 0 => Ok(LineArg { file: file.into(), line }),
        _ => Err("expected a file and a line counted from one, like src/app.py:42".to_owned()),
    }
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if seconds > 0.0 && seconds.is_finite() => Ok(seconds),
        _ => Err("expected a number of seconds above 0".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_line_of_a_file_may_have_a_column() {
        for (text, expected) in [
            ("a.py:42", Some(("a.py", 42))),
            ("src/a.py:42:7", Some(("src/a.py", 42))),
            ("C:\\a.py:3", Some(("C:\\a.py", 3))),
            ("a.py", None),
            ("a.py:0", None),
            ("a.py:x", None),
            (":3", None),
        ] {
            let expected = expected.map(|(file, line)| LineArg { file: file.into(), line });
            assert_eq!(line(text).ok(), expected, "{text}");
        }
    }

    #[test]
    fn json_and_sarif_are_short_for_their_formats() {
        let format = |args: &[&str]| {
            let cli = Cli::try_parse_from([&["weir", "scan"], args].concat()).expect("valid arguments");
            let Command::Scan(scan) = cli.command else { panic!("scan was asked for") };
            scan.output.format()
        };
        assert_eq!(format(&[]), Format::Text);
        assert_eq!(format(&["--json"]), Format::Json);
        assert_eq!(format(&["--sarif"]), Format::Sarif);
        assert_eq!(format(&["--format", "sarif"]), Format::Sarif);
    }
}
