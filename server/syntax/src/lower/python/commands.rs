//! `IPython`'s commands in Python: `%magic`, `!shell`, `name?`. None of them is Python where it stands, so that no other program
//! loses anything by it. A command is shown to the grammar as a number, which no rule asks for; of one that is followed by code
//! (`%time f()`) only the command itself.

use crate::veil::{Cover, Shown};
use weir_model::Span;

/// Commands that are followed by code.
const BEFORE_CODE: [&str; 7] = ["debug", "lprun", "memit", "mprun", "prun", "time", "timeit"];

/// The commands of a text, in order.
pub(crate) fn commands(text: &str) -> Vec<Cover> {
    let mut reader = Reader { text, bytes: text.as_bytes(), at: 0, covers: Vec::new() };
    if reader.may_hold_any() {
        reader.read();
    }
    reader.covers
}

struct Reader<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    covers: Vec<Cover>,
}

impl Reader<'_> {
    /// Whether something looks like a command: most texts need no more than this.
    fn may_hold_any(&self) -> bool {
        memchr::memchr3_iter(b'%', b'!', b'?', self.bytes).any(|at| {
            let before = self.bytes[..at].iter().rfind(|byte| !matches!(byte, b' ' | b'\t'));
            self.bytes[at] == b'?' || matches!(before, None | Some(b'\n' | b'\r' | b'='))
        })
    }

    fn read(&mut self) {
        // Brackets that are open, and whether a statement may begin here.
        let (mut depth, mut is_start) = (0_usize, true);
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b' ' | b'\t' | 0x0c => self.at += 1,
                b'\r' | b'\n' => {
                    is_start = depth == 0;
                    self.at += 1;
                }
                b'%' | b'!' | b'?' if is_start => is_start = self.command(),
                b'#' => self.at = self.end_of_line(self.at),
                _ => {
                    is_start = false;
                    match byte {
                        b'\\' => self.pass_break(),
                        b'\'' | b'"' => self.pass_string(byte),
                        b'=' if depth == 0 => self.assigned(),
                        b'?' if depth == 0 => self.question(),
                        b'(' | b'[' | b'{' => {
                            depth += 1;
                            self.at += 1;
                        }
                        b')' | b']' | b'}' => {
                            depth = depth.saturating_sub(1);
                            self.at += 1;
                        }
                        _ => self.at += 1,
                    }
                }
            }
        }
    }

    /// One at the start of a statement. Gives whether code follows it on its line.
    fn command(&mut self) -> bool {
        if let Some(code) = self.code_behind() {
            self.cover(code, Shown::Statement);
            return true;
        }
        self.line(Shown::Value);
        false
    }

    /// What is assigned may be what a command gives.
    fn assigned(&mut self) {
        let before = self.at.checked_sub(1).map(|before| self.bytes[before]);
        self.at += 1;
        if before.is_some_and(|before| b"=!<>:".contains(&before)) {
            return;
        }
        let blanks = self.bytes[self.at..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let is_command = match self.bytes[self.at + blanks..] {
            [b'!', next, ..] => next != b'=',
            [b'%', next, ..] => next.is_ascii_alphabetic(),
            _ => false,
        };
        if !is_command {
            return;
        }
        self.at += blanks;
        match self.code_behind() {
            Some(code) => self.cover(code, Shown::Blank),
            None => self.line(Shown::Value),
        }
    }

    /// `name?` and `name??` at the end of a line.
    fn question(&mut self) {
        let marks = self.bytes[self.at..].iter().take_while(|&&byte| byte == b'?').count();
        let rest = &self.text[self.at + marks..self.end_of_line(self.at)];
        if rest.trim().is_empty() {
            self.cover(self.at + marks, Shown::Blank);
        } else {
            self.at += marks;
        }
    }

    /// Where the code begins that follows a command on its line, if it is one that code follows.
    fn code_behind(&self) -> Option<usize> {
        let line = &self.text[self.at..self.end_of_line(self.at)];
        let command = line.strip_prefix('%').filter(|command| !command.starts_with('%'))?;
        let name = command.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
        let mut rest = command[name.len()..].trim_start_matches([' ', '\t']);
        // Options, and their numbers: `-n 10 -r3`.
        while rest.starts_with('-') || (rest.len() < command.len() - name.len() && is_number_apart(rest, command)) {
            let word = rest.find([' ', '\t']).unwrap_or(rest.len());
            rest = rest[word..].trim_start_matches([' ', '\t']);
        }
        let is_code = BEFORE_CODE.contains(&name) && !rest.is_empty() && !rest.starts_with('#');
        // Room for what is shown.
        (is_code && line.len() - rest.len() >= Shown::Statement.length()).then(|| self.at + line.len() - rest.len())
    }

    /// All of a line, and of those that it is continued on.
    fn line(&mut self, mut shown: Shown) {
        loop {
            let end = self.end_of_line(self.at);
            let is_continued = self.text[self.at..end].ends_with('\\') && end < self.bytes.len();
            self.cover(end, shown);
            if !is_continued {
                return;
            }
            self.at += if self.bytes[end..].starts_with(b"\r\n") { 2 } else { 1 };
            shown = Shown::Blank;
        }
    }

    fn cover(&mut self, end: usize, shown: Shown) {
        if self.at < end {
            self.covers.push(Cover { span: Span::from(self.at..end), shown });
        }
        self.at = end;
    }

    fn end_of_line(&self, at: usize) -> usize {
        memchr::memchr2(b'\n', b'\r', &self.bytes[at..]).map_or(self.bytes.len(), |end| at + end)
    }

    /// A backslash and the line break behind it.
    fn pass_break(&mut self) {
        self.at += 1;
        if self.bytes[self.at..].starts_with(b"\r\n") {
            self.at += 2;
        } else if self.at < self.bytes.len() {
            self.at += 1;
        }
    }

    fn pass_string(&mut self, quote: u8) {
        let is_long = self.bytes[self.at..].starts_with(&[quote; 3]);
        self.at += if is_long { 3 } else { 1 };
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b'\\' => self.pass_break(),
                b'\n' | b'\r' if !is_long => return,
                _ if is_long && self.bytes[self.at..].starts_with(&[quote; 3]) => {
                    self.at += 3;
                    return;
                }
                _ if byte == quote && !is_long => {
                    self.at += 1;
                    return;
                }
                _ => self.at += 1,
            }
        }
    }
}

/// Whether the next word is a number by itself, behind an option.
fn is_number_apart(rest: &str, command: &str) -> bool {
    let word = rest.split([' ', '\t']).next().unwrap_or_default();
    let before = &command[..command.len() - rest.len()];
    let option = before.trim_end().rsplit([' ', '\t']).next().unwrap_or_default();
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit()) && option.starts_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text as the grammar sees it.
    fn shown(text: &str) -> String {
        let mut out = text.as_bytes().to_vec();
        for Cover { span, shown } in commands(text) {
            let first = match shown {
                Shown::Value => "0",
                Shown::Statement => "0;",
                Shown::Shift | Shown::Blank => "",
            };
            out[span.range()].fill(b' ');
            out[span.range()][..first.len()].copy_from_slice(first.as_bytes());
        }
        String::from_utf8(out).expect("whole characters are covered")
    }

    #[test]
    fn commands_are_shown_as_numbers() {
        for (text, expected) in [
            ("%matplotlib inline\nx", "0                 \nx"),
            ("  !ls é\r\nx", "  0     \r\nx"),
            ("%%time\nf()", "0     \nf()"),
            ("!a \\\n  b\nc", "0   \n   \nc"),
            ("?f\nf?\ng.h??  \n", "0 \nf \ng.h    \n"),
            ("%time f(x)", "0;    f(x)"),
            ("%timeit -n 10 -r3 f(7)", "0;                f(7)"),
            ("%timeit 7", "0;      7"),
            ("%time", "0    "),
            ("x = !ls {y}\n", "x = 0      \n"),
            ("x=%time f()", "x=      f()"),
            ("x = %env HOME", "x = 0        "),
            ("if x:\n    !ls\n", "if x:\n    0  \n"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn python_is_left_as_it_is() {
        for text in [
            "x = ('%s'\n  % y)",
            "x = a \\\n  % y",
            "'''\n%matplotlib\n!ls\nreally?\n'''",
            "x != y\nx %= 2\nx == y",
            "# why?\nf('?')  # %s\n",
            "f(x=\n!y)",
            "\"a\\\"\\\n%b\"",
            "x = y  # = !z\n",
            "match x:\n  case '!':\n    pass",
        ] {
            assert_eq!(commands(text), [], "{text}");
        }
    }
}
