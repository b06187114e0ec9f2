//! Patterns of spacegrep.

use super::document::{indentation, line_tokens};
use crate::generic::config::is_word;
use crate::generic::slots::{Names, Set};
use crate::generic::{Comments, Config, MAX_BRANCHES, name_length};

/// A pattern: lists of parts, one for each block of its lines.
#[derive(Debug)]
pub(crate) struct Pattern {
    pub(super) lists: Vec<Vec<Part>>,
    pub(super) names: Names,
    /// How many line ends an ellipsis may pass.
    pub(super) span: u32,
    comments: Comments,
}

/// The list of the pattern's lines that are not indented.
pub(super) const ROOT: usize = 0;

/// A part of a list, and what the matcher knows of it.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) kind: PartKind,
    /// Its number among all parts of the pattern.
    pub(super) id: u32,
    /// The metavariables of this and the following parts of its list.
    pub(super) metavariables: Set,
    /// This and the following parts of its list match nothing at all, too.
    pub(super) may_be_nothing: bool,
}

/// The kinds of part.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum PartKind {
    /// A word, or one character of another kind.
    Token(String),
    /// `$X`: a word.
    Word(usize),
    /// So many `...` in a row, the first with a name if it is `$...X`.
    Ellipsis { count: u32, slot: Option<usize> },
    /// Lines that are indented: another list.
    Block(usize),
}

impl Pattern {
    /// Reads a pattern.
    pub(crate) fn parse(text: &str, config: &Config) -> Result<Self, String> {
        let mut reader = Reader { lists: vec![Vec::new()], names: Names::default(), branches: 0 };
        // The lists that are open, with the indentation of their lines.
        let mut open = vec![(0, ROOT)];
        for line in text.lines().filter(|line| !line.trim_matches([' ', '\t']).is_empty()) {
            let indent = indentation(line);
            while open.last().is_some_and(|(outer, _)| *outer > indent) {
                open.pop();
            }
            let mut list = open.last().map_or(ROOT, |(_, list)| *list);
            if open.last().is_none_or(|(outer, _)| *outer < indent) {
                list = reader.block(list)?;
                open.push((indent, list));
            }
            reader.line(line, list)?;
        }
        let Reader { lists, names, .. } = reader;
        if lists[ROOT].is_empty() {
            return Err("the pattern is empty".to_owned());
        }
        let lists = annotated(lists);
        Ok(Self { lists, names, span: config.ellipsis_max_span, comments: config.comments })
    }

    /// What counts as a comment.
    pub(super) fn comments(&self) -> Comments {
        self.comments
    }

    /// Whether it starts with an ellipsis: it is tried where blocks start.
    pub(super) fn starts_with_ellipsis(&self) -> bool {
        matches!(self.lists[ROOT].first(), Some(Part { kind: PartKind::Ellipsis { .. }, .. }))
    }

    /// Whether it ends with an ellipsis: its matches reach as far as they may.
    pub(super) fn ends_with_ellipsis(&self) -> bool {
        matches!(self.lists[ROOT].last(), Some(Part { kind: PartKind::Ellipsis { .. }, .. }))
    }

    /// How many lines that are not empty may tell whether it matches from a place on, its own left out.
    pub(super) fn reach(&self) -> u32 {
        let lines = |part: &Part| match &part.kind {
            PartKind::Token(_) | PartKind::Word(_) => 1,
            // The first token that an ellipsis may not pass stands one line further.
            PartKind::Ellipsis { count, .. } => self.span.saturating_mul(*count).saturating_add(1),
            // Where it begins, and where it ends.
            PartKind::Block(_) => 2,
        };
        // Whether the block that it all stands in goes on is told by one line more.
        self.lists.iter().flatten().map(lines).fold(1, u32::saturating_add)
    }

    /// Whether a text has what the pattern cannot do without: its tokens, those that follow each other with nothing but white
    /// space between them.
    pub(super) fn may_match(&self, text: &str) -> bool {
        let runs = self.lists.iter().flat_map(|list| list.split(|part| !matches!(part.kind, PartKind::Token(_))));
        runs.filter(|run| !run.is_empty()).all(|run| self.has_run(text, run))
    }

    fn has_run(&self, text: &str, run: &[Part]) -> bool {
        let tokens: Vec<&str> = run.iter().filter_map(|part| part.kind.token()).collect();
        let Some((at, anchor)) = tokens.iter().enumerate().max_by_key(|(_, token)| token.len()) else { return true };
        if self.comments != Comments::None {
            return text.contains(anchor);
        }
        let is_white = |c| matches!(c, ' ' | '\t' | '\r' | '\n');
        let is_part = |c: Option<char>, token: &str| c.is_some_and(is_word) && token.starts_with(is_word);
        let before = |mut rest: &str| {
            let mut tokens = tokens[..=at].iter().rev();
            tokens.all(|token| {
                let found = rest.strip_suffix(token).filter(|rest| !is_part(rest.chars().next_back(), token));
                found.is_some_and(|found| {
                    rest = found.trim_end_matches(is_white);
                    true
                })
            })
        };
        let behind = |mut rest: &str| {
            let mut tokens = tokens[at..].iter();
            tokens.all(|token| {
                let found = rest.strip_prefix(token).filter(|rest| !is_part(rest.chars().next(), token));
                found.is_some_and(|found| {
                    rest = found.trim_start_matches(is_white);
                    true
                })
            })
        };
        text.match_indices(anchor).any(|(at, _)| before(&text[..at + anchor.len()]) && behind(&text[at..]))
    }
}

impl PartKind {
    fn token(&self) -> Option<&str> {
        match self {
            Self::Token(token) => Some(token),
            _ => None,
        }
    }
}

struct Reader {
    lists: Vec<Vec<PartKind>>,
    names: Names,
    branches: usize,
}

impl Reader {
    fn branch(&mut self) -> Result<(), String> {
        self.branches += 1;
        if self.branches > MAX_BRANCHES {
            return Err(format!("a pattern may have at most {MAX_BRANCHES} ellipses and indented blocks"));
        }
        Ok(())
    }

    /// A new list within another one.
    fn block(&mut self, list: usize) -> Result<usize, String> {
        self.branch()?;
        let block = self.lists.len();
        self.lists.push(Vec::new());
        self.lists[list].push(PartKind::Block(block));
        Ok(block)
    }

    fn line(&mut self, line: &str, list: usize) -> Result<(), String> {
        let mut rest = line;
        while !rest.is_empty() {
            let dots = rest.bytes().take_while(|byte| *byte == b'.').count();
            let upper = |text: &str| name_length(text, is_word);
            if dots == 3 {
                rest = &rest[3..];
                self.ellipsis(None, list)?;
            } else if let Some(name) = rest.strip_prefix("$...").and_then(upper) {
                let slot = self.names.slot(&rest[..4 + name])?;
                rest = &rest[4 + name..];
                self.ellipsis(Some(slot), list)?;
            } else if let Some(name) = rest.strip_prefix('$').and_then(upper) {
                let slot = self.names.slot(&rest[..=name])?;
                rest = &rest[1 + name..];
                self.lists[list].push(PartKind::Word(slot));
            } else {
                // Four dots and more are dots.
                let plain = if dots > 0 { dots } else { next_dollar_or_dots(rest) };
                line_tokens(&rest[..plain], |range, _| {
                    self.lists[list].push(PartKind::Token(rest[range].to_owned()));
                });
                rest = &rest[plain..];
            }
        }
        Ok(())
    }

    fn ellipsis(&mut self, slot: Option<usize>, list: usize) -> Result<(), String> {
        self.branch()?;
        match (self.lists[list].last_mut(), slot) {
            (Some(PartKind::Ellipsis { .. }), Some(_)) => {
                Err("a named ellipsis cannot follow another ellipsis".to_owned())
            }
            (Some(PartKind::Ellipsis { count, .. }), None) => {
                *count += 1;
                Ok(())
            }
            _ => {
                self.lists[list].push(PartKind::Ellipsis { count: 1, slot });
                Ok(())
            }
        }
    }
}

/// How long the text is before what may be no plain token.
fn next_dollar_or_dots(text: &str) -> usize {
    let skip = text.chars().next().map_or(0, char::len_utf8);
    text[skip..].find(['$', '.']).map_or(text.len(), |at| skip + at)
}

/// The lists with what the matcher is to know. A list's blocks come after it, so it is the last lists that are first.
fn annotated(lists: Vec<Vec<PartKind>>) -> Vec<Vec<Part>> {
    let mut id = 0;
    let mut out: Vec<Vec<Part>> = Vec::new();
    // What a whole list says of itself, the last list first.
    let mut of_list: Vec<(Set, bool)> = Vec::new();
    let count = lists.len();
    for list in lists.into_iter().rev() {
        let (mut metavariables, mut may_be_nothing) = (0, true);
        let mut parts = Vec::new();
        for kind in list.into_iter().rev() {
            let (own, nothing) = match &kind {
                PartKind::Token(_) => (0, false),
                PartKind::Word(slot) => (1 << slot, false),
                PartKind::Ellipsis { slot, .. } => (slot.map_or(0, |slot| 1 << slot), true),
                PartKind::Block(block) => of_list[count - 1 - block],
            };
            metavariables |= own;
            may_be_nothing &= nothing;
            parts.push(Part { kind, id, metavariables, may_be_nothing });
            id += 1;
        }
        parts.reverse();
        of_list.push((metavariables, may_be_nothing));
        out.push(parts);
    }
    out.reverse();
    out
}
