//! Scripts in pages: their language, and what of them is a string or comment.

use weir_model::Language;

/// The language of a script by its `type` and `lang`; `None` if no browser runs it.
pub(super) fn language(kind: Option<&str>, lang: Option<&str>) -> Option<Language> {
    let said = |said: Option<&str>| said.map(|said| said.trim().to_ascii_lowercase()).unwrap_or_default();
    match said(lang).as_str() {
        "ts" | "typescript" => return Some(Language::TypeScript),
        "tsx" => return Some(Language::Tsx),
        "" | "js" | "jsx" | "javascript" => {}
        _ => return None,
    }
    match said(kind).as_str() {
        "" | "module" | "text/babel" | "text/jsx" => Some(Language::JavaScript),
        "ts" | "text/typescript" => Some(Language::TypeScript),
        kind if kind.ends_with("javascript") || kind.ends_with("ecmascript") => Some(Language::JavaScript),
        // Rocket Loader and consent managers: `<hash>-text/javascript`, `text/plain`. A template may say which.
        kind if kind.contains(['<', '{']) => Some(Language::JavaScript),
        _ => None,
    }
}

/// Knows of each place of a script whether it is within a string, template or comment.
#[derive(Default)]
pub(super) struct Lexer {
    state: State,
    escaped: bool,
    /// The last character of code that is not white space.
    last: u8,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum State {
    #[default]
    Code,
    /// By its quote.
    String(u8),
    Regex,
    LineComment,
    /// By its start.
    Comment(usize),
}

impl Lexer {
    /// Whether what comes next is within a string, template or comment.
    pub(super) fn is_in_text(&self) -> bool {
        self.state != State::Code
    }

    /// Reads the byte at a place.
    pub(super) fn read(&mut self, bytes: &[u8], at: usize) {
        let byte = bytes[at];
        if std::mem::take(&mut self.escaped) {
            return;
        }
        match self.state {
            State::Code => self.code(bytes, at),
            State::String(quote) => match byte {
                b'\\' => self.escaped = true,
                // A line ends what was not closed.
                b'\n' if quote != b'`' => self.state = State::Code,
                _ if byte == quote => self.state = State::Code,
                _ => {}
            },
            State::Regex => match byte {
                b'\\' => self.escaped = true,
                b'/' | b'\n' => self.state = State::Code,
                _ => {}
            },
            State::LineComment if byte == b'\n' => self.state = State::Code,
            State::Comment(start) if byte == b'/' && at > start + 2 && bytes[at - 1] == b'*' => {
                self.state = State::Code;
            }
            State::LineComment | State::Comment(_) => {}
        }
    }

    fn code(&mut self, bytes: &[u8], at: usize) {
        let byte = bytes[at];
        self.state = match byte {
            b'"' | b'\'' | b'`' => State::String(byte),
            b'/' => match bytes.get(at + 1) {
                Some(b'/') => State::LineComment,
                Some(b'*') => State::Comment(at),
                // Where a value may begin, it is no division.
                _ if matches!(
                    self.last,
                    b'(' | b',' | b'=' | b':' | b'[' | b'!' | b'&' | b'|' | b'?' | b'{' | b';' | 0
                ) =>
                {
                    State::Regex
                }
                _ => State::Code,
            },
            _ => State::Code,
        };
        if !byte.is_ascii_whitespace() {
            self.last = byte;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_and_comments_are_told_from_code() {
        let code = "f('a', \"b'\", `c${d}`, /e'/); // g'\n/*/ h */ i = j / k / l; m = 'n\no";
        let mut lexer = Lexer::default();
        let mut out = String::new();
        for (at, char) in code.char_indices() {
            lexer.read(code.as_bytes(), at);
            if !lexer.is_in_text() {
                out.push(char);
            }
        }
        assert_eq!(out, "f(', \", `, /); \n/ i = j / k / l; m = \no");
    }

    #[test]
    fn scripts_that_no_browser_runs_are_no_code() {
        assert_eq!(language(None, None), Some(Language::JavaScript));
        assert_eq!(language(Some("module"), Some("ts")), Some(Language::TypeScript));
        assert_eq!(language(Some("text/javascript"), None), Some(Language::JavaScript));
        assert_eq!(language(Some("application/json"), None), None);
        assert_eq!(language(Some("text/x-handlebars"), None), None);
    }
}
