//! What one analysis of a text leaves for the next: a keystroke costs what it changed.
//!
//! [`Memo`] keeps the tree, what was known of its names and constants, what every pattern matched and what every formula
//! found. For the next version of the text the trees are compared ([`weir_syntax::Difference`]), then what is known of
//! their nodes ([`facts`]): together that tells which nodes are not what they were. Patterns are tried again at those nodes
//! and those around them ([`crate::matching::refresh`]); a formula is evaluated again in the smallest subtree outside of which its patterns
//! match as before ([`reuse`]). Everything else moves with the text.
//!
//! The result never depends on what is kept: the property test of `tests/analysis/incremental.rs` says so.

mod apart;
mod facts;
mod reuse;

use crate::analyze::Options;
use crate::context::{Earlier, FileContext};
use crate::flow::{Constants, Functions};
use crate::matching::{Among, FoundLeaves, FoundTexts, Index, Names, Touched, Zone};
use crate::rule::RuleSet;
use crate::rule::text::Change;
use crate::taint::TaintRun;
use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;
use weir_model::Language;
use weir_syntax::{Difference, NodeId, Part, Role, Tree};

use apart::Apart;
pub(crate) use reuse::{Results, Same, common, find};

/// What the last analysis of a text left, for each of its parts: by the language, and whether it is the whole file.
#[derive(Debug, Default)]
pub struct Memo(HashMap<(Option<Language>, bool), PartMemo>);

/// What the last analysis of one part of a text left. Empty at first, and whenever something else is analysed than before.
#[derive(Debug, Default)]
pub(crate) struct PartMemo(Option<Kept>);

/// What a finished analysis knew.
#[derive(Debug)]
pub(crate) struct Kept {
    key: Key,
    text: String,
    tree: Tree,
    index: Index,
    names: Names,
    constants: Constants,
    /// If a taint rule asked.
    functions: OnceCell<Functions>,
    found: FoundLeaves,
    texts: FoundTexts,
    results: Vec<Option<Results>>,
}

/// What must be the same for anything to be kept.
#[derive(Debug, PartialEq, Eq)]
struct Key {
    rules: u64,
    path: String,
    is_whole: bool,
    options: Options,
}

/// The version before, as the one at hand sees it.
pub(crate) struct Before {
    kept: Kept,
    pub(crate) difference: Rc<Difference>,
    pub(crate) touched: Touched,
    /// The touched nodes, to look for patterns among.
    pub(crate) among: Rc<Among>,
    /// The smallest subtree around all that is new or gone, in both versions.
    pub(crate) place: NodeId,
    /// Whether no statement came or went.
    pub(crate) within_statement: bool,
    zones: RefCell<HashMap<NodeId, Rc<Zone>>>,
    apart: OnceCell<Apart>,
}

/// Where more than one in so many nodes is touched, starting anew is cheaper.
const ONE_IN: usize = 4;

impl Memo {
    /// What is kept of a part of the text.
    pub(crate) fn of(&mut self, part: &Part<'_>) -> &mut PartMemo {
        self.0.entry((part.language, part.is_whole)).or_default()
    }

    /// Drops what is kept of parts that are no more.
    pub(crate) fn forget_others(&mut self, parts: &[Part<'_>]) {
        self.0.retain(|key, _| parts.iter().any(|part| (part.language, part.is_whole) == *key));
    }
}

impl PartMemo {
    /// Takes what is kept, if it is of the same text under the same rules.
    pub(crate) fn take(&mut self, rules: &RuleSet, path: &str, part: &Part<'_>, options: Options) -> Option<Kept> {
        let key = Key::of(rules, path, part, options);
        self.0.take().filter(|kept| kept.key == key)
    }

    /// Puts back what is kept: the analysis did not get far enough to replace it.
    pub(crate) fn put_back(&mut self, kept: Option<Kept>) {
        self.0 = kept;
    }

    /// Keeps what an analysis knew.
    pub(crate) fn keep(
        &mut self,
        rules: &RuleSet,
        path: &str,
        part: &Part<'_>,
        options: Options,
        file: FileContext<'_>,
        results: Vec<Option<Results>>,
    ) {
        let FileContext { index, names, constants, functions, found, texts, .. } = file;
        let (text, tree) = (part.text.to_owned(), part.tree.clone());
        let key = Key::of(rules, path, part, options);
        self.0 = Some(Kept { key, text, tree, index, names, constants, functions, found, texts, results });
    }
}

impl Key {
    fn of(rules: &RuleSet, path: &str, part: &Part<'_>, options: Options) -> Self {
        Self { rules: rules.number(), path: path.to_owned(), is_whole: part.is_whole, options }
    }
}

impl Kept {
    /// How a text differs from the version before, unless in everything.
    pub(crate) fn difference(&self, part: &Part<'_>) -> Option<Difference> {
        let difference = Difference::between((&self.tree, &self.text), (part.tree, part.text));
        (difference.new.start > 0).then_some(difference)
    }

    /// What it tells the next version, which differs from it so.
    pub(crate) fn earlier<'a>(&'a self, difference: &'a Difference) -> Earlier<'a> {
        let Self { tree, index, names, constants, .. } = self;
        Earlier { tree, index, names, constants, difference }
    }

    /// The version before as the file at hand sees it, unless too much is different.
    pub(crate) fn before(self, file: &FileContext<'_>, difference: Difference) -> Option<Before> {
        match facts::touched(&self, file, &difference) {
            Some(touched) if touched.len() * ONE_IN <= file.tree.len() => {
                Some(Before::new(self, file.tree, difference, touched))
            }
            _ => None,
        }
    }
}

impl Before {
    fn new(kept: Kept, tree: &Tree, difference: Difference, touched: Touched) -> Self {
        let place = difference.around.last().copied().unwrap_or(Tree::ROOT);
        let among = Rc::new(Among::new(tree, touched.all()));
        let has_statement = |tree: &Tree, range: &Range<u32>| {
            let is_statement = |node| matches!(tree.role(node), Role::Stmt | Role::Resource | Role::Else);
            range.clone().map(NodeId).any(is_statement)
        };
        let within_statement = !has_statement(tree, &difference.new) && !has_statement(&kept.tree, &difference.old);
        Self {
            kept,
            difference: Rc::new(difference),
            touched,
            among,
            place,
            within_statement,
            zones: RefCell::default(),
            apart: OnceCell::new(),
        }
    }

    /// The tree.
    pub(crate) fn tree(&self) -> &Tree {
        &self.kept.tree
    }

    /// What the patterns matched.
    pub(crate) fn found(&self) -> &FoundLeaves {
        &self.kept.found
    }

    /// What regexes and generic patterns matched.
    pub(crate) fn texts(&self) -> &FoundTexts {
        &self.kept.texts
    }

    /// How the text changed.
    pub(crate) fn change<'a>(&'a self, text: &'a str) -> Change<'a> {
        let Difference { old_text: old, new_text: new, .. } = *self.difference;
        Change { old_text: &self.kept.text, text, old, new }
    }

    /// What a rule found.
    pub(crate) fn results(&self, rule: usize) -> Option<&Results> {
        self.kept.results.get(rule)?.as_ref()
    }

    /// Gives back what was kept, unused.
    pub(crate) fn into_kept(self) -> Kept {
        self.kept
    }

    /// What a run of taint found, as far as the change is nothing to it: for good, or unless a function that was run does something
    /// else now.
    pub(crate) fn taint(&self, file: &FileContext<'_>, old: &TaintRun) -> Option<(TaintRun, Option<NodeId>)> {
        let run = old.moved(&self.difference)?;
        let Apart { functions, innermost } = self.apart.get_or_init(|| Apart::of(self, file));
        let was_run = |function: &NodeId| run.entered.iter().any(|&entered| file.tree.is_within(entered, *function));
        if functions.iter().any(|function| !was_run(function)) {
            return Some((run, None));
        }
        innermost.map(|function| (run, Some(function)))
    }

    /// The zone of a node, or of one above it where places of nodes side by side overlap: clauses of one function, names of one
    /// import.
    pub(crate) fn zone(&self, tree: &Tree, node: NodeId) -> Rc<Zone> {
        let mut zones = self.zones.borrow_mut();
        let make = || {
            let mut widest = node;
            for at in std::iter::once(node).chain(tree.ancestors(node)) {
                let Some(parent) = tree.parent(at) else { break };
                let place = tree.span(at);
                if tree.children(parent).any(|other| other != at && tree.span(other).overlaps(place)) {
                    widest = parent;
                }
            }
            Rc::new(Zone::new(tree, widest))
        };
        Rc::clone(zones.entry(node).or_insert_with(make))
    }
}
