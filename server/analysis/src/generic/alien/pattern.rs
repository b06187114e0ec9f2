//! Patterns of aliengrep.

use super::braces::{self, Step};
use crate::budget::Budget;
use crate::generic::slots::{Names, Set};
use crate::generic::{Config, MAX_BRANCHES, name_length};

/// A pattern: what must follow each other.
#[derive(Debug)]
pub(crate) struct Pattern {
    pub(super) parts: Vec<Part>,
    pub(super) names: Names,
    pub(super) braces: Vec<(char, char)>,
    pub(super) config: Config,
}

/// A part of a pattern, and what the matcher knows of it.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) kind: PartKind,
    /// The metavariables of this and the following parts.
    pub(super) metavariables: Set,
}

/// The kinds of part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PartKind {
    /// A word.
    Word(String),
    /// One character of another kind.
    Char(char),
    /// A line end, where lines count.
    LineEnd,
    /// `$X`: a word.
    Metavariable(usize),
    /// `...`, `....`, `$...X`, `$....X`.
    Ellipsis(Ellipsis),
    /// An ellipsis at an edge: it reaches there.
    Edge(Edge),
}

/// An ellipsis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ellipsis {
    pub(super) slot: Option<usize>,
    /// It passes line ends.
    pub(super) long: bool,
    /// The brace that ends the group it stands in.
    pub(super) within: Option<char>,
}

/// Where an ellipsis that starts or ends a pattern, or a line of it, starts or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Edge {
    TextStart,
    TextEnd,
    LineStart,
    LineEnd,
}

impl Pattern {
    /// Reads a pattern.
    pub(crate) fn parse(text: &str, config: &Config) -> Result<Self, String> {
        let braces = config.all_braces()?;
        let mut names = Names::default();
        let mut kinds = lexed(text, config, &mut names)?;
        if kinds.is_empty() {
            return Err("the pattern is empty".to_owned());
        }
        bound_to_groups(&mut kinds, &braces);
        let kinds = with_edges(&kinds);
        if kinds.iter().filter(|kind| matches!(kind, PartKind::Ellipsis(_))).count() > MAX_BRANCHES {
            return Err(format!("a pattern may have at most {MAX_BRANCHES} ellipses"));
        }
        let mut metavariables = 0;
        let mut parts: Vec<Part> = kinds
            .into_iter()
            .rev()
            .map(|kind| {
                if let PartKind::Metavariable(slot) | PartKind::Ellipsis(Ellipsis { slot: Some(slot), .. }) = &kind {
                    metavariables |= 1 << *slot;
                }
                Part { kind, metavariables }
            })
            .collect();
        parts.reverse();
        Ok(Self { parts, names, braces, config: config.clone() })
    }

    /// Whether a text has what the pattern cannot do without: its longest word.
    pub(super) fn may_match(&self, text: &str) -> bool {
        let words = self.parts.iter().filter_map(|part| match &part.kind {
            PartKind::Word(word) => Some(word.as_str()),
            _ => None,
        });
        self.config.caseless || words.max_by_key(|word| word.len()).is_none_or(|word| text.contains(word))
    }

    /// Whether an ellipsis passes line ends although lines count.
    pub(super) fn has_long_ellipsis(&self) -> bool {
        self.parts.iter().any(|part| matches!(part.kind, PartKind::Ellipsis(Ellipsis { long: true, .. })))
    }
}

/// The pattern's parts one by one.
fn lexed(text: &str, config: &Config, names: &mut Names) -> Result<Vec<PartKind>, String> {
    let mut kinds = Vec::new();
    // How each name was used first.
    let mut uses: Vec<(&str, &str)> = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let dollar = rest.strip_prefix('$').unwrap_or("");
        let dots = dollar.bytes().take_while(|byte| *byte == b'.').count();
        let name = name_length(&dollar[dots..], |c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
        if let Some(name) = name.filter(|_| matches!(dots, 0 | 3 | 4)) {
            let (sigil, name) = (&dollar[..dots], &dollar[dots..dots + name]);
            match uses.iter().find(|(known, _)| *known == name) {
                Some((_, other)) if *other != sigil => {
                    return Err(format!("`${other}{name}` and `${sigil}{name}` cannot stand in one pattern"));
                }
                Some(_) => {}
                None => uses.push((name, sigil)),
            }
            kinds.push(if dots == 0 {
                PartKind::Metavariable(names.slot(&format!("${name}"))?)
            } else {
                let slot = names.slot(&format!("$...{name}"))?;
                PartKind::Ellipsis(Ellipsis { slot: Some(slot), long: config.multiline || dots == 4, within: None })
            });
            rest = &dollar[dots + name.len()..];
        } else if rest.starts_with("...") {
            let four = rest.starts_with("....");
            kinds.push(PartKind::Ellipsis(Ellipsis { slot: None, long: config.multiline || four, within: None }));
            rest = &rest[3 + usize::from(four)..];
        } else if !config.multiline && (first == '\n' || rest.starts_with("\r\n")) {
            kinds.push(PartKind::LineEnd);
            rest = &rest[1 + usize::from(first == '\r')..];
        } else if first.is_ascii_whitespace() || first == '\x0B' {
            rest = &rest[1..];
        } else if config.is_word(first) {
            let len = rest.find(|c| !config.is_word(c)).unwrap_or(rest.len());
            kinds.push(PartKind::Word(rest[..len].to_owned()));
            rest = &rest[len..];
        } else {
            kinds.push(PartKind::Char(first));
            rest = &rest[first.len_utf8()..];
        }
    }
    Ok(kinds)
}

/// Tells each ellipsis which brace ends the group it stands in.
fn bound_to_groups(kinds: &mut [PartKind], braces: &[(char, char)]) {
    let step = |at: usize| match &kinds[at] {
        PartKind::Char(c) => Step::Char(*c),
        _ => Step::Other,
    };
    let Ok(closings) = braces::closings(kinds.len(), step, braces, &Budget::unlimited()) else { return };
    // The groups that are open: where they end, and with what.
    let mut open: Vec<(usize, char)> = Vec::new();
    for at in 0..kinds.len() {
        if open.last().is_some_and(|(end, _)| *end == at) {
            open.pop();
        }
        if let Some(end) = braces::closing(&closings, at)
            && let PartKind::Char(close) = kinds[end]
        {
            open.push((end, close));
        } else if let PartKind::Ellipsis(ellipsis) = &mut kinds[at] {
            ellipsis.within = open.last().map(|(_, close)| *close);
        }
    }
}

/// The parts with the edges that ellipses reach to.
fn with_edges(kinds: &[PartKind]) -> Vec<PartKind> {
    let mut out = Vec::new();
    for (at, kind) in kinds.iter().enumerate() {
        let PartKind::Ellipsis(ellipsis) = kind else {
            out.push(kind.clone());
            continue;
        };
        let before = at.checked_sub(1).map(|before| &kinds[before]);
        let after = kinds.get(at + 1);
        let edge = |beside: Option<&PartKind>, text, line| match beside {
            None => Some(PartKind::Edge(if ellipsis.long { text } else { line })),
            Some(PartKind::LineEnd) if !ellipsis.long => Some(PartKind::Edge(line)),
            Some(_) => None,
        };
        out.extend(edge(before, Edge::TextStart, Edge::LineStart));
        out.push(kind.clone());
        out.extend(edge(after, Edge::TextEnd, Edge::LineEnd));
    }
    out
}
