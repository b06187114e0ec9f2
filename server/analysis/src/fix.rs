//! Fixes: a rule's template filled in for one match, and fixes applied to a text.

use crate::rule::regex::{Regex, RegexError};
use weir_model::{Edit, Fix, Span};

/// What a rule does about its match.
#[derive(Debug)]
pub(crate) enum FixTemplate {
    /// `fix`: the match becomes this text, metavariables filled in.
    Text(String),
    /// `fix-regex`: what the regex finds in the match becomes the replacement.
    Regex {
        regex: Regex,
        replacement: Vec<Part>,
        /// How many finds are replaced; `None` for all.
        count: Option<usize>,
    },
}

/// A part of a `fix-regex` replacement.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Text(String),
    /// `\1`, `$1`: what the group found.
    Group(usize),
}

impl FixTemplate {
    /// A `fix-regex`.
    pub(crate) fn regex(regex: &str, replacement: &str, count: Option<usize>) -> Result<Self, RegexError> {
        Ok(Self::Regex { regex: Regex::search(regex)?, replacement: parts(replacement), count })
    }

    /// The edits that repair one match. `fill` puts values in the place of metavariables.
    pub(crate) fn instantiate(&self, text: &str, span: Span, fill: impl Fn(&str) -> String) -> Fix {
        let edits = match self {
            Self::Text(template) => {
                let template = template.trim();
                vec![Edit::new(statement(text, span, template), indented(template, &indent(text, span), &fill))]
            }
            Self::Regex { regex, replacement, count } => {
                let replaced = regex.replace(span.text(text), *count, |group| {
                    replacement.iter().fold(String::new(), |mut out, part| {
                        match part {
                            Part::Text(text) => out.push_str(text),
                            Part::Group(number) => out.push_str(&group(*number)),
                        }
                        out
                    })
                });
                vec![Edit::new(span, replaced)]
            }
        };
        Fix { edits }
    }
}

/// Applies fixes to the text they were made for. Where two overlap, the earlier one in the text wins, of two with the same start
/// the first in the list.
pub fn apply_fixes<'f>(text: &str, fixes: impl IntoIterator<Item = &'f Fix>) -> String {
    let mut fixes: Vec<&Fix> = fixes.into_iter().filter(|fix| !fix.edits.is_empty()).collect();
    fixes.sort_by_key(|fix| fix.edits.first().map(|edit| edit.span.start));
    let mut edits: Vec<&Edit> = Vec::new();
    for fix in fixes {
        let free = fix
            .edits
            .iter()
            .all(|edit| edits.iter().all(|taken| !taken.span.overlaps(edit.span) && taken.span != edit.span));
        if free {
            edits.extend(&fix.edits);
        }
    }
    edits.sort_by_key(|edit| edit.span.start);
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for edit in edits {
        let range = edit.span.range();
        out.push_str(text.get(at..range.start).unwrap_or(""));
        out.push_str(&edit.text);
        at = range.end;
    }
    out.push_str(text.get(at..).unwrap_or(""));
    out
}

/// What a template replaces: of a template that ends in a semicolon the match's semicolon too, which is no part of it.
fn statement(text: &str, span: Span, template: &str) -> Span {
    let has_own = |text: &str| text.ends_with(';');
    let after = text.get(span.end as usize..).unwrap_or("");
    let replaces = has_own(template) && !has_own(span.text(text)) && after.starts_with(';');
    Span::new(span.start, span.end + u32::from(replaces))
}

/// White space as wide as what stands before a match on its line.
fn indent(text: &str, span: Span) -> String {
    let before = text.get(..span.start as usize).unwrap_or("");
    let line = &before[before.rfind('\n').map_or(0, |newline| newline + 1)..];
    line.chars().map(|c| if c == '\t' { '\t' } else { ' ' }).collect()
}

/// A template filled in, its lines after the first moved to where the match starts. Values keep their lines as they are.
fn indented(template: &str, indent: &str, fill: impl Fn(&str) -> String) -> String {
    let lines: Vec<_> = template.lines().map(fill).collect();
    lines.join(&format!("\n{indent}"))
}

/// A replacement: `\1` and `$1` are groups, all else is text.
fn parts(replacement: &str) -> Vec<Part> {
    let mut out = Vec::new();
    let mut text = String::new();
    let mut rest = replacement;
    while let Some(at) = rest.find(['\\', '$']) {
        let digits = rest[at + 1..].bytes().take_while(u8::is_ascii_digit).take(2).count();
        let end = at + 1 + digits;
        text.push_str(&rest[..at]);
        match rest[at + 1..end].parse() {
            Ok(group) => {
                if !text.is_empty() {
                    out.push(Part::Text(std::mem::take(&mut text)));
                }
                out.push(Part::Group(group));
            }
            Err(_) => text.push_str(&rest[at..end]),
        }
        rest = &rest[end..];
    }
    text.push_str(rest);
    if !text.is_empty() {
        out.push(Part::Text(text));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixed(template: &FixTemplate, text: &str) -> String {
        let fix = template.instantiate(text, Span::new(0, text.len() as u32), str::to_owned);
        apply_fixes(text, [&fix])
    }

    #[test]
    fn fix_regex_replaces_what_it_finds() {
        for (regex, replacement, count, text, expected) in [
            ("a", "b", None, "aXa", "bXb"),
            ("a", "b", Some(1), "aXa", "bXa"),
            (r"(\w+)\((.*)\)", r"\2.\1()", None, "f(x)", "x.f()"),
            (r"(a)", r"$1-\n\\1", None, "a", r"a-\n\a"),
            ("a", "$", None, "a", "$"),
            (r"(a)|(b)", r"[\2]", None, "ab", "[][b]"),
            (r"(?=a)a", "ä", None, "aa", "ää"),
            ("^", "# ", None, "a\nb", "# a\n# b"),
        ] {
            let template = FixTemplate::regex(regex, replacement, count).unwrap();
            assert_eq!(fixed(&template, text), expected, "{regex} {replacement}");
        }
    }

    #[test]
    fn a_fix_of_several_lines_is_indented_as_its_match() {
        let text = "if x:\n    f(y)\n";
        let template = FixTemplate::Text("g(\n  y\n)\n".to_owned());
        let fix = template.instantiate(text, Span::new(10, 14), str::to_owned);
        assert_eq!(apply_fixes(text, [&fix]), "if x:\n    g(\n      y\n    )\n");
    }

    #[test]
    fn a_fix_that_is_a_statement_brings_its_own_semicolon() {
        for (template, expected) in [("b();", "b();"), ("b()", "b();"), ("b();;", "b();;")] {
            let template = FixTemplate::Text(template.to_owned());
            let fix = template.instantiate("a();", Span::new(0, 3), str::to_owned);
            assert_eq!(apply_fixes("a();", [&fix]), expected);
        }
    }

    #[test]
    fn of_fixes_that_overlap_the_first_wins() {
        let fix = |start, end, text: &str| Fix { edits: vec![Edit::new(Span::new(start, end), text)] };
        for (fixes, expected) in [
            (vec![fix(4, 5, "X"), fix(0, 1, "Y")], "Y123X5"),
            (vec![fix(0, 3, "X"), fix(2, 4, "Y")], "X345"),
            (vec![fix(0, 1, "X"), fix(0, 1, "Y")], "X12345"),
            (vec![fix(2, 2, "X"), fix(2, 2, "Y")], "01X2345"),
            (vec![fix(0, 6, "")], ""),
        ] {
            assert_eq!(apply_fixes("012345", &fixes), expected);
        }
    }
}
