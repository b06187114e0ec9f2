//! Which names a file must hold for a rule to find anything in it: most rules are never tried on most files.

use super::{Body, Formula, Leaf, Node, PatternLeaf};
use serde::{Deserialize, Serialize};
use weir_model::Language;
use weir_syntax::{Kind, Pattern, Symbol};

/// Names a file needs.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Need {
    /// All of these names; none of them: nothing is needed.
    Names(#[serde(with = "as_texts")] Vec<Symbol>),
    /// All of these needs.
    All(Vec<Need>),
    /// One of these needs; none of them: no file will do.
    Any(Vec<Need>),
}

impl Need {
    const NOTHING: Self = Self::Names(Vec::new());

    /// All of some needs.
    fn all(needs: impl Iterator<Item = Self>) -> Self {
        let mut needs: Vec<Self> = needs.filter(|need| *need != Self::NOTHING).collect();
        match needs.len() {
            0 => Self::NOTHING,
            1 => needs.remove(0),
            _ => Self::All(needs),
        }
    }

    /// One of some needs.
    fn any(needs: impl Iterator<Item = Self>) -> Self {
        let mut needs: Vec<Self> = needs.collect();
        match needs.len() {
            1 => needs.remove(0),
            _ if needs.contains(&Self::NOTHING) => Self::NOTHING,
            _ => Self::Any(needs),
        }
    }

    /// What a rule needs of a file in a language. An import's alias hides no name: the import says it.
    pub(crate) fn of(body: &Body, language: Language) -> Self {
        match body {
            Body::Search(formula) => of_formula(formula, language),
            Body::Taint(spec) => {
                let sources = spec.sources.iter().map(|source| of_formula(&source.formula, language));
                let sinks = spec.sinks.iter().map(|sink| of_formula(&sink.formula, language));
                Self::all([Self::any(sources), Self::any(sinks)].into_iter())
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
        Node::Leaf(Leaf::Text(_)) | Node::Not(_) => Need::NOTHING,
        Node::All(parts) => Need::all(parts.iter().map(|part| of_formula(part, language))),
        Node::Any(parts) => Need::any(parts.iter().map(|part| of_formula(part, language))),
        Node::Inside(inner) | Node::Anywhere(inner) => of_formula(inner, language),
    }
}

fn of_leaf(leaf: &PatternLeaf, language: Language) -> Need {
    leaf.pattern(language).map_or(Need::Any(Vec::new()), |pattern| Need::Names(names(pattern)))
}

/// The plain names of a pattern. Literals have types that nobody wrote; of very long names the text is not known.
fn names(pattern: &Pattern) -> Vec<Symbol> {
    let tree = pattern.tree();
    let is_type = |node| tree.ancestors(node).any(|above| tree.kind(above) == Kind::TypedMetavar);
    let plain = tree.ids().filter(|&node| tree.kind(node) == Kind::Ident && !is_type(node));
    let mut names: Vec<_> = plain.map(|node| tree.sym(node)).filter(|name| !name.is_long()).zip(0u32..).collect();
    // Each once, where it first stands: in which order names got their numbers is not to be seen.
    names.sort_unstable();
    names.dedup_by_key(|(name, _)| *name);
    names.sort_unstable_by_key(|&(_, at)| at);
    names.into_iter().map(|(name, _)| name).collect()
}

/// Symbols are numbers of this process; what is kept are texts.
mod as_texts {
    use serde::{Deserialize, Deserializer, Serializer};
    use weir_syntax::Symbol;

    pub(super) fn serialize<S: Serializer>(names: &[Symbol], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(names.iter().map(|name| name.as_str()))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Symbol>, D::Error> {
        let texts = Vec::<&str>::deserialize(from)?;
        Ok(texts.into_iter().map(Symbol::new).collect())
    }
}
