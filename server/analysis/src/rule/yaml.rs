//! YAML with places: every key and value knows its line, column and bytes, so that a rule's error can point at it.
//!
//! YAML 1.2 (JSON is a part of it): `yes` and `on` are strings. Scalars stay text until somebody asks for a number or a
//! boolean. Broken YAML is an answer, never a panic.

use regex::{Captures, Regex};
use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span as Range};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;
use weir_model::Span;

/// Nesting beyond this is refused: no rule needs it, and every walk over a document recurses.
const MAX_DEPTH: usize = 128;

/// Nodes that aliases may add to one file: enough for shared lists, too few for a "billion laughs".
const MAX_ALIASED: usize = 100_000;

/// After so many syntax errors a file is not read on: each costs reading the rest once more.
const MAX_BROKEN: usize = 20;

/// The key of a file's rules.
const RULES: &str = "rules";

/// Where something stands in a rule file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    /// In bytes.
    pub(crate) span: Span,
    /// One-based.
    pub(crate) line: u32,
    /// One-based, in characters.
    pub(crate) column: u32,
}

/// A value and where it stands. What is kept of a rule without errors says no places: nobody asks for them again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Yaml {
    #[serde(skip)]
    pub(crate) place: Place,
    pub(crate) value: Value,
}

/// The kinds of value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Value {
    /// Text; `plain` if it was written without quotes, so that it may be a number, boolean or null.
    Scalar { text: String, plain: bool },
    /// A list.
    List(Vec<Yaml>),
    /// Keys and values in the order of the file. Keys are unique: of equal keys the first is kept.
    Map(Vec<(Key, Yaml)>),
}

/// A key of a map and where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Key {
    pub(crate) text: String,
    #[serde(skip)]
    pub(crate) place: Place,
}

/// Something wrong in a file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) place: Place,
    pub(crate) message: String,
}

/// What a file holds, and what is wrong. Of a list of rules with a syntax error in one, the others are there.
#[derive(Debug, Default)]
pub(crate) struct File {
    pub(crate) documents: Vec<Yaml>,
    /// Syntax errors.
    pub(crate) broken: Vec<Fault>,
    /// Keys that stand twice in one map.
    pub(crate) duplicates: Vec<Fault>,
}

/// Reads all documents of a file.
pub(crate) fn read(text: &str) -> File {
    let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let lines = Lines::new(text, start);
    let mut file = File::default();
    let mut readable = without_surrogates(&text[start..]);
    while let Some(line) = read_on(&readable, &lines, &mut file).filter(|_| file.broken.len() < MAX_BROKEN) {
        readable = Cow::Owned(without_lines_before(&readable, line));
    }
    file
}

/// Reads a text up to its first syntax error. If that is in a rule, answers with the line of the next one.
fn read_on(readable: &str, lines: &Lines<'_>, file: &mut File) -> Option<usize> {
    let first = file.broken.is_empty();
    let mut builder =
        Builder { lines, anchors: HashMap::new(), open: Vec::new(), aliased: 0, file: std::mem::take(file) };
    let mut fault = None;
    for event in Parser::new_from_str(readable) {
        let step = match event {
            Ok((event, range)) => builder.event(event, range),
            Err(error) => {
                Err(Fault { place: lines.place(*error.marker(), *error.marker()), message: error.info().to_owned() })
            }
        };
        if let Err(wrong) = step {
            fault = Some(wrong);
            break;
        }
    }
    let next = fault.as_ref().and_then(|fault| builder.leave_rule(readable, fault, first));
    *file = builder.file;
    if !first {
        // What is read again is a list of rules without the key before it.
        file.documents.iter_mut().filter(|document| document.as_list().is_some()).for_each(under_rules);
    }
    file.broken.extend(fault);
    next
}

/// The text with nothing on its first lines, so that what follows keeps its place.
fn without_lines_before(text: &str, line: usize) -> String {
    let skipped: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let blank = text[..skipped].chars().filter(|c| matches!(c, '\n' | '\r'));
    blank.chain(text[skipped..].chars()).collect()
}

/// Makes a list what stands under the key `rules`.
fn under_rules(list: &mut Yaml) {
    let place = list.place;
    let rules = Yaml { place, value: std::mem::replace(&mut list.value, Value::List(Vec::new())) };
    list.value = Value::Map(vec![(Key { text: RULES.to_owned(), place }, rules)]);
}

/// JSON writes characters beyond the sixteenth bit as two escapes, which YAML does not know. Places behind such a pair
/// on the same line move two characters to the left.
fn without_surrogates(text: &str) -> Cow<'_, str> {
    static PAIR: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})").expect("a constant regex")
    });
    let unit = |pair: &Captures<'_>, at: usize| u16::from_str_radix(&pair[at], 16).unwrap_or_default();
    PAIR.replace_all(text, |pair: &Captures<'_>| {
        let code = char::decode_utf16([unit(pair, 1), unit(pair, 2)]).find_map(Result::ok).map_or(0xfffd, u32::from);
        format!("\\U{code:08X}")
    })
}

impl Yaml {
    /// The text of a scalar.
    pub(crate) fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// A boolean.
    pub(crate) fn as_bool(&self) -> Option<bool> {
        match self.plain()? {
            "true" | "True" | "TRUE" => Some(true),
            "false" | "False" | "FALSE" => Some(false),
            _ => None,
        }
    }

    /// A whole number.
    pub(crate) fn as_int(&self) -> Option<i64> {
        self.plain().and_then(int)
    }

    /// Whether there is no value: nothing, `~` or `null`.
    pub(crate) fn is_null(&self) -> bool {
        matches!(self.plain(), Some("" | "~" | "null" | "Null" | "NULL"))
    }

    /// The items of a list.
    pub(crate) fn as_list(&self) -> Option<&[Yaml]> {
        match &self.value {
            Value::List(items) => Some(items),
            _ => None,
        }
    }

    /// The entries of a map.
    pub(crate) fn as_map(&self) -> Option<&[(Key, Yaml)]> {
        match &self.value {
            Value::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// The value under a key of a map.
    pub(crate) fn get(&self, key: &str) -> Option<&Yaml> {
        self.as_map()?.iter().find(|(k, _)| k.text == key).map(|(_, value)| value)
    }

    /// What kind of value this is, for messages.
    pub(crate) fn describe(&self) -> &'static str {
        match &self.value {
            Value::Scalar { .. } if self.is_null() => "nothing",
            Value::Scalar { .. } => "a text",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
        }
    }

    /// As JSON.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match &self.value {
            Value::List(items) => Json::Array(items.iter().map(Yaml::to_json).collect()),
            Value::Map(entries) => {
                Json::Object(entries.iter().map(|(key, value)| (key.text.clone(), value.to_json())).collect())
            }
            Value::Scalar { text, plain } => {
                if self.is_null() {
                    Json::Null
                } else if let Some(bool) = self.as_bool() {
                    Json::Bool(bool)
                } else if let Some(int) = self.as_int() {
                    Json::from(int)
                } else if let Some(float) = plain.then(|| float(text)).flatten() {
                    Json::from(float)
                } else {
                    Json::String(text.clone())
                }
            }
        }
    }

    fn plain(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar { text, plain: true } => Some(text),
            _ => None,
        }
    }

    /// Number of nodes.
    fn size(&self) -> usize {
        1 + match &self.value {
            Value::Scalar { .. } => 0,
            Value::List(items) => items.iter().map(Yaml::size).sum(),
            Value::Map(entries) => entries.iter().map(|(_, value)| 1 + value.size()).sum(),
        }
    }

    /// How many levels of lists and maps.
    fn depth(&self) -> usize {
        match &self.value {
            Value::Scalar { .. } => 0,
            Value::List(items) => 1 + items.iter().map(Yaml::depth).max().unwrap_or(0),
            Value::Map(entries) => 1 + entries.iter().map(|(_, value)| value.depth()).max().unwrap_or(0),
        }
    }
}

fn int(text: &str) -> Option<i64> {
    if let Some(hex) = text.strip_prefix("0x") {
        return i64::from_str_radix(hex, 16).ok();
    }
    if let Some(octal) = text.strip_prefix("0o") {
        return i64::from_str_radix(octal, 8).ok();
    }
    text.parse().ok()
}

/// YAML 1.2's core schema: what Rust reads as a float but starts like a word (`inf`, `nan`) is a string.
fn float(text: &str) -> Option<f64> {
    let digits = text.trim_start_matches(['+', '-']);
    digits.starts_with(|c: char| c.is_ascii_digit() || c == '.').then(|| text.parse().ok()).flatten()
}

/// A list or map that is being read.
struct Open {
    place: Place,
    anchor: usize,
    collection: Collection,
}

enum Collection {
    List(Vec<Yaml>),
    Map { entries: Vec<(Key, Yaml)>, seen: HashSet<String>, pending: Option<Key> },
}

struct Builder<'a> {
    lines: &'a Lines<'a>,
    anchors: HashMap<usize, Yaml>,
    open: Vec<Open>,
    aliased: usize,
    file: File,
}

impl Builder<'_> {
    /// After a syntax error within a rule: takes the rules before it, and finds the line (counted from zero) on which the
    /// next one starts. `first`: the list stands under its key.
    fn leave_rule(&mut self, readable: &str, fault: &Fault, first: bool) -> Option<usize> {
        let mut open = self.open.drain(..).map(|open| (open.place, open.collection));
        let (place, rules) = match open.next() {
            Some((_, Collection::Map { pending: Some(key), .. })) if first && key.text == RULES => match open.next() {
                Some((place, Collection::List(rules))) => (place, rules),
                _ => return None,
            },
            // The error stands where the list seems to be over.
            Some((_, Collection::Map { mut entries, pending: None, .. })) if first => match entries.pop() {
                Some((Key { text, .. }, Yaml { place, value: Value::List(rules) })) if text == RULES => (place, rules),
                _ => return None,
            },
            Some((place, Collection::List(rules))) if !first => (place, rules),
            None if !first => match self.file.documents.pop() {
                Some(Yaml { place, value: Value::List(rules) }) => (place, rules),
                other => {
                    self.file.documents.extend(other);
                    return None;
                }
            },
            _ => return None,
        };
        drop(open);
        let last = rules.last().map(|rule| rule.place.line as usize);
        let mut list = Yaml { place, value: Value::List(rules) };
        if first {
            under_rules(&mut list);
        }
        self.file.documents.push(list);
        // The parser says where a list starts as what it is: at its first dash, or before that.
        let mut lines = readable.lines().enumerate().skip(place.line.saturating_sub(1) as usize);
        let (begin, line) = lines.find(|(_, line)| line.trim_start_matches(' ').starts_with("- "))?;
        let dash = &line[..line.len() - line.trim_start_matches(' ').len() + 2];
        let after = last.unwrap_or(begin);
        let mut starts = readable.lines().enumerate().skip(after).filter(|(_, line)| line.starts_with(dash));
        // The first that starts before the error is the one with the error.
        let (line, _) = starts.next()?;
        if line < fault.place.line as usize { starts.next().map(|(line, _)| line) } else { Some(line) }
    }

    fn event(&mut self, event: Event<'_>, range: Range) -> Result<(), Fault> {
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
                    return Err(Fault { place, message: "an alias to what is not complete yet".to_owned() });
                };
                if self.open.len() + target.depth() > MAX_DEPTH {
                    return Err(Fault { place, message: format!("nested more than {MAX_DEPTH} levels deep") });
                }
                self.aliased += target.size();
                if self.aliased > MAX_ALIASED {
                    let message = format!("aliases of this file add more than {MAX_ALIASED} values");
                    return Err(Fault { place, message });
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
            return Err(Fault { place, message: format!("nested more than {MAX_DEPTH} levels deep") });
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
                    if key.text != "<<" && !seen.insert(key.text.clone()) {
                        let message = format!("the key `{}` stands twice; remove one of them", key.text);
                        self.file.duplicates.push(Fault { place: key.place, message });
                    } else {
                        entries.push((key, yaml));
                    }
                } else {
                    let Value::Scalar { text, .. } = yaml.value else {
                        let message = format!("{} cannot be a key", yaml.describe());
                        return Err(Fault { place: yaml.place, message });
                    };
                    *pending = Some(Key { text, place: yaml.place });
                }
            }
        }
        Ok(())
    }
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
struct Lines<'t> {
    text: &'t str,
    /// Where each line starts, in bytes.
    starts: Vec<u32>,
    /// Line, column and byte of the place asked for last: the next one is mostly further on in the same line, which may be
    /// the whole file.
    last: Cell<(usize, usize, u32)>,
}

impl<'t> Lines<'t> {
    /// `skip`: bytes before what the parser sees.
    fn new(text: &'t str, skip: usize) -> Self {
        let bytes = text.as_bytes();
        let mut starts = vec![skip as u32];
        for (at, &byte) in bytes.iter().enumerate() {
            // YAML ends lines with LF, CR LF, and CR alone.
            if byte == b'\n' || (byte == b'\r' && bytes.get(at + 1) != Some(&b'\n')) {
                starts.push(at as u32 + 1);
            }
        }
        Self { text, starts, last: Cell::new((0, 0, skip as u32)) }
    }

    fn place(&self, start: Marker, end: Marker) -> Place {
        let from = self.byte(start);
        Place {
            span: Span::new(from, self.byte(end).max(from)),
            line: start.line() as u32,
            column: start.col() as u32 + 1,
        }
    }

    fn byte(&self, marker: Marker) -> u32 {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> String {
        let file = read(text);
        assert_eq!(file.broken, [], "{text}");
        file.documents.iter().map(|yaml| yaml.to_json().to_string()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn values_follow_yaml_1_2() {
        for (yaml, expected) in [
            ("a: yes", r#"{"a":"yes"}"#),
            ("a: on\nb: off", r#"{"a":"on","b":"off"}"#),
            ("a: true\nb: 'true'", r#"{"a":true,"b":"true"}"#),
            ("a: 010\nb: 0x10\nc: 1.5\nd: 1e3", r#"{"a":10,"b":16,"c":1.5,"d":1000.0}"#),
            ("a: ~\nb:\nc: null\nd: 'null'", r#"{"a":null,"b":null,"c":null,"d":"null"}"#),
            ("a: inf\nb: nan", r#"{"a":"inf","b":"nan"}"#),
            ("a: !!str 1", r#"{"a":"1"}"#),
            ("a: |\n  x\n   y\nb: >-\n  x\n  y", r#"{"a":"x\n y\n","b":"x y"}"#),
            ("{\"a\": [1, \"b\", null]}", r#"{"a":[1,"b",null]}"#),
            (r#"{"a": "\ud83d\uDE00"}"#, r#"{"a":"😀"}"#),
            ("\u{feff}a: 1", r#"{"a":1}"#),
            ("a: 1\n---\nb: 2\n", r#"{"a":1} {"b":2}"#),
            ("a: &x [1, 2]\nb: *x", r#"{"a":[1,2],"b":[1,2]}"#),
            ("a: &x {k: 1, l: 2}\nb:\n  <<: *x\n  k: 3", r#"{"a":{"k":1,"l":2},"b":{"k":3,"l":2}}"#),
            ("a: 1\r\nb: 2\r\n", r#"{"a":1,"b":2}"#),
        ] {
            assert_eq!(json(yaml), expected, "{yaml}");
        }
    }

    #[test]
    fn places_are_lines_columns_and_bytes() {
        for (text, line, column) in
            [("a: 1\nkey: value", 2, 6), ("ä: ö\r\nkey: value", 2, 6), ("\u{feff}x: value", 1, 4)]
        {
            let file = read(text);
            let (_, value) = &file.documents[0].as_map().unwrap().last().unwrap();
            assert_eq!((value.place.line, value.place.column), (line, column), "{text}");
            assert_eq!(value.place.span.text(text), "value", "{text}");
        }
    }

    #[test]
    fn broken_files_say_where() {
        for (text, line) in
            [("a: [1", 1), ("a: 1\n\tb: 2", 1), ("a: 'x\nb: 1", 1), ("? [a]\n: 1", 1), ("a: *nobody", 1)]
        {
            let broken = read(text).broken;
            assert!(broken.first().is_some_and(|fault| fault.place.line >= line), "{text:?}: {broken:?}");
        }
    }

    #[test]
    fn keys_that_stand_twice_are_reported_where_the_second_stands() {
        let file = read("a: 1\nb: 2\na: 3\n");
        assert_eq!(file.duplicates.iter().map(|fault| fault.place.line).collect::<Vec<_>>(), [3]);
        assert_eq!(file.documents[0].get("a").and_then(Yaml::as_int), Some(1));
    }

    #[test]
    fn documents_that_grow_without_bound_are_refused() {
        use std::fmt::Write as _;
        let mut laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let _ = writeln!(laughs, "a{level}: &a{level} [{}]", format!("*a{},", level - 1).repeat(10));
        }
        assert_eq!(read(&laughs).broken.len(), 1);
        assert_eq!(read(&"[".repeat(100_000)).broken.len(), 1);
        let mut nested = format!("a0: &a0 {}{}\n", "[".repeat(100), "]".repeat(100));
        for level in 1..100 {
            let _ = writeln!(nested, "a{level}: &a{level} [*a{}]", level - 1);
        }
        assert_eq!(read(&nested).broken.len(), 1);
    }

    #[test]
    fn a_syntax_error_in_a_rule_leaves_the_others() {
        let ids = |text: &str| -> (Vec<String>, Vec<u32>) {
            let file = read(text);
            let rules = file.documents.iter().filter_map(|document| document.get("rules")?.as_list()).flatten();
            let ids = rules.filter_map(|rule| Some(format!("{}@{}", rule.get("id")?.as_str()?, rule.place.line)));
            (ids.collect(), file.broken.iter().map(|fault| fault.place.line).collect())
        };
        for (text, expected, lines) in [
            ("rules:\n- id: a\n- id: [b\n- id: c\n", &["a@2", "c@4"][..], 1),
            ("rules:\n  - id: a\n  - id: b\n\tx: 1\n  - id: c\n    x: 1\n", &["a@2", "c@5"], 1),
            ("rules:\n- id: 'a\n- id: b\n- id: c: d\n- id: e\n", &["b@3", "e@5"], 2),
            ("rules:\n- id: a\n- id: *nobody\n- id: c\n", &["a@2", "c@4"], 1),
            ("rules:\n- id: ä\n  x: }\n- id: ö\n", &["ö@4"], 1),
            ("rules:\n- id: a\n- {id: b\n", &["a@2"], 1),
            ("rules: [{id: a}, {id: b]", &["a@1"], 1),
            ("other:\n- id: [b\n- id: c\n", &[], 1),
        ] {
            let (found, broken) = ids(text);
            assert_eq!(
                (&found[..], broken.len()),
                (&expected.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>()[..], lines),
                "{text} {broken:?}"
            );
        }
        let many = format!("rules:\n{}", "- id: [b\n".repeat(1000));
        assert_eq!(ids(&many).1.len(), MAX_BROKEN);
    }
}
