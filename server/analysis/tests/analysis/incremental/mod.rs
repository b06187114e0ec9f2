//! The oracle of everything incremental: after any edits, the tree and the findings are those of the text alone.
//!
//! A person edits the files of this repository ([`typist`]); the trees and the analysis follow as in an editor, sometimes at
//! every keystroke, sometimes interrupted, sometimes late. Whenever they claim to be up to date, they are compared with
//! what the text alone gives. To run it long, and with all rules of a folder and the code beside them:
//!
//! ```sh
//! WEIR_TEST_RULES=some/rules PROPTEST_CASES=2000 cargo nextest run --release -p weir-analysis incremental
//! ```

pub(crate) mod corpus;
pub(crate) mod gesture;
mod strategy;
mod typed;
mod typist;

use crate::sound;
use corpus::Corpus;
use gesture::Gesture;
use proptest::prelude::*;
use std::cell::Cell;
use std::sync::LazyLock;
use strategy::{Step, Tempo, Then};
use typist::Typist;
use weir_analysis::{Analysis, Budget, Memo, Options, RuleSet, Unit, analyze, analyze_again};
use weir_model::{Edit, Engine, ForeignMarks, Format, Host, Language};
use weir_syntax::{Limits, Part, Source};

pub(crate) static CORPUS: LazyLock<Corpus> = LazyLock::new(Corpus::read);
static RULES: LazyLock<RuleSet> = LazyLock::new(|| RuleSet::compile(&CORPUS.rules, &[]));

/// Rules of other people name the paths they are for, and the texts here have none.
const OPTIONS: Options = Options { ignore_paths: true, ignore_suppressions: false, foreign_marks: ForeignMarks::All };

/// What is under test: all that is kept from one version of a text to the next.
struct Session {
    source: Source,
    memo: Memo,
}

impl Session {
    fn open(format: Format, text: &str) -> Self {
        Self { source: Source::parse(format, text.to_owned(), Limits::NONE), memo: Memo::default() }
    }

    fn edit(&mut self, edits: &[Edit]) {
        self.source.edit(edits, Limits::NONE);
    }

    /// The tree may be one that depends on the texts before ([`Source::is_settled`]).
    fn analyze(&mut self, budget: &Budget<'_>) -> Analysis {
        analyze_again(&mut self.memo, &RULES, &unit(&self.source), OPTIONS, budget)
    }
}

fn unit(source: &Source) -> Unit<'_> {
    Unit { path: "app", source }
}

fn check(format: Format, seed: u16, steps: &[Step]) -> Result<(), TestCaseError> {
    let seeds = CORPUS.seeds(format);
    let mut typist = Typist::new(format, &seeds, seed);
    let mut session = Session::open(format, typist.text());
    for step in steps {
        typist.top_down = step.top_down;
        let keystrokes = follow(&mut session, &mut typist, &step.gesture, step)?;
        if step.mends && !session.source.notes().is_empty() {
            follow(&mut session, &mut typist, &Gesture::Undo(keystrokes), step)?;
        }
    }
    look(&mut session, &Then::Rest).map_err(TestCaseError::fail)
}

/// Performs a gesture, and looks at what comes of it. Gives how many keystrokes it took.
fn follow(session: &mut Session, typist: &mut Typist, gesture: &Gesture, step: &Step) -> Result<u8, TestCaseError> {
    let before = typist.text().to_owned();
    let mut batches = typist.perform(gesture);
    let keystrokes = batches.len() as u8;
    if step.tempo == Tempo::Burst {
        batches = vec![batches.concat()];
    }
    let format = session.source.format();
    let fail = |what: String| {
        TestCaseError::fail(format!("{what}after {gesture:?} of {step:?} in {format:?}: {batches:?} of\n{before}"))
    };
    for (at, edits) in batches.iter().enumerate() {
        session.edit(edits);
        if step.tempo == Tempo::Slow && at + 1 < batches.len() {
            look(session, &Then::Analyze).map_err(fail)?;
        }
    }
    prop_assert_eq!(session.source.text(), typist.text());
    look(session, &step.then).map_err(fail)?;
    Ok(keystrokes)
}

/// What an editor does between two edits, and what must hold then.
fn look(session: &mut Session, then: &Then) -> Result<(), String> {
    let analysis = match *then {
        Then::TypeOn => return Ok(()),
        Then::CallOff { after } => {
            let looks = Cell::new(0);
            let cancelled = || looks.replace(looks.get() + 1) >= after;
            session.analyze(&Budget::new(&|| 0, &cancelled, &|_| (), u64::MAX, u64::MAX))
        }
        Then::Analyze => session.analyze(&Budget::unlimited()),
        Then::Rest => {
            session.source.settle(Limits::NONE);
            session.analyze(&Budget::unlimited())
        }
    };
    let source = &session.source;
    for part in source.parts() {
        sound::tree(part.text, part.tree)?;
    }
    sound::notes(source.text(), source.notes())?;
    sound::analysis(source.text(), &analysis)?;
    if matches!(then, Then::CallOff { .. }) {
        return Ok(());
    }
    let scratch = Source::parse(source.format(), source.text().to_owned(), Limits::NONE);
    let same = |(one, other): (&Part<'_>, &Part<'_>)| {
        (one.language, one.text, one.tree) == (other.language, other.text, other.tree)
    };
    let (parts, fresh) = (source.parts(), scratch.parts());
    if source.is_settled() && !(parts.len() == fresh.len() && parts.iter().zip(&fresh).all(same)) {
        return Err(format!("trees differ for\n{}\n", source.text()));
    }
    if source.is_settled() && source.notes() != scratch.notes() {
        let (kept, fresh) = (source.notes(), scratch.notes());
        return Err(format!("notes {kept:?} instead of {fresh:?} for\n{}\n", source.text()));
    }
    // Of a tree that is not settled the findings are those of that tree.
    let same = if source.is_settled() { &scratch } else { source };
    let fresh = analyze(&RULES, &unit(same), OPTIONS, &Budget::unlimited());
    if analysis.findings != fresh.findings || analysis.hints != fresh.hints || analysis.notes != fresh.notes {
        return Err(format!("{analysis:#?}\ninstead of\n{fresh:#?}\nfor\n{}\n", source.text()));
    }
    Ok(())
}

/// Every other text is the language's first: see [`Corpus::read`].
fn seed() -> impl Strategy<Value = u16> {
    prop_oneof![Just(0), any::<u16>()]
}

/// A run asked for by `PROPTEST_CASES` is as long as asked for.
pub(crate) fn config() -> ProptestConfig {
    let asked = ProptestConfig::default();
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { asked.cases } else { 64 };
    ProptestConfig { cases, failure_persistence: None, ..asked }
}

macro_rules! incremental_equals_scratch {
    ($($name:ident: $format:expr;)*) => {
        proptest! {
            #![proptest_config(config())]
            $(
                #[test]
                fn $name(seed in seed(), steps in prop::collection::vec(strategy::step(), 1..8)) {
                    check($format.into(), seed, &steps)?;
                }
            )*
        }
    };
}

incremental_equals_scratch! {
    javascript: Language::JavaScript;
    typescript: Language::TypeScript;
    tsx: Language::Tsx;
    python: Language::Python;
    ruby: Language::Ruby;
    php: Language::Php;
    java: Language::Java;
    elixir: Language::Elixir;
    html: Format::Host(Host::page(Engine::Html));
    vue: Format::Host(Host::page(Engine::Vue));
    svelte: Format::Host(Host::page(Engine::Svelte));
    erb: Format::Host(Host::page(Engine::Erb));
    heex: Format::Host(Host::page(Engine::Heex));
    jinja: Format::Host(Host::page(Engine::Jinja));
}
