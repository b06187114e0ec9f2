//! Positions in lines and columns: the only place that knows what a column counts.

use crate::Span;
use ropey::{Rope, RopeSlice};
use serde::{Deserialize, Serialize};

/// What a column counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum PositionEncoding {
    /// Bytes.
    Utf8,
    /// UTF-16 code units, the protocol's default.
    #[default]
    Utf16,
    /// Characters (Unicode scalar values).
    Utf32,
}

/// A zero-based line and column; the column counts what the encoding says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Position {
    /// Zero-based line.
    pub line: u32,
    /// Zero-based column.
    pub column: u32,
}

/// Two positions, the end excluded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Range {
    /// First position.
    pub start: Position,
    /// One past the last position.
    pub end: Position,
}

impl PositionEncoding {
    /// The position of a byte offset. An offset inside a character counts as the character's start, one past the end
    /// as the end.
    pub fn position(self, text: &Rope, offset: u32) -> Position {
        let offset = (offset as usize).min(text.len_bytes());
        let line = line_of(text, offset);
        let start = text.line_to_byte(line);
        let until = text.char_to_byte(text.byte_to_char(offset));
        let column = self.width(text.byte_slice(start..until));
        Position { line: line as u32, column: column as u32 }
    }

    /// The byte offset of a position. A column past the end of its line means the line's end before the line break, as
    /// the protocol asks; a line past the end means the end of the text; a column inside a character its start.
    pub fn offset(self, text: &Rope, position: Position) -> u32 {
        let line = position.line as usize;
        if line >= text.len_lines() {
            return text.len_bytes() as u32;
        }
        let start = text.line_to_byte(line);
        let content = without_break(text.line(line));
        let column = position.column as usize;
        let within = match self {
            Self::Utf8 => {
                let column = column.min(content.len_bytes());
                content.char_to_byte(content.byte_to_char(column))
            }
            Self::Utf16 => {
                let column = column.min(content.len_utf16_cu());
                content.char_to_byte(content.utf16_cu_to_char(column))
            }
            Self::Utf32 => content.char_to_byte(column.min(content.len_chars())),
        };
        (start + within) as u32
    }

    /// The range of a span.
    pub fn range(self, text: &Rope, span: Span) -> Range {
        Range { start: self.position(text, span.start), end: self.position(text, span.end) }
    }

    /// The span of a range; an inverted range counts as empty at its start.
    pub fn span(self, text: &Rope, range: Range) -> Span {
        let start = self.offset(text, range.start);
        Span::new(start, self.offset(text, range.end).max(start))
    }

    fn width(self, slice: RopeSlice<'_>) -> usize {
        match self {
            Self::Utf8 => slice.len_bytes(),
            Self::Utf16 => slice.len_utf16_cu(),
            Self::Utf32 => slice.len_chars(),
        }
    }
}

/// The line of a byte offset. A position between CR and LF belongs to the line that the pair ends.
fn line_of(text: &Rope, offset: usize) -> usize {
    text.byte_to_line(offset)
}

fn without_break(line: RopeSlice<'_>) -> RopeSlice<'_> {
    let chars = line.len_chars();
    let mut keep = chars;
    if keep > 0 && line.char(keep - 1) == '\n' {
        keep -= 1;
        if keep > 0 && line.char(keep - 1) == '\r' {
            keep -= 1;
        }
    } else if keep > 0 && line.char(keep - 1) == '\r' {
        keep -= 1;
    }
    line.slice(..keep)
}
