//! JSON with the places of what is in it. Strict: what is not valid is not read at all.

use weir_model::Span;

/// Values within values that are followed. A notebook has less than ten; whoever writes more wants to fill the stack.
const MAX_DEPTH: usize = 100;

/// A value; of what nobody here asks for, only that it is one.
#[derive(Debug)]
pub(super) enum Value {
    Object(Vec<(Span, Value)>),
    Array(Vec<Value>),
    /// What stands between the quotes.
    String(Span),
    Other,
}

/// Reads a text; where it is not valid, that place.
pub(super) fn read(text: &str) -> Result<Value, u32> {
    let mut reader = Reader { bytes: text.as_bytes(), at: 0 };
    reader.blanks();
    let value = reader.value(0)?;
    reader.blanks();
    if reader.at < text.len() { Err(reader.at as u32) } else { Ok(value) }
}

/// What a string holds, in order: stretches that stand as they are, and characters that are written as escapes. The string was
/// read before, so that its escapes are valid.
pub(super) fn unescape(text: &str, string: Span, mut each: impl FnMut(Span, Option<char>)) {
    let bytes = string.text(text).as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let plain = memchr::memchr(b'\\', &bytes[at..]).unwrap_or(bytes.len() - at);
        if plain > 0 {
            each(Span::new(string.start + at as u32, string.start + (at + plain) as u32), None);
            at += plain;
            continue;
        }
        let (character, length) = escape(&bytes[at..]);
        each(Span::new(string.start + at as u32, string.start + (at + length) as u32), Some(character));
        at += length;
    }
}

/// A text as it is written in a string, without the quotes.
pub(crate) fn escaped(text: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{0}'..='\u{1f}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(character));
            }
            _ => out.push(character),
        }
    }
    out
}

/// The character of an escape, and how long that is.
fn escape(bytes: &[u8]) -> (char, usize) {
    let unit = |at: usize| {
        let is_one = bytes.get(at..at + 2) == Some(b"\\u".as_slice());
        let digits = bytes.get(at + 2..at + 6).filter(|_| is_one)?;
        u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    };
    let simple = match bytes.get(1) {
        Some(b'n') => '\n',
        Some(b't') => '\t',
        Some(b'r') => '\r',
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'u') => {
            let first = unit(0).unwrap_or_default();
            // Half a pair is no character.
            return match unit(6) {
                Some(second @ 0xDC00..=0xDFFF) if (0xD800..0xDC00).contains(&first) => {
                    let code = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
                    (char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), 12)
                }
                _ => (char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER), 6),
            };
        }
        Some(&other) => char::from(other),
        None => return (char::REPLACEMENT_CHARACTER, bytes.len()),
    };
    (simple, 2)
}

struct Reader<'t> {
    bytes: &'t [u8],
    at: usize,
}

impl Reader<'_> {
    fn here(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn broken<T>(&self) -> Result<T, u32> {
        Err(self.at as u32)
    }

    fn blanks(&mut self) {
        while matches!(self.here(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn take(&mut self, byte: u8) -> bool {
        let is_here = self.here() == Some(byte);
        self.at += usize::from(is_here);
        is_here
    }

    fn value(&mut self, depth: usize) -> Result<Value, u32> {
        if depth > MAX_DEPTH {
            return self.broken();
        }
        match self.here() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => Ok(Value::String(self.string()?)),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => self.word(),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value, u32> {
        let mut entries = Vec::new();
        self.at += 1;
        self.blanks();
        if self.take(b'}') {
            return Ok(Value::Object(entries));
        }
        loop {
            self.blanks();
            let key = self.string()?;
            self.blanks();
            if !self.take(b':') {
                return self.broken();
            }
            self.blanks();
            entries.push((key, self.value(depth + 1)?));
            self.blanks();
            if self.take(b'}') {
                return Ok(Value::Object(entries));
            }
            if !self.take(b',') {
                return self.broken();
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<Value, u32> {
        let mut values = Vec::new();
        self.at += 1;
        self.blanks();
        if self.take(b']') {
            return Ok(Value::Array(values));
        }
        loop {
            self.blanks();
            values.push(self.value(depth + 1)?);
            self.blanks();
            if self.take(b']') {
                return Ok(Value::Array(values));
            }
            if !self.take(b',') {
                return self.broken();
            }
        }
    }

    fn string(&mut self) -> Result<Span, u32> {
        if !self.take(b'"') {
            return self.broken();
        }
        let start = self.at;
        loop {
            match self.here() {
                Some(b'"') => break,
                Some(b'\\') => self.escape()?,
                Some(0..=0x1f) | None => return self.broken(),
                Some(_) => self.at += 1,
            }
        }
        self.at += 1;
        Ok(Span::from(start..self.at - 1))
    }

    fn escape(&mut self) -> Result<(), u32> {
        match self.bytes.get(self.at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 2,
            Some(b'u') => {
                let digits = self.bytes.get(self.at + 2..self.at + 6);
                if !digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)) {
                    return self.broken();
                }
                self.at += 6;
            }
            _ => return self.broken(),
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), u32> {
        let start = self.at;
        while self.here().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at == start { self.broken() } else { Ok(()) }
    }

    fn number(&mut self) -> Result<Value, u32> {
        self.take(b'-');
        if !self.take(b'0') {
            self.digits()?;
        }
        if self.take(b'.') {
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            let _ = self.take(b'+') || self.take(b'-');
            self.digits()?;
        }
        Ok(Value::Other)
    }

    fn word(&mut self) -> Result<Value, u32> {
        let rest = &self.bytes[self.at.min(self.bytes.len())..];
        let known = [&b"true"[..], b"false", b"null"];
        let Some(word) = known.into_iter().find(|word| rest.starts_with(word)) else { return self.broken() };
        self.at += word.len();
        Ok(Value::Other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_json_is_read() {
        for text in [
            "{}",
            " [ ] ",
            "\"\"",
            "-0.5e+3",
            "null",
            "[true,false,{\"a\":[1,2]}]",
            "{\"a\" : \"\\u00e9\\ud83d\\ude00\\/\"}\n",
        ] {
            assert!(read(text).is_ok(), "{text}");
            assert!(serde_json::from_str::<serde_json::Value>(text).is_ok(), "{text}");
        }
        for (text, at) in [
            ("", 0),
            ("{", 1),
            ("{\"a\"}", 4),
            ("[1,]", 3),
            ("[1 2]", 3),
            ("{} x", 3),
            ("01", 1),
            ("1.", 2),
            ("NaN", 0),
            ("\"a\nb\"", 2),
            ("\"\\x\"", 1),
            ("\"\\u12g4\"", 1),
            ("\"a", 2),
            ("{'a':1}", 1),
            ("tru", 0),
            ("\u{feff}{}", 0),
            ("// a\n{}", 0),
        ] {
            assert_eq!(read(text).err(), Some(at), "{text}");
            assert!(serde_json::from_str::<serde_json::Value>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn depth_costs_no_stack() {
        let deep = "[".repeat(100_000);
        assert_eq!(read(&deep).err(), Some(MAX_DEPTH as u32 + 1));
    }

    #[test]
    fn what_was_escaped_is_there_again() {
        let told = |json: &str| {
            let mut out = String::new();
            unescape(json, Span::new(0, json.len() as u32), |span, character| match character {
                Some(character) => out.push(character),
                None => out.push_str(span.text(json)),
            });
            out
        };
        for text in ["", "a", "é\n\t\"\\/\r", "\u{1}\u{1f}\u{7f}👩", "\\n"] {
            assert_eq!(told(&escaped(text)), text);
        }
        assert_eq!(told("\\u00e9\\ud83d\\udc69\\/\\b\\f"), "é👩/\u{8}\u{c}");
        // Halves of pairs, at the end and before something else.
        assert_eq!(told("\\ud83d|\\udc69\\ud83d\\n\\ud83d"), "\u{fffd}|\u{fffd}\u{fffd}\n\u{fffd}");
    }
}
