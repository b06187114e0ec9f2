//! Which names a file must hold for a rule to find anything in it: most rules are never tried on most files.

use super::{Body, Formula, Leaf, Node, PatternLeaf};
use weir_model::Language;
use weir_syntax::{Kind, Pattern, Symbol};

/// Names a file needs.
#[derive(Debug)]
pub(crate) enum Need {
    /// All of these names; none of them: nothing is needed.
    Names(Vec<Symbol>),
    /// All of these needs.
    All(Vec<Need>),
    /// One of these needs; none of them: no file will do.
    Any(Vec<Need>),
}

impl Need {
    /// What a rule needs of a file in a language. An import's alias hides no name: the import says it.
    pub(crate) fn of(body: &Body, language: Language) -> Self {
        match body {
            Body::Search(formula) => of_formula(formula, language),
            Body::Taint(spec) => {
                let sources = spec.sources.iter().map(|source| of_formula(&source.formula, language));
                let sinks = spec.sinks.iter().map(|sink| of_formula(&sink.formula, language));
                Self::All(vec![Self::Any(sources.collect()), Self::Any(sinks.collect())])
            }
        }
    }

    /// Whether a file meets the need; `has` tells whether a name occurs in it.
    pub(crate) fn is_met(&self, has: &impl Fn(Symbol) -> bool) -> bool {
        match self {
            Self::Names(names) => names.iter().all(|&name| has(name)),
            Self::All(needs) => needs.iter().all(|need| need.is_met(has)),
            Self::Any(needs) => needs.iter().any(|need| need.is_met(has)),
        }
    }

    /// What is lacking, if the need is not met.
    pub(crate) fn lack(&self, has: &impl Fn(Symbol) -> bool) -> Option<Lack> {
        match self {
            Self::Names(names) => {
                let missing: Vec<Symbol> = names.iter().copied().filter(|&name| !has(name)).collect();
                (!missing.is_empty()).then_some(Lack::Names(missing))
            }
            Self::All(needs) => needs.iter().find_map(|need| need.lack(has)),
            Self::Any(needs) => needs.iter().map(|need| need.lack(has)).collect::<Option<_>>().map(Lack::Each),
        }
    }
}

/// What a file lacks of what is needed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Lack {
    /// These names, of which each is needed.
    Names(Vec<Symbol>),
    /// Each of these alternatives lacks something.
    Each(Vec<Lack>),
}

/// Negatives and conditions only drop matches: they need nothing.
fn of_formula(formula: &Formula, language: Language) -> Need {
    match &formula.node {
        Node::Leaf(Leaf::Pattern(leaf)) => of_leaf(leaf, language),
        Node::Leaf(Leaf::Regex(_) | Leaf::Generic(_)) | Node::Not(_) => Need::Names(Vec::new()),
        Node::All(parts) => Need::All(parts.iter().map(|part| of_formula(part, language)).collect()),
        Node::Any(parts) => Need::Any(parts.iter().map(|part| of_formula(part, language)).collect()),
        Node::Inside(inner) | Node::Anywhere(inner) => of_formula(inner, language),
    }
}

fn of_leaf(leaf: &PatternLeaf, language: Language) -> Need {
    leaf.pattern(language).map_or(Need::Any(Vec::new()), |pattern| Need::Names(names(pattern)))
}

/// The plain names of a pattern. Literals have types that nobody wrote.
fn names(pattern: &Pattern) -> Vec<Symbol> {
    let tree = pattern.tree();
    let is_type = |node| tree.ancestors(node).any(|above| tree.kind(above) == Kind::TypedMetavar);
    let plain = tree.ids().filter(|&node| tree.kind(node) == Kind::Ident && !is_type(node));
    let mut names: Vec<_> = plain.map(|node| tree.sym(node)).collect();
    names.sort_unstable();
    names.dedup();
    names
}
