//! Notebooks on disk: cells of code, and where in the file each character of them stands.

use crate::{Language, Span};
use serde::{Deserialize, Serialize};

/// The languages that kernels run and Weir reads.
pub const LANGUAGES: [Language; 6] =
    [Language::Python, Language::JavaScript, Language::TypeScript, Language::Ruby, Language::Java, Language::Elixir];

/// `IPython`'s commands for whole cells after which the rest of the cell is ordinary code; after any other (`%%bash`, `%%html`,
/// `%%writefile`) it is something else.
const ABOUT_CODE: [&str; 6] = ["capture", "debug", "memit", "prun", "time", "timeit"];

/// Whether a cell's text is no part of the program that the cells of its language are.
pub fn is_apart(language: Language, text: &str) -> bool {
    let Some(command) = text.trim_start().strip_prefix("%%").filter(|_| language == Language::Python) else {
        return false;
    };
    let name = command.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
    !ABOUT_CODE.contains(&name)
}

/// The cells of code of a notebook on disk, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cells(pub Vec<Cell>);

/// A cell of code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// Its number among all cells of the notebook, those of text included, from one.
    pub number: u32,
    /// What is written in it.
    pub text: String,
    /// Where that stands in the file: stretches that follow each other without gaps in the cell, and with gaps in the file.
    pub stretches: Vec<Stretch>,
}

/// A stretch of a cell's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stretch {
    /// Where it begins in the cell.
    pub at: u32,
    /// Where it stands in the file.
    pub file: Span,
    /// It stands there as it is; else it is one character, and that is written as an escape.
    pub is_plain: bool,
}

impl Cells {
    /// The cell that a span of the file stands in, and where in the cell.
    pub fn find(&self, span: Span) -> Option<(&Cell, Span)> {
        self.0.iter().find_map(|cell| Some((cell, cell.within(span)?)))
    }
}

impl Cell {
    /// Where a span of the file stands in the cell; `None` if it begins or ends outside.
    pub fn within(&self, span: Span) -> Option<Span> {
        let start = self.stretches.iter().find(|stretch| span.start < stretch.file.end).or(self.stretches.last())?;
        let end = self.stretches.iter().rfind(|stretch| stretch.file.start < span.end).or(self.stretches.first())?;
        let first = self.stretches.first()?.file.start;
        let last = self.stretches.last()?.file.end;
        let start = self.at(start, span.start, false);
        let end = self.at(end, span.end, true).max(start);
        (first <= span.start && span.end <= last).then_some(Span::new(start, end))
    }

    /// A place of a stretch in the cell; one in the middle of an escape is where that ends, or begins.
    fn at(&self, stretch: &Stretch, file: u32, is_end: bool) -> u32 {
        let into = file.clamp(stretch.file.start, stretch.file.end) - stretch.file.start;
        match stretch.is_plain {
            true => stretch.at + into,
            false if into > 0 && (is_end || file >= stretch.file.end) => self.end_of(stretch),
            false => stretch.at,
        }
    }

    fn end_of(&self, stretch: &Stretch) -> u32 {
        let next = self.stretches.partition_point(|other| other.at <= stretch.at);
        self.stretches.get(next).map_or(self.text.len() as u32, |next| next.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_run_as_the_rest_is_part_of_the_program() {
        for (language, text, expected) in [
            (Language::Python, "x = 1", false),
            (Language::Python, "%matplotlib inline\n", false),
            (Language::Python, "%%time\nx = 1", false),
            (Language::Python, "\n%%capture --no-stderr out\nx = 1", false),
            (Language::Python, "%%bash\nls", true),
            (Language::Python, "%%timer\nls", true),
            (Language::Python, "%% time", true),
            (Language::Ruby, "%%bash", false),
        ] {
            assert_eq!(is_apart(language, text), expected, "{text}");
        }
    }

    #[test]
    fn a_place_of_the_file_is_one_of_a_cell() {
        // `["a\n", "bé"]` from byte 10 on: the quotes and the comma are none of the cell.
        let stretch = |at, start, end, is_plain| Stretch { at, file: Span::new(start, end), is_plain };
        let stretches = vec![stretch(0, 12, 13, true), stretch(1, 13, 15, false), stretch(2, 19, 22, true)];
        let cells = Cells(vec![Cell { number: 3, text: "a\nbé".to_owned(), stretches }]);
        let told =
            |start, end| cells.find(Span::new(start, end)).map(|(cell, span)| (cell.number, span.text(&cell.text)));
        assert_eq!(told(12, 13), Some((3, "a")));
        assert_eq!(told(12, 15), Some((3, "a\n")));
        assert_eq!(told(12, 22), Some((3, "a\nbé")));
        assert_eq!(told(20, 22), Some((3, "é")));
        assert_eq!(told(19, 19), Some((3, "")));
        assert_eq!(told(22, 22), Some((3, "")));
        assert_eq!(told(11, 13), None);
        assert_eq!(told(19, 23), None);
    }
}
