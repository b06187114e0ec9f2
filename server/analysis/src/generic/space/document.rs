//! A text as spacegrep sees it: words and punctuation in blocks.

use crate::budget::{Budget, Stop};
use crate::generic::Comments;
use crate::generic::config::is_word;
use weir_model::Span;

/// What a tab adds to a line's indentation.
const TAB: u32 = 8;

/// How much of a file tells how it is laid out.
const SAMPLE: usize = 4096;
/// Text that people lay out has shorter lines than this on average. Where it has not, neither indentation nor the number of
/// lines that an ellipsis passes mean anything.
const LINE: usize = 150;
/// A text so short needs no lines.
const SHORT: usize = 500;

/// A word, or one character of another kind.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub(super) span: Span,
    pub(super) line: u32,
    /// The innermost block it is in.
    pub(super) block: u32,
    pub(super) is_word: bool,
}

/// The tokens of lines that are indented alike, or those between two braces of a line. Never empty, save for the root.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block {
    pub(super) start: u32,
    /// One past the last token.
    pub(super) end: u32,
    /// The block around it; the root is in itself.
    pub(super) parent: u32,
}

/// The whole text is the first block.
pub(super) const ROOT: u32 = 0;

/// A text, read.
#[derive(Debug)]
pub(crate) struct Document {
    pub(super) tokens: Vec<Token>,
    pub(super) blocks: Vec<Block>,
}

impl Document {
    pub(super) fn read(text: &str, comments: Comments, budget: &Budget<'_>) -> Result<Self, Stop> {
        let blanked = without_comments(text, comments);
        let text = blanked.as_deref().unwrap_or(text);
        let mut document = Self { tokens: Vec::new(), blocks: vec![Block { start: 0, end: 0, parent: ROOT }] };
        // The blocks that are open, with the indentation of their lines.
        let mut open = vec![(0, ROOT)];
        let mut start = 0;
        for (number, line) in text.split_inclusive('\n').enumerate() {
            budget.tick()?;
            let mut tokens = Vec::new();
            line_tokens(line, |range, is_word| {
                let span = Span::new((start + range.start) as u32, (start + range.end) as u32);
                tokens.push(Token { span, line: number as u32, block: ROOT, is_word });
            });
            if !tokens.is_empty() {
                let indent = indentation(line);
                while open.last().is_some_and(|(outer, _)| *outer > indent) {
                    document.close(&mut open);
                }
                if open.last().is_none_or(|(outer, _)| *outer < indent) {
                    let parent = open.last().map_or(ROOT, |(_, block)| *block);
                    open.push((indent, document.open(parent)));
                }
                let block = open.last().map_or(ROOT, |(_, block)| *block);
                document.line(text, &mut tokens, block, budget)?;
            }
            start += line.len();
        }
        while !open.is_empty() {
            document.close(&mut open);
        }
        Ok(document)
    }

    /// A new block of what comes next.
    fn open(&mut self, parent: u32) -> u32 {
        let start = self.tokens.len() as u32;
        self.blocks.push(Block { start, end: start, parent });
        self.blocks.len() as u32 - 1
    }

    fn close(&mut self, open: &mut Vec<(u32, u32)>) {
        if let Some((_, block)) = open.pop() {
            self.blocks[block as usize].end = self.tokens.len() as u32;
        }
    }

    /// Adds a line's tokens to a block, those between braces to blocks of their own.
    fn line(&mut self, text: &str, tokens: &mut [Token], mut block: u32, budget: &Budget<'_>) -> Result<(), Stop> {
        let closings = closings(text, tokens);
        // Where the blocks end that are open on this line.
        let mut ends = Vec::new();
        for (at, token) in tokens.iter().enumerate() {
            budget.tick()?;
            if ends.last() == Some(&at) {
                ends.pop();
                self.blocks[block as usize].end = self.tokens.len() as u32;
                block = self.blocks[block as usize].parent;
            }
            self.tokens.push(Token { block, ..*token });
            if let Some(closing) = closings[at].filter(|closing| *closing > at + 1) {
                ends.push(closing);
                block = self.open(block);
            }
        }
        Ok(())
    }

    /// Whether a block starts at its token: the first thing in it is no block.
    pub(super) fn starts_block(&self, at: u32) -> bool {
        self.block(self.token(at).block).start == at
    }

    pub(super) fn token(&self, at: u32) -> Token {
        self.tokens[at as usize]
    }

    pub(super) fn block(&self, block: u32) -> Block {
        self.blocks[block as usize]
    }

    /// The block within `block` that starts at a token of it, if one does.
    pub(super) fn inner(&self, block: u32, at: u32) -> Option<u32> {
        let mut inner = self.token(at).block;
        if inner == block {
            return None;
        }
        while self.block(inner).parent != block {
            inner = self.block(inner).parent;
        }
        Some(inner)
    }
}

/// Whether a file is laid out in lines.
pub(super) fn has_lines(text: &str) -> bool {
    let sample = &text.as_bytes()[..text.len().min(SAMPLE)];
    let lines = sample.split(|byte| *byte == b'\n').count();
    text.len() <= SHORT || sample.len() <= lines * LINE
}

/// Hands over the words and other characters of a text, white space left out.
pub(super) fn line_tokens(text: &str, mut token: impl FnMut(std::ops::Range<usize>, bool)) {
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let word = is_word(first);
        let len = if word { text[at..].find(|c| !is_word(c)).unwrap_or(text.len() - at) } else { first.len_utf8() };
        let line_end = first == '\n' || text[at..].starts_with("\r\n");
        if !line_end && first != ' ' && first != '\t' {
            token(at..at + len, word);
        }
        at += len;
    }
}

/// How far a line is indented.
pub(super) fn indentation(line: &str) -> u32 {
    let white = line.bytes().take_while(|byte| matches!(byte, b' ' | b'\t'));
    white.map(|byte| if byte == b'\t' { TAB } else { 1 }).sum()
}

/// For each brace of a line that is closed on it, where. A closing brace that does not fit the last open one closes nothing.
fn closings(text: &str, tokens: &[Token]) -> Vec<Option<usize>> {
    let mut closings = vec![None; tokens.len()];
    let mut open: Vec<(usize, &str)> = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        match token.span.text(text) {
            "(" => open.push((at, ")")),
            "[" => open.push((at, "]")),
            "{" => open.push((at, "}")),
            other => {
                if let Some((opening, _)) = open.pop_if(|(_, close)| *close == other) {
                    closings[opening] = Some(at);
                }
            }
        }
    }
    closings
}

/// The text with blanks for comments, or `None` where there are none to be left out.
fn without_comments(text: &str, comments: Comments) -> Option<String> {
    let mut bytes = text.as_bytes().to_vec();
    match comments {
        Comments::None => return None,
        Comments::C => blank(&mut bytes, b"/*", b"*/"),
        Comments::Cpp => {
            blank(&mut bytes, b"//", b"\n");
            blank(&mut bytes, b"/*", b"*/");
        }
        Comments::Shell => blank(&mut bytes, b"#", b"\n"),
    }
    String::from_utf8(bytes).ok()
}

/// Puts blanks over what stands from `start` to `end`. Line ends stay; a comment that ends with its line also ends with
/// the text.
fn blank(bytes: &mut [u8], start: &[u8], end: &[u8]) {
    let find = |bytes: &[u8], from: usize, what: &[u8]| {
        bytes[from..].windows(what.len()).position(|window| window == what).map(|at| from + at)
    };
    let mut at = 0;
    while let Some(from) = find(bytes, at, start) {
        let to = match find(bytes, from + start.len(), end) {
            Some(to) => to + end.len(),
            None if end == b"\n" => bytes.len(),
            None => break,
        };
        for byte in &mut bytes[from..to] {
            if !matches!(*byte, b'\r' | b'\n') {
                *byte = b' ';
            }
        }
        at = to;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text's tokens, blocks in angle brackets.
    fn shown(text: &str, comments: Comments) -> String {
        let document = Document::read(text, comments, &Budget::unlimited()).expect("unlimited");
        let mut out = String::new();
        for (at, token) in (0u32..).zip(&document.tokens) {
            let inner = |block: &&Block| block.end > block.start;
            let blocks = || document.blocks[1..].iter().filter(inner);
            blocks().filter(|block| block.start == at).for_each(|_| out.push('<'));
            out.push_str(token.span.text(text));
            blocks().filter(|block| block.end == at + 1).for_each(|_| out.push('>'));
            out.push(' ');
        }
        out.trim_end().to_owned()
    }

    #[test]
    fn indentation_and_braces_of_a_line_make_blocks() {
        for (text, expected) in [
            ("a b\n  c\n    d\n  e\nf", "a b <c <d> e> f"),
            ("a\n    b\n  c\nd", "a <b> <c> d"),
            ("  a\nb", "<a> b"),
            ("\ta\n        b\n", "<a b>"),
            ("a\n\n  \n  b", "a <b>"),
            ("f(a, [b]) ()", "f ( <a , [ <b> ]> ) ( )"),
            ("(a [b) c]", "( a [ <b ) c> ]"),
            ("(a ] b) c", "( <a ] b> ) c"),
            ("(a ]", "( a ]"),
            ("(a) )", "( <a> ) )"),
            ("( (a)", "( ( <a> )"),
            ("{ a\n b }", "{ a <b }>"),
            ("x_1.ä\u{a0};\r\n", "x_1 . ä \u{a0} ;"),
        ] {
            assert_eq!(shown(text, Comments::None), expected, "{text}");
        }
    }

    #[test]
    fn comments_are_white_space_where_a_rule_says_so() {
        let text = "a /* b\n c */ d // e /* f\n# g */ #h";
        for (comments, expected) in [
            (Comments::None, "a / * b <c * / d / / e / * f> # g * / # h"),
            (Comments::C, "a <d / / e <# h>>"),
            (Comments::Cpp, "a <d> # g * / # h"),
            (Comments::Shell, "a / * b <c * / d / / e / * f>"),
        ] {
            assert_eq!(shown(text, comments), expected, "{comments:?}");
        }
        assert_eq!(shown("a /* b", Comments::C), "a / * b");
        assert_eq!(shown("a//ä\r\nb", Comments::Cpp), "a b");
    }

    #[test]
    fn a_file_without_lines_is_told_from_one_with_some() {
        let (line, long) = ("a = b\n", "a=b;".repeat(200));
        assert!(has_lines("") && has_lines(line) && has_lines(&line.repeat(1000)) && has_lines(&long[..400]));
        assert!(!has_lines(&long) && !has_lines(&format!("{line}{long}")));
    }

    #[test]
    fn braces_without_end_are_read_in_one_pass() {
        let text = "([{".repeat(30_000) + &")".repeat(30_000);
        assert_eq!(shown(&text, Comments::None).matches('<').count(), 0);
        let text = "(".repeat(50_000) + "a" + &")".repeat(50_000);
        let document = Document::read(&text, Comments::None, &Budget::unlimited()).expect("unlimited");
        assert_eq!(document.blocks.len(), 50_001);
    }
}
