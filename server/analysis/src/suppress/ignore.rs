//! Writing marks: the comment that has a finding ignored, where a comment may stand, and where this file has its others.

use super::mark::{Mark, Reach, line};
use super::{Marks, comment, names};
use crate::analyze::Options;
use weir_model::{Edit, Engine, Finding, Format, Host, Language, MarkKind, Span};
use weir_syntax::{Part, Source, Spot};

/// What stands for a reason until somebody writes one.
pub(super) const PLACEHOLDER: &str = "reason";

/// Where marks stand in a file: how often behind the code, and how often on a line before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Habit {
    behind: u32,
    before: u32,
}

impl Habit {
    /// That of two files together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self { behind: self.behind + other.behind, before: self.before + other.before }
    }

    /// Whether there is one: marks of which most stand at the same side.
    const fn is_some(self) -> bool {
        self.behind != self.before
    }
}

/// Gives each finding that nobody asks to ignore the edit that does, where there is a place for it. `elsewhere`: where other
/// files of the project have their marks. Gives where this one has them.
pub fn offer_ignores(source: &Source, findings: &mut [Finding], elsewhere: Habit) -> Habit {
    let options = Options { foreign_marks: weir_model::ForeignMarks::All, ..Options::default() };
    let mut all = Habit::default();
    for part in source.parts().iter().filter(|part| part.holds_marks) {
        let marks = Marks::of(part, "", options);
        let own = habit(&marks, part.text);
        let behind = if own.is_some() { own.behind > own.before } else { elsewhere.behind > elsewhere.before };
        for finding in findings.iter_mut().filter(|finding| !finding.is_suppressed()) {
            let Some(place) = part.within(finding.span) else { continue };
            let writer = Writer { format: source.format(), part, marks: &marks, rule: &finding.rule_id, place };
            finding.ignore = writer.edit(behind).and_then(|edit| part.edit(&edit));
        }
        all = all.and(own);
    }
    all
}

fn habit(marks: &Marks, text: &str) -> Habit {
    let comments = marks.all.iter().filter(|mark| matches!(mark.reach, Reach::First(_) | Reach::Line(_)));
    comments.filter_map(|mark| mark.comment).fold(Habit::default(), |habit, comment| {
        let before = &text[line(text, comment.start).start..comment.start as usize];
        let is_before = before.trim().is_empty() || before.trim() == "{";
        habit.and(Habit { behind: u32::from(!is_before), before: u32::from(is_before) })
    })
}

/// One mark to write.
struct Writer<'a> {
    format: Format,
    part: &'a Part<'a>,
    marks: &'a Marks,
    rule: &'a str,
    /// Where the finding stands in the part.
    place: Span,
}

impl Writer<'_> {
    fn edit(&self, behind: bool) -> Option<Edit> {
        if let Some(edit) = self.extension() {
            return Some(edit);
        }
        match self.format {
            Format::Host(host) if self.part.is_whole => return self.in_page(host),
            Format::Code(_) | Format::Host(_) => {}
            Format::Text => return None,
        }
        // A comment between a mark for the next line and that line would take the mark's effect.
        let first = if behind || self.is_spoken_for() { self.behind() } else { self.before() };
        first.or_else(|| self.inline()).or_else(|| self.before()).or_else(|| self.behind())
    }

    /// Alone on the line before, in a page: as a comment of what stands there.
    fn in_page(&self, host: Host) -> Option<Edit> {
        let (line, text) = (self.line(), self.text());
        let before = &text[..line.start as usize];
        let (open, close) = comment_in_page(host, before)?;
        // A second mark would come between the first and its line.
        let last = before.trim_end_matches(['\n', '\r']).rsplit('\n').next().unwrap_or_default();
        if last.contains("nosem") {
            return None;
        }
        let content = line.text(text);
        let indent = &content[..content.len() - content.trim_start_matches([' ', '\t']).len()];
        let end = if content.ends_with('\r') { "\r\n" } else { "\n" };
        let mark = self.mark();
        Some(Edit::new(Span::new(line.start, line.start), format!("{indent}{open} {mark}{close}{end}")))
    }

    fn language(&self) -> Option<Language> {
        self.part.language
    }

    fn text(&self) -> &str {
        self.part.text
    }

    fn line(&self) -> Span {
        Span::from(line(self.text(), self.place.start))
    }

    /// What the mark says.
    fn mark(&self) -> String {
        format!("nosemgrep: {} -- {PLACEHOLDER}", self.rule)
    }

    /// One more id in a mark that counts there; one whose last day is over is written anew.
    fn extension(&self) -> Option<Edit> {
        let at = self.place.start;
        let counts = |mark: &&Mark| match &mark.reach {
            Reach::First(lines) => {
                mark.comment.is_some() && lines.iter().any(|line| line.start <= at && at <= line.end)
            }
            Reach::Line(_) | Reach::Range(_) => false,
        };
        let mark = self.marks.all.iter().filter(|mark| mark.kind == MarkKind::Nosemgrep).find(counts)?;
        let rule = self.rule;
        let ids: Vec<&str> = mark.checks().iter().map(|check| check.id.as_str()).collect();
        let is_named = ids.iter().any(|id| names(id, rule));
        Some(match mark.checks().last() {
            Some(last) if !is_named => Edit::new(Span::new(last.span.end, last.span.end), format!(", {rule}")),
            // It is named, and yet was found: the mark's last day is over.
            Some(_) => Edit::new(mark.span, format!("nosemgrep: {} -- {PLACEHOLDER}", ids.join(", "))),
            None => Edit::new(mark.span, self.mark()),
        })
    }

    /// Whether the line before is a comment about the next.
    fn is_spoken_for(&self) -> bool {
        let Some(before) = self.line().start.checked_sub(1) else { return false };
        let words = ["next", "ignore", "expect", "skip", "disable", "codeql[", "suppress", "noinspection"];
        let place = line(self.text(), before);
        let content = &self.text()[place.clone()];
        let start = place.end - content.trim_start_matches([' ', '\t', '{']).len();
        let is_comment = comment::around(self.part.tree, start as u32).is_some();
        is_comment && words.iter().any(|word| content.contains(word))
    }

    /// How a comment that ends with its line opens.
    fn opener(&self) -> &'static str {
        match self.language() {
            Some(Language::Python | Language::Ruby | Language::Elixir) => "#",
            _ => "//",
        }
    }

    /// Behind the code of the line, in the comment that is there.
    fn behind(&self) -> Option<Edit> {
        let (line, text) = (self.line(), self.text());
        let content = line.text(text).trim_end();
        let end = line.start + content.len() as u32;
        // Where the line ends in the middle of something, its break does too.
        if self.part.at_break(line.end - u32::from(line.text(text).ends_with('\r'))) != Spot::Code {
            return None;
        }
        let comment = comment::around(self.part.tree, end.saturating_sub(1));
        let to_end = comment.filter(|comment| !comment.text(text).starts_with("/*"));
        // What follows the list of ESLint's rules is read as one more.
        if to_end.is_some_and(|comment| is_list(comment.text(text))) {
            return None;
        }
        let gap = if self.language() == Some(Language::Python) { "  " } else { " " };
        let mark = format!("{gap}{} {}", self.opener(), self.mark());
        Some(Edit::new(Span::new(end, end), mark))
    }

    /// Alone on the line before.
    fn before(&self) -> Option<Edit> {
        let (line, text) = (self.line(), self.text());
        let spot = match line.start.checked_sub(1) {
            Some(before) => self.part.at_break(before),
            None if self.language() == Some(Language::Php) => Spot::Page,
            None if text.starts_with("#!") => Spot::Token,
            None => Spot::Code,
        };
        let content = line.text(text);
        let indent = &content[..content.len() - content.trim_start_matches([' ', '\t']).len()];
        let mark = self.mark();
        let comment = match spot {
            Spot::Code => format!("{} {mark}", self.opener()),
            Spot::Markup => format!("{{/* {mark} */}}"),
            // A page has no comments that count there.
            Spot::Page | Spot::Token => return None,
        };
        let end = if content.ends_with('\r') { "\r\n" } else { "\n" };
        Some(Edit::new(Span::new(line.start, line.start), format!("{indent}{comment}{end}")))
    }

    /// In the line, before what was found.
    fn inline(&self) -> Option<Edit> {
        let at = self.place.start;
        let allowed = self.part.takes_comment_before(at);
        allowed.then(|| Edit::new(Span::new(at, at), format!("/* {} */ ", self.mark())))
    }
}

/// How a comment opens and closes on a line of a page with this text before it; `None` where there can be none.
fn comment_in_page(host: Host, before: &str) -> Option<(&'static str, &'static str)> {
    if before.rfind("<script") > before.rfind("</script") {
        return Some(("//", ""));
    }
    match host.engine {
        // A template's own comments leave nothing in the page, wherever they stand.
        Engine::Erb | Engine::Eex => Some(("<%#", " %>")),
        Engine::Heex => Some(("<%!--", " --%>")),
        Engine::Jinja => Some(("{#", " #}")),
        Engine::Html | Engine::Vue | Engine::Svelte if before.rfind('<') > before.rfind('>') => None,
        Engine::Html | Engine::Vue | Engine::Svelte => Some(("<!--", " -->")),
        // Its programs have comments of their own.
        Engine::Notebook => None,
    }
}

/// Whether a comment is one of `ESLint`'s that list rules up to its end.
fn is_list(comment: &str) -> bool {
    comment.contains("lint-disable") && !comment.contains("--")
}
