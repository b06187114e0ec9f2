//! What explanations are put together from.

use crate::context::FileContext;
use crate::matching::{Match, quote};
use crate::message;
use crate::rule::Origin;
use weir_model::{Outcome, Place, Reason, RulePart, Span};

/// So many places of one kind are told; the others are counted.
pub(super) const MOST_PLACES: usize = 5;

/// The span of a line, without its break; past the end, the empty span there.
pub(super) fn line(text: &str, number: u32) -> Span {
    let mut start = 0;
    for (at, line) in text.split_inclusive('\n').enumerate() {
        if at + 1 == number as usize {
            return Span::from(start..start + line.trim_end_matches(['\n', '\r']).len());
        }
        start += line.len();
    }
    Span::from(text.len()..text.len())
}

/// The one-based line of an offset.
pub(super) fn line_in(text: &str, offset: u32) -> usize {
    text.get(..offset as usize).unwrap_or(text).matches('\n').count() + 1
}

/// The one-based line of its file that an offset stands in.
pub(super) fn line_of(file: &FileContext<'_>, offset: u32) -> usize {
    line_in(file.part.whole, file.part.place(Span::new(offset, offset)).start)
}

/// A part of the rule as explanations show it.
pub(super) fn part(origin: Origin) -> RulePart {
    RulePart {
        key: origin.key.as_str().to_owned(),
        text: origin.text.as_str().to_owned(),
        line: origin.line,
        span: origin.span,
    }
}

/// A step without places.
pub(super) fn reason(outcome: Outcome, message: impl Into<String>) -> Reason {
    Reason { outcome, rule: None, message: message.into(), places: Vec::new(), below: Vec::new() }
}

/// A match as a place.
pub(super) fn place(file: &FileContext<'_>, found: &Match, label: &str) -> Place {
    Place { span: found.span, label: label.to_owned(), metavars: message::metavars(file, &found.bindings) }
}

/// A place that binds nothing.
pub(super) fn at(span: Span, label: impl Into<String>) -> Place {
    Place { span, label: label.into(), metavars: Vec::new() }
}

/// `1 match`, `2 matches`, `3 sources`.
pub(super) fn count(number: usize, noun: &str) -> String {
    let ending = match number {
        1 => "",
        _ if noun.ends_with("ch") => "es",
        _ => "s",
    };
    format!("{number} {noun}{ending}")
}

/// `line 3`, `lines 3, 9 and 12`, `lines 3, 9, 12 and 4 more`.
pub(super) fn lines(file: &FileContext<'_>, spans: impl Iterator<Item = Span>) -> String {
    let text = file.part.whole;
    let mut starts: Vec<usize> = spans.map(|span| (file.part.place(span).start as usize).min(text.len())).collect();
    starts.sort_unstable();
    let (mut line, mut before) = (1, 0);
    let mut lines = Vec::new();
    for start in starts {
        line += text.get(before..start).unwrap_or_default().matches('\n').count();
        before = start;
        if lines.last() != Some(&line) {
            lines.push(line);
        }
    }
    let noun = if lines.len() == 1 { "line" } else { "lines" };
    let told: Vec<String> = lines.iter().take(MOST_PLACES).map(ToString::to_string).collect();
    match told.split_last() {
        Some(_) if lines.len() > MOST_PLACES => {
            format!("{noun} {} and {} more", told.join(", "), lines.len() - MOST_PLACES)
        }
        Some((last, before)) if !before.is_empty() => format!("{noun} {} and {last}", before.join(", ")),
        Some((last, _)) => format!("{noun} {last}"),
        None => "no line".to_owned(),
    }
}

/// The first step at which the line was lost, in one sentence.
pub(super) fn loss(reason: &Reason) -> String {
    told(first_loss(reason))
}

/// The same of several ways of which one would do, if one of them got further than the others.
pub(super) fn loss_of_any(ways: &[Reason]) -> Option<String> {
    furthest(ways).map(|way| told(first_loss(way)))
}

fn told(lost: &Reason) -> String {
    match &lost.rule {
        Some(part) => {
            let text = if part.text.is_empty() { part.key.clone() } else { format!("{}: {}", part.key, part.text) };
            format!("{} (line {} of the rule file): {}", quote(&text), part.line, lost.message)
        }
        None => lost.message.clone(),
    }
}

fn first_loss(reason: &Reason) -> &Reason {
    let is_choice = reason.rule.as_ref().is_some_and(|part| matches!(part.key.as_str(), "pattern-either" | "any"));
    let mut failed = reason.below.iter().filter(|below| below.outcome == Outcome::Fails);
    let lost = if is_choice { furthest(&reason.below) } else { failed.next() };
    lost.map_or(reason, first_loss)
}

/// Of several ways, all closed, the one that got furthest is the one that was meant, if there is one.
fn furthest(ways: &[Reason]) -> Option<&Reason> {
    if let [only] = ways {
        return Some(only);
    }
    let held = |way: &Reason| way.below.iter().filter(|below| below.outcome == Outcome::Holds).count();
    ways.iter().filter(|way| held(way) > 0).max_by_key(|way| held(way))
}
