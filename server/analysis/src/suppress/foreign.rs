//! Marks of other tools in comments: who reads what is written there, and what they make of it. Only the form is read here;
//! what their checks have to do with our rules is in [`super::checks`].

#![expect(clippy::unnecessary_wraps, reason = "what reads a form has the type that the table of forms asks for")]

use super::comment::{Comment, Comments};
use super::mark::{Asks, Check, Mark, Reach, Until, check, line, list, reason};
use super::{checks, code};
use regex::{Captures, Match, Regex};
use std::sync::LazyLock;
use weir_model::{Format, Language, MarkKind, Span};

/// What there is in a comment that may hold a mark. Searched for in every comment at every keystroke, the rest is not.
static KEYWORDS: LazyLock<Regex> = LazyLock::new(|| {
    let words = [
        "nosec",
        "noqa",
        "ruff:",
        "sobelow_skip",
        "DevSkim",
        "ast-grep-ignore",
        "deepcode ignore",
        "NOSONAR",
        "lint-disable",
        "lint-enable",
        "biome-ignore",
        "rubocop:",
        "phpcs:",
        "psalm-suppress",
        "gitleaks:allow",
        "pragma:",
        "trufflehog:ignore",
        "checkov:skip",
        "bridgecrew:skip",
        "tfsec:ignore",
        "trivy:ignore",
        "bearer:disable",
        "kics-scan",
        "lgtm",
        "codeql",
        "gosec:disable",
    ];
    Regex::new(&format!("(?i){}", words.join("|"))).expect("a constant regex")
});

/// Which texts a tool reads.
enum Reads {
    Everything,
    Only(&'static [Language]),
    /// Texts in no language of ours whose path ends so.
    Ending(&'static [&'static str]),
}

/// How a tool writes its marks.
struct Form {
    reads: Reads,
    regex: &'static str,
    /// Makes marks of what the regex found.
    read: fn(&Found<'_>) -> Option<Read>,
}

/// A mark as its comment says it.
struct Read {
    kind: MarkKind,
    reach: Reach,
    asks: Asks,
    reason: Option<String>,
    until: Option<Until>,
    /// It ends what others of its kind began.
    ends: bool,
}

/// What was found in a comment.
struct Found<'a> {
    comment: Comment<'a>,
    captures: Captures<'a>,
}

/// All of a file.
const FILE: Reach = Reach::Range(Span::new(0, u32::MAX));

const SCRIPTS: Reads = Reads::Only(&[Language::JavaScript, Language::TypeScript, Language::Tsx]);
const PYTHON: Reads = Reads::Only(&[Language::Python]);

const FORMS: &[Form] = &[
    Form { reads: PYTHON, regex: r"(?i)#\s*nosec\b:?(?P<rest>[^#]*)", read: bandit },
    Form {
        reads: Reads::Ending(&[".go"]),
        regex: r"(?:#nosec|#gosec|gosec:disable)\b(?P<ids>(?:[ ,]+G\d{3})*)(?:\s*--\s*(?P<reason>.*))?",
        read: gosec,
    },
    Form {
        reads: PYTHON,
        regex: r"(?i)#\s*(?P<file>(?:ruff|flake8)[:=]\s*)?noqa\b(?:\s?[:=]\s?(?P<ids>[A-Z]+[0-9]*(?:[,\s]+[A-Z]+[0-9]+)*))?",
        read: noqa,
    },
    Form {
        reads: PYTHON,
        regex: r"#\s*ruff:\s*(?P<what>ignore|file-ignore|disable|enable)\s*\[(?P<ids>[^\]]*)\](?P<reason>.*)",
        read: ruff,
    },
    Form { reads: Reads::Only(&[Language::Elixir]), regex: r"#\s*sobelow_skip\s*(?P<ids>\[[^\]]*\])", read: sobelow },
    Form {
        reads: Reads::Everything,
        regex: r"(?i)DevSkim:\s*ignore\s+(?P<ids>all\b|DS\d+(?:\s*,\s*DS\d+)*)(?:\s+until\s+(?P<until>\d{4}-\d{2}-\d{2}))?(?:\s+by\s+(?P<by>[^\s*]+))?",
        read: devskim,
    },
    Form { reads: Reads::Everything, regex: r"ast-grep-ignore(?::(?P<ids>[\w\-., ]+))?", read: ast_grep },
    Form {
        reads: Reads::Everything,
        regex: r"(?i)(?P<file>file\s+)?deepcode ignore\s+(?P<ids>[\w\-./]+)(?:\s*:\s*(?P<reason>.*))?",
        read: snyk,
    },
    Form { reads: Reads::Everything, regex: r"\bNOSONAR\b(?:\((?P<ids>[\w:, ]+)\))?(?P<reason>.*)", read: sonar },
    Form {
        reads: SCRIPTS,
        regex: r"(?s)(?:es|ox)lint-(?P<what>disable|enable)(?P<where>-next-line|-line)?\b(?P<rest>.*)",
        read: eslint,
    },
    Form {
        reads: SCRIPTS,
        regex: r"biome-ignore(?P<where>-all|-start|-end)?\s+(?P<ids>lint[\w/]*)(?:\([^)]*\))?\s*(?::\s*(?P<reason>.*))?",
        read: biome,
    },
    Form {
        reads: Reads::Only(&[Language::Ruby]),
        regex: r"#\s*rubocop:\s*(?P<what>disable|todo|enable)\s+(?P<ids>[\w/]+(?:\s*,\s*[\w/]+)*)(?:\s*--\s*(?P<reason>.*))?",
        read: rubocop,
    },
    Form {
        reads: Reads::Only(&[Language::Php]),
        regex: r"(?:phpcs:ignore(?P<file>File)?\b(?P<ids>(?:\s+|,)?[\w.]+(?:\s*,\s*[\w.]+)*)?|@psalm-suppress\s+(?P<psalm>[\w, ]+))(?:\s*--\s*(?P<reason>.*))?",
        read: php,
    },
    Form { reads: Reads::Everything, regex: r"gitleaks:allow|trufflehog:ignore", read: secret },
    Form {
        reads: Reads::Everything,
        regex: r"(?i)pragma:\s*(?:allow|white)list(?P<next>[ -]nextline)?[ -]secret",
        read: detect_secrets,
    },
    Form {
        reads: Reads::Everything,
        regex: r"(?:checkov|bridgecrew):skip=(?P<ids>[\w.-]+)(?::(?P<reason>.*))?",
        read: checkov,
    },
    Form {
        reads: Reads::Everything,
        regex: r"(?:tfsec|trivy):ignore:(?P<ids>[\w*-]+)(?::exp:(?P<until>\d{4}-\d{2}-\d{2}))?",
        read: tfsec,
    },
    Form { reads: Reads::Everything, regex: r"bearer:disable\s+(?P<ids>\w+(?:\s*,\s*\w+)*)", read: bearer },
    Form { reads: Reads::Everything, regex: r"kics-scan\s+ignore(?P<where>-line|-block)?", read: kics },
    Form { reads: Reads::Everything, regex: r"(?i)\b(?P<what>codeql|lgtm)\s*\[(?P<ids>[^\]]*)\]", read: codeql },
    Form { reads: Reads::Everything, regex: r"(?i)^(?://|#|/\*+|<!--|\{#|<%#)\s*lgtm\b(?P<reason>.*)", read: lgtm },
];

static REGEXES: LazyLock<Vec<Regex>> =
    LazyLock::new(|| FORMS.iter().map(|form| Regex::new(form.regex).expect("a constant regex")).collect());

/// All marks of other tools in the comments of a file.
pub(super) fn find(path: &str, comments: &Comments<'_>, marks: &mut Vec<Mark>) {
    let mut ends: Vec<Mark> = Vec::new();
    let first = marks.len();
    let mut read = |comment: Comment<'_>| {
        let forms = FORMS.iter().zip(REGEXES.iter()).filter(|(form, _)| form.reads.admits(&comment, path));
        for (form, regex) in forms {
            for captures in regex.captures_iter(comment.body()) {
                let whole = captures.get(0).map_or(0..0, |whole| whole.range());
                // What stands in a comment within the comment is that one's.
                if !comments.is_innermost(&comment, whole.start) {
                    continue;
                }
                let Some(read) = (form.read)(&Found { comment, captures }) else { continue };
                let body = &comment.body()[whole.clone()];
                let start = whole.start + body.len() - body.trim_start_matches(['#', ' ', '\t', '/', '*']).len();
                let mark = Mark {
                    kind: read.kind,
                    span: Span::new(comment.at(start), comment.at(whole.start + body.trim_end().len())),
                    comment: Some(comment.span),
                    reach: read.reach,
                    asks: read.asks,
                    reason: read.reason,
                    until: read.until,
                };
                if read.ends { &mut ends } else { &mut *marks }.push(mark);
            }
        }
    };
    if comments.format == Format::Text {
        let (text, mut from) = (comments.text, 0);
        while let Some(found) = KEYWORDS.find_at(text, from) {
            let line = line(text, found.start() as u32);
            if let Some(comment) = comments.on_line(Span::from(line.clone())) {
                read(comment);
            }
            from = line.end.max(found.end());
        }
    } else {
        for comment in comments.iter() {
            if KEYWORDS.is_match(comment.body()) {
                read(comment);
            }
        }
    }
    for mark in &mut marks[first..] {
        end_at(mark, &ends);
    }
}

impl Reads {
    fn admits(&self, comment: &Comment<'_>, path: &str) -> bool {
        match self {
            Self::Everything => true,
            Self::Only(languages) => comment.is_in(languages),
            Self::Ending(ends) => comment.all.format == Format::Text && ends.iter().any(|end| path.ends_with(end)),
        }
    }
}

/// A range ends where a later mark of its kind ends it, or one of its checks.
fn end_at(mark: &mut Mark, ends: &[Mark]) {
    let Reach::Range(range) = mark.reach else { return };
    for end in ends.iter().filter(|end| end.kind == mark.kind && end.span.start > mark.span.start) {
        match (&mut mark.asks, &end.asks) {
            (Asks::Checks(checks), Asks::Checks(named)) => {
                for check in checks.iter_mut().filter(|check| named.iter().any(|named| named.id == check.id)) {
                    check.end = check.end.min(end.span.start);
                }
            }
            (Asks::Checks(_) | Asks::All, Asks::All) => {
                mark.reach = Reach::Range(Span::new(range.start, range.end.min(end.span.start)));
                return;
            }
            _ => {}
        }
    }
}

impl<'a> Found<'a> {
    fn group(&self, name: &str) -> Option<Match<'a>> {
        self.captures.name(name)
    }

    fn has(&self, name: &str) -> bool {
        self.group(name).is_some()
    }

    fn is(&self, name: &str, text: &str) -> bool {
        self.group(name).is_some_and(|group| group.as_str().eq_ignore_ascii_case(text))
    }

    /// Where it stands.
    fn start(&self) -> u32 {
        self.comment.at(self.captures.get(0).map_or(0, |whole| whole.start()))
    }

    /// The checks in a group; none: it asks for everything.
    fn checks(&self, name: &str) -> Asks {
        let list = self
            .group(name)
            .map(|ids| list(ids.as_str(), self.comment.at(ids.start()), |c| c == ',' || c == ' ' || c == '\n'));
        list.filter(|list| !list.is_empty()).map_or(Asks::All, Asks::Checks)
    }

    fn reason(&self) -> Option<String> {
        self.group("reason").and_then(|text| reason(text.as_str()))
    }

    /// The line it stands on; where it is alone, the next.
    fn line(&self) -> Reach {
        Reach::Line(self.comment.line(self.start()))
    }

    /// The line it stands on.
    fn own_line(&self) -> Reach {
        Reach::Line(Span::from(line(self.comment.text(), self.start())))
    }

    fn next_line(&self) -> Reach {
        Reach::Line(self.comment.next_line())
    }

    /// From here on.
    fn rest(&self) -> Reach {
        Reach::Range(Span::new(self.start(), u32::MAX))
    }

    fn read(&self, kind: MarkKind, reach: Reach, asks: Asks) -> Read {
        Read { kind, reach, asks, reason: self.reason(), until: None, ends: false }
    }

    fn until(&self) -> Option<Until> {
        self.group("until").and_then(|day| Until::read(day.as_str()))
    }
}

/// Words that are no test's id or name are no ids: Bandit warns of them and ignores everything.
fn bandit(found: &Found<'_>) -> Option<Read> {
    let rest = found.group("rest")?;
    let words = list(rest.as_str(), found.comment.at(rest.start()), |c: char| c == ',' || c.is_whitespace());
    let is_test = |word: &Check| checks::is_bandit_test(&word.id);
    let tests: Vec<Check> = words.into_iter().filter(is_test).collect();
    let (asks, why) = if tests.is_empty() { (Asks::All, reason(rest.as_str())) } else { (Asks::Checks(tests), None) };
    Some(Read { reason: why, ..found.read(MarkKind::Bandit, found.own_line(), asks) })
}

fn gosec(found: &Found<'_>) -> Option<Read> {
    Some(found.read(MarkKind::Gosec, found.line(), found.checks("ids")))
}

fn noqa(found: &Found<'_>) -> Option<Read> {
    let reach = if found.has("file") { FILE } else { found.own_line() };
    Some(found.read(MarkKind::Noqa, reach, found.checks("ids")))
}

/// `disable` counts to the end of the block it stands in.
fn ruff(found: &Found<'_>) -> Option<Read> {
    let reach = match found.group("what")?.as_str() {
        "ignore" => found.line(),
        "file-ignore" => FILE,
        _ => Reach::Range(Span::new(found.start(), code::end_of_suite(found.comment.text(), found.comment.span))),
    };
    let read = found.read(MarkKind::Ruff, reach, found.checks("ids"));
    Some(Read { ends: found.is("what", "enable"), ..read })
}

fn sobelow(found: &Found<'_>) -> Option<Read> {
    let reach = match code::next_function(found.comment.all, found.comment.span) {
        Some(function) => Reach::Range(function),
        // A template's functions are its lines.
        None if found.comment.all.is_page() => found.line(),
        None => return None,
    };
    Some(found.read(MarkKind::Sobelow, reach, found.checks("ids")))
}

fn devskim(found: &Found<'_>) -> Option<Read> {
    let asks = if found.is("ids", "all") { Asks::All } else { found.checks("ids") };
    let by = found.group("by").map(|name| format!("by {}", name.as_str()));
    let until = found.until();
    Some(Read { reason: by, until, ..found.read(MarkKind::DevSkim, found.line(), asks) })
}

/// On the first line, with an empty one behind it, it is about the file.
fn ast_grep(found: &Found<'_>) -> Option<Read> {
    let text = found.comment.text();
    let first = line(text, 0);
    let second = first.end + 1 < text.len() && text[line(text, first.end as u32 + 1)].trim().is_empty();
    let is_first = found.comment.is_alone() && first.contains(&(found.start() as usize));
    let reach = if is_first && second { FILE } else { found.line() };
    Some(found.read(MarkKind::AstGrep, reach, found.checks("ids")))
}

fn snyk(found: &Found<'_>) -> Option<Read> {
    let reach = if found.has("file") { FILE } else { found.line() };
    Some(found.read(MarkKind::Snyk, reach, found.checks("ids")))
}

fn sonar(found: &Found<'_>) -> Option<Read> {
    Some(found.read(MarkKind::Sonar, found.own_line(), found.checks("ids")))
}

fn eslint(found: &Found<'_>) -> Option<Read> {
    let rest = found.group("rest")?;
    let ends = found.is("what", "enable");
    let is_block = found.comment.body().starts_with("/*") || found.comment.is_of_page();
    // Only a block comment says something about more than a line.
    let reach = match found.group("where").map(|place| place.as_str()) {
        Some("-line") => found.own_line(),
        Some(_) => found.next_line(),
        None if is_block => found.rest(),
        None => return None,
    };
    let words = rest.as_str();
    let (ids, why) = match words.find("--") {
        Some(at) => (&words[..at], reason(&words[at..])),
        None => (words, None),
    };
    let ids = list(ids, found.comment.at(rest.start()), |c| c == ',');
    let asks = if ids.is_empty() { Asks::All } else { Asks::Checks(ids) };
    Some(Read { reason: why, ends, ..found.read(MarkKind::Eslint, reach, asks) })
}

fn biome(found: &Found<'_>) -> Option<Read> {
    let ids = found.group("ids")?;
    let asks = match ids.as_str() {
        "lint" => Asks::All,
        id => Asks::Checks(vec![check(id, found.comment.at(ids.start()) as usize)]),
    };
    let reach = match found.group("where").map(|place| place.as_str()) {
        Some("-all") => FILE,
        Some(_) => found.rest(),
        None => found.line(),
    };
    Some(Read { ends: found.is("where", "-end"), ..found.read(MarkKind::Biome, reach, asks) })
}

/// Alone on its line it counts from there on.
fn rubocop(found: &Found<'_>) -> Option<Read> {
    let reach = if found.comment.is_alone() { found.rest() } else { found.own_line() };
    let asks = if found.is("ids", "all") { Asks::All } else { found.checks("ids") };
    Some(Read { ends: found.is("what", "enable"), ..found.read(MarkKind::Rubocop, reach, asks) })
}

/// Psalm reads what stands before a statement, which may be a whole function.
fn php(found: &Found<'_>) -> Option<Read> {
    if found.has("psalm") {
        let reach = code::next_statement(found.comment.all, found.comment.next_line());
        return Some(found.read(MarkKind::Psalm, Reach::Range(reach), found.checks("psalm")));
    }
    let reach = if found.has("file") { FILE } else { found.line() };
    Some(found.read(MarkKind::Phpcs, reach, found.checks("ids")))
}

fn secret(found: &Found<'_>) -> Option<Read> {
    let is_gitleaks = found.captures.get(0)?.as_str().starts_with("gitleaks");
    let kind = if is_gitleaks { MarkKind::Gitleaks } else { MarkKind::Trufflehog };
    Some(found.read(kind, found.own_line(), Asks::Secrets))
}

fn detect_secrets(found: &Found<'_>) -> Option<Read> {
    let reach = if found.has("next") { found.next_line() } else { found.own_line() };
    Some(found.read(MarkKind::DetectSecrets, reach, Asks::Secrets))
}

/// It stands in the block that it is about.
fn checkov(found: &Found<'_>) -> Option<Read> {
    let reach = Reach::Range(code::braces_around(found.comment.text(), found.start()));
    Some(found.read(MarkKind::Checkov, reach, found.checks("ids")))
}

fn tfsec(found: &Found<'_>) -> Option<Read> {
    let asks = if found.is("ids", "*") { Asks::All } else { found.checks("ids") };
    Some(Read { until: found.until(), ..found.read(MarkKind::Tfsec, found.line(), asks) })
}

fn bearer(found: &Found<'_>) -> Option<Read> {
    Some(found.read(MarkKind::Bearer, found.line(), found.checks("ids")))
}

fn kics(found: &Found<'_>) -> Option<Read> {
    let reach = match found.group("where").map(|place| place.as_str()) {
        Some("-line") => found.next_line(),
        Some(_) => Reach::Range(code::braces_after(found.comment.text(), found.comment.span.end)),
        None => FILE,
    };
    Some(found.read(MarkKind::Kics, reach, Asks::All))
}

/// `lgtm[...]` is about its own line, `codeql[...]` about the next.
fn codeql(found: &Found<'_>) -> Option<Read> {
    let reach = if found.is("what", "lgtm") { found.own_line() } else { found.next_line() };
    Some(found.read(MarkKind::CodeQl, reach, found.checks("ids")))
}

/// Without brackets it must be all that the comment begins with.
fn lgtm(found: &Found<'_>) -> Option<Read> {
    let has_ids = found.group("reason").is_some_and(|rest| rest.as_str().trim_start().starts_with('['));
    if has_ids || found.comment.all.around(found.start()).is_none() {
        return None;
    }
    Some(found.read(MarkKind::CodeQl, found.own_line(), Asks::All))
}
