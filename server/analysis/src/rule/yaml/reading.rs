//! From what the YAML parser tells to values, each with its place.

use super::{Fault, File, Key, Place, Value, Yaml};
use regex::{Captures, Regex};
use saphyr_parser::{Event, Marker, ScalarStyle, Span as Range};
use std::borrow::Cow;
use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;
use weir_model::Span;

/// Nesting beyond this is refused: no rule needs it, and every walk over a document recurses.
const MAX_DEPTH: usize = 128;

/// Nodes that aliases may add to one file: enough for shared lists, too few for a "billion laughs".
const MAX_ALIASED: usize = 100_000;

/// Up to so many keys of a map are compared with one another; most maps have no more than three.
const FEW: usize = 16;

/// JSON writes characters beyond the sixteenth bit as two escapes, which YAML does not know. Places behind such a pair
/// on the same line move two characters to the left.
pub(super) fn without_surrogates(text: &str) -> Cow<'_, str> {
    static PAIR: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})").expect("a constant regex")
    });
    if !text.contains("\\u") {
        return Cow::Borrowed(text);
    }
    let unit = |pair: &Captures<'_>, at: usize| u16::from_str_radix(&pair[at], 16).unwrap_or_default();
    PAIR.replace_all(text, |pair: &Captures<'_>| {
        let code = char::decode_utf16([unit(pair, 1), unit(pair, 2)]).find_map(Result::ok).map_or(0xfffd, u32::from);
        format!("\\U{code:08X}")
    })
}

/// A list or map that is being read.
pub(super) struct Open {
    pub(super) place: Place,
    anchor: usize,
    pub(super) collection: Collection,
}

pub(super) enum Collection {
    List(Vec<Yaml>),
    /// `seen` has the keys of a map with more than [`FEW`].
    Map {
        entries: Vec<(Key, Yaml)>,
        seen: HashSet<String>,
        pending: Option<Key>,
    },
}

pub(super) struct Builder<'a> {
    lines: &'a Lines<'a>,
    anchors: HashMap<usize, Yaml>,
    pub(super) open: Vec<Open>,
    aliased: usize,
    pub(super) file: File,
}

impl<'a> Builder<'a> {
    /// Nothing read yet but what is in the file.
    pub(super) fn new(lines: &'a Lines<'a>, file: File) -> Self {
        Self { lines, anchors: HashMap::new(), open: Vec::new(), aliased: 0, file }
    }

    /// Takes what the parser tells next.
    pub(super) fn event(&mut self, event: Event<'_>, range: Range) -> Result<(), Fault> {
        let place = self.lines.place(range.start, range.end);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let text_by_tag = tag.is_some_and(|tag| tag.suffix == "str");
                let plain = style == ScalarStyle::Plain && !text_by_tag;
                self.value(Yaml { place, value: Value::Scalar { text: text.into_owned(), plain } }, anchor)
            }
            Event::SequenceStart(anchor, _) => self.start(place, anchor, Collection::List(Vec::new())),
            Event::MappingStart(anchor, _) => {
                let map = Collection::Map { entries: Vec::new(), seen: HashSet::new(), pending: None };
                self.start(place, anchor, map)
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(Open { place: begin, anchor, collection }) = self.open.pop() else { return Ok(()) };
                let place = Place { span: begin.span.union(place.span), ..begin };
                let value = match collection {
                    Collection::List(items) => Value::List(items),
                    Collection::Map { entries, .. } => Value::Map(merged(entries)),
                };
                self.value(Yaml { place, value }, anchor)
            }
            Event::Alias(anchor) => {
                let Some(target) = self.anchors.get(&anchor) else {
                    return Err(Fault::new(place, "an alias to what is not complete yet".to_owned()));
                };
                if self.open.len() + target.depth() > MAX_DEPTH {
                    return Err(Fault::new(place, format!("nested more than {MAX_DEPTH} levels deep")));
                }
                self.aliased += target.size();
                if self.aliased > MAX_ALIASED {
                    let message = format!("aliases of this file add more than {MAX_ALIASED} values");
                    return Err(Fault::new(place, message));
                }
                let copy = target.clone();
                self.value(copy, 0)
            }
            Event::DocumentEnd => {
                self.anchors.clear();
                Ok(())
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) => Ok(()),
        }
    }

    fn start(&mut self, place: Place, anchor: usize, collection: Collection) -> Result<(), Fault> {
        if self.open.len() >= MAX_DEPTH {
            return Err(Fault::new(place, format!("nested more than {MAX_DEPTH} levels deep")));
        }
        self.open.push(Open { place, anchor, collection });
        Ok(())
    }

    /// A complete value goes to what is open.
    fn value(&mut self, yaml: Yaml, anchor: usize) -> Result<(), Fault> {
        if anchor != 0 {
            self.anchors.insert(anchor, yaml.clone());
        }
        match self.open.last_mut().map(|open| &mut open.collection) {
            None => self.file.documents.push(yaml),
            Some(Collection::List(items)) => items.push(yaml),
            Some(Collection::Map { entries, seen, pending }) => {
                if let Some(key) = pending.take() {
                    if key.text != "<<" && is_known(entries, seen, &key.text) {
                        let message = format!("the key `{}` stands twice; remove one of them", key.text);
                        self.file.duplicates.push(Fault::new(key.place, message));
                    } else {
                        entries.push((key, yaml));
                    }
                } else {
                    let Value::Scalar { text, .. } = yaml.value else {
                        let message = format!("{} cannot be a key", yaml.describe());
                        return Err(Fault::new(yaml.place, message));
                    };
                    *pending = Some(Key { text, place: yaml.place });
                }
            }
        }
        Ok(())
    }
}

/// Whether a map has a key.
fn is_known(entries: &[(Key, Yaml)], seen: &mut HashSet<String>, key: &str) -> bool {
    if entries.len() < FEW {
        return entries.iter().any(|(known, _)| known.text == key);
    }
    if seen.is_empty() {
        seen.extend(entries.iter().map(|(known, _)| known.text.clone()));
    }
    !seen.insert(key.to_owned())
}

/// Puts in what `<<` refers to; the map's own keys win.
fn merged(entries: Vec<(Key, Yaml)>) -> Vec<(Key, Yaml)> {
    if entries.iter().all(|(key, _)| key.text != "<<") {
        return entries;
    }
    let (merges, mut own): (Vec<_>, Vec<_>) = entries.into_iter().partition(|(key, _)| key.text == "<<");
    let mut seen: HashSet<String> = own.iter().map(|(key, _)| key.text.clone()).collect();
    for (_, value) in merges {
        let maps = match value.value {
            Value::List(items) => items,
            _ => vec![value],
        };
        for map in maps {
            let Value::Map(entries) = map.value else { continue };
            for (key, value) in entries {
                if seen.insert(key.text.clone()) {
                    own.push((key, value));
                }
            }
        }
    }
    own
}

/// Lines of a text, to turn the parser's characters into bytes.
pub(super) struct Lines<'t> {
    text: &'t str,
    /// A character is a byte.
    is_ascii: bool,
    /// Where each line starts, in bytes.
    pub(super) starts: Vec<u32>,
    /// Line, column and byte of the place asked for last: the next one is mostly further on in the same line, which may be
    /// the whole file.
    last: Cell<(usize, usize, u32)>,
}

impl<'t> Lines<'t> {
    /// `skip`: bytes before what the parser sees.
    pub(super) fn new(text: &'t str, skip: usize) -> Self {
        let bytes = text.as_bytes();
        let mut starts = vec![skip as u32];
        for (at, &byte) in bytes.iter().enumerate() {
            // YAML ends lines with LF, CR LF, and CR alone.
            if byte == b'\n' || (byte == b'\r' && bytes.get(at + 1) != Some(&b'\n')) {
                starts.push(at as u32 + 1);
            }
        }
        Self { text, is_ascii: text.is_ascii(), starts, last: Cell::new((0, 0, skip as u32)) }
    }

    pub(super) fn place(&self, start: Marker, end: Marker) -> Place {
        let from = self.byte(start);
        Place {
            span: Span::new(from, self.byte(end).max(from)),
            line: start.line() as u32,
            column: start.col() as u32 + 1,
        }
    }

    fn byte(&self, marker: Marker) -> u32 {
        if self.is_ascii {
            let start = self.starts.get(marker.line().saturating_sub(1));
            let byte = start.map_or(self.text.len(), |&start| start as usize + marker.col());
            return byte.min(self.text.len()) as u32;
        }
        let (last_line, last_column, last_byte) = self.last.get();
        let (column, byte) = if last_line == marker.line() && last_column <= marker.col() {
            (last_column, last_byte)
        } else {
            let start = self.starts.get(marker.line().saturating_sub(1));
            (0, start.map_or(self.text.len() as u32, |&start| start))
        };
        let between = self.text[byte as usize..].chars().take(marker.col() - column);
        let byte = byte + between.map(char::len_utf8).sum::<usize>() as u32;
        self.last.set((marker.line(), marker.col(), byte));
        byte
    }
}
