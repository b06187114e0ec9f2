//! Reading a rule file although some rules have syntax errors: the others are there.

use super::reading::{Builder, Collection, Lines, without_surrogates};
use super::{Fault, File, Key, Value, Yaml};
use saphyr_parser::Parser;
use std::borrow::Cow;

/// After so many syntax errors a file is not read on: each costs reading the rest once more.
pub(super) const MAX_BROKEN: usize = 20;

/// The key of a file's rules.
const RULES: &str = "rules";

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
    let mut builder = Builder::new(lines, std::mem::take(file));
    let mut fault = None;
    for event in Parser::new_from_str(readable) {
        let step = match event {
            Ok((event, range)) => builder.event(event, range),
            Err(error) => Err(Fault::new(lines.place(*error.marker(), *error.marker()), error.info())),
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
