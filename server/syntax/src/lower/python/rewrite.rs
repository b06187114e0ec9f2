//! What only Python's patterns need before placeholders are put in: indentation that starts at the margin, `...` among
//! a dictionary's entries, typed metavariables.

/// The function that stands for a typed metavariable: `weir_typed($X, T)` is `$X: T`.
pub(super) const TYPED: &str = "weir_typed";

pub(super) fn python(text: &str) -> String {
    Rewriter { text, out: String::with_capacity(text.len() + 16), open: Vec::new() }.run(indentation(text))
}

/// The indentation of the first line, which all others are expected to have too.
fn indentation(text: &str) -> usize {
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    first.len() - first.trim_start_matches([' ', '\t']).len()
}

struct Rewriter<'a> {
    text: &'a str,
    out: String,
    open: Vec<Open>,
}

/// A bracket that is open.
struct Open {
    bracket: u8,
    /// Where what is inside starts.
    at: usize,
    /// Of braces: whether entries are inside. Of parentheses: whether parameters are.
    special: bool,
}

impl Rewriter<'_> {
    fn run(mut self, indentation: usize) -> String {
        let bytes = self.text.as_bytes();
        let mut at = 0;
        let mut line_start = true;
        while at < bytes.len() {
            if line_start {
                let blank = bytes[at..].iter().take(indentation).take_while(|b| matches!(b, b' ' | b'\t')).count();
                at += blank;
                line_start = false;
                continue;
            }
            let rest = &self.text[at..];
            let len = match bytes[at] {
                b'"' | b'\'' => string_length(rest),
                b'#' => rest.find('\n').unwrap_or(rest.len()),
                b'(' | b'[' | b'{' => {
                    let special = match bytes[at] {
                        b'{' => has_entries(&rest[1..]),
                        b'(' => self.defines(),
                        _ => false,
                    };
                    self.open.push(Open { bracket: bytes[at], at: at + 1, special });
                    1
                }
                b')' | b']' | b'}' => {
                    self.open.pop();
                    1
                }
                b'.' if rest.starts_with("...") && self.is_entry() => {
                    self.out.push_str("**");
                    3
                }
                b'.' if rest.starts_with("...") && self.is_decorator(rest) => {
                    self.out.push('@');
                    3
                }
                b'$' if rest.starts_with("$...") && self.is_entry() => {
                    self.out.push_str("**");
                    4
                }
                b'$' => match self.typed(rest) {
                    Some((variable, of, len)) => {
                        self.out.push_str(&format!("{TYPED}({variable}, {of})"));
                        at += len;
                        continue;
                    }
                    None => 1,
                },
                _ => rest.chars().next().map_or(1, char::len_utf8),
            };
            self.out.push_str(&rest[..len]);
            at += len;
            line_start = self.open.is_empty() && rest[..len].ends_with('\n');
        }
        self.out
    }

    /// Whether a parenthesis opened here holds parameters.
    fn defines(&self) -> bool {
        let before = self.out.trim_end_matches(|c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '.'));
        before.trim_end().ends_with("def") && before.ends_with(' ')
    }

    /// Whether what stands here is an entry of a dictionary.
    fn is_entry(&self) -> bool {
        self.open.last().is_some_and(|open| open.bracket == b'{' && open.special)
            && self.out.trim_end().ends_with(['{', ','])
    }

    /// Whether an ellipsis stands on a line of its own between decorators.
    fn is_decorator(&self, rest: &str) -> bool {
        let mut before = self.out.trim_end_matches([' ', '\t']).lines().rev();
        let after = rest[3..].trim_start_matches([' ', '\t']);
        self.out.trim_end_matches([' ', '\t']).ends_with('\n')
            && before.next().is_some_and(|line| line.trim_start().starts_with('@'))
            && after.starts_with('\n')
            && ["@", "def ", "async def ", "class "].iter().any(|next| after.trim_start().starts_with(next))
    }

    /// `$X: T` among arguments: the metavariable, the type, the length of both.
    fn typed<'b>(&self, rest: &'b str) -> Option<(&'b str, &'b str, usize)> {
        let open = self.open.last().filter(|open| open.bracket == b'(' && !open.special)?;
        // A lambda's parameters end in a colon too.
        let in_lambda = self.text[open.at..self.text.len() - rest.len()].contains("lambda");
        if in_lambda || !self.out.trim_end().ends_with(['(', ',']) {
            return None;
        }
        let name = 1 + rest[1..].bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
        let of = rest[name..].trim_start().strip_prefix(':').filter(|of| !of.starts_with('='))?;
        let mut depth = 0i32;
        let end = of.bytes().position(|b| {
            match b {
                b'(' | b'[' => depth += 1,
                b')' | b']' => depth -= 1,
                _ => {}
            }
            depth < 0 || depth == 0 && matches!(b, b',' | b'=')
        })?;
        let len = rest.len() - of.len() + end;
        Some((&rest[..name], of[..end].trim(), len))
    }
}

/// The length of the string literal a text starts with.
fn string_length(text: &str) -> usize {
    let quote = &text[..1];
    let triple = quote.repeat(3);
    let delimiter = if text.starts_with(&triple) { triple.as_str() } else { quote };
    let mut at = delimiter.len();
    while at < text.len() {
        let rest = &text[at..];
        if rest.starts_with(delimiter) {
            return at + delimiter.len();
        }
        let mut chars = rest.chars();
        let first = chars.next().map_or(1, char::len_utf8);
        let escaped = if rest.starts_with('\\') { chars.next().map_or(0, char::len_utf8) } else { 0 };
        at += first + escaped;
    }
    text.len()
}

/// Whether braces hold entries with keys, not elements of a set.
fn has_entries(inside: &str) -> bool {
    let bytes = inside.as_bytes();
    let (mut at, mut depth) = (0, 0u32);
    while at < bytes.len() {
        match bytes[at] {
            b'"' | b'\'' => {
                at += string_length(&inside[at..]);
                continue;
            }
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' if depth == 0 => return false,
            b')' | b']' | b'}' => depth -= 1,
            b':' if depth == 0 => return true,
            b'*' if depth == 0 && bytes.get(at + 1) == Some(&b'*') => return true,
            _ => {}
        }
        at += 1;
    }
    false
}
