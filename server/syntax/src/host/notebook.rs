//! Notebooks on disk: the cells of code in one language are one program, in their order.
//!
//! Read is what Jupyter writes (`nbformat` 4, and 3, which has sheets of cells). A cell's text is a string or a list of strings that
//! follow each other; what stands between these in the file is no part of it.

use super::json::{self, Value};
use super::projection::{Projection, When, Writer};
use weir_model::{Cell, Cells, Language, Span, notebook};

/// A cell of code with its language.
struct Code {
    language: Language,
    cell: Cell,
}

/// The programs in a notebook; where the text is no JSON, that place.
pub(super) fn programs(text: &str) -> Result<Vec<Projection>, u32> {
    let cells = codes(text)?;
    let mut languages: Vec<Language> = Vec::new();
    for code in &cells {
        if !languages.contains(&code.language) {
            languages.push(code.language);
        }
    }
    let program = |language| {
        let own = cells.iter().filter(|code| code.language == language);
        let own = own.filter(|code| !notebook::is_apart(language, &code.cell.text));
        let mut writer = Writer::escaped(text, language);
        own.for_each(|code| write(&mut writer, &code.cell));
        writer
    };
    let written = languages.into_iter().map(program).filter(|writer| !writer.is_empty());
    Ok(written.map(Writer::finish).collect())
}

/// The cells of code in a language that Weir reads; none where the text is no JSON.
pub(super) fn cells(text: &str) -> Cells {
    Cells(codes(text).unwrap_or_default().into_iter().map(|code| code.cell).collect())
}

/// A cell, and a line break of its own behind it.
fn write(writer: &mut Writer<'_>, cell: &Cell) {
    for (at, stretch) in cell.stretches.iter().enumerate() {
        if stretch.is_plain {
            writer.copy(When::Now, stretch.file);
        } else {
            let end = cell.stretches.get(at + 1).map_or(cell.text.len(), |next| next.at as usize);
            writer.escape(&cell.text[stretch.at as usize..end], stretch.file);
        }
    }
    if let Some(last) = cell.stretches.last() {
        writer.put(When::Now, "\n", Span::new(last.file.end, last.file.end));
    }
}

fn codes(text: &str) -> Result<Vec<Code>, u32> {
    let whole = json::read(text)?;
    let book = Book { text };
    let kernel = book.kernel(&whole);
    let sheets = book.get(&whole, "worksheets").map(items).unwrap_or_default();
    let cells = std::iter::once(&whole).chain(sheets).filter_map(|sheet| book.get(sheet, "cells")).flat_map(items);
    let code = |(number, cell)| {
        let is_code = book.get(cell, "cell_type").is_some_and(|kind| book.is(kind, "code"));
        let language = book.language(cell, kernel).filter(|_| is_code)?;
        let source = book.get(cell, "source").or_else(|| book.get(cell, "input"))?;
        Some(Code { language, cell: book.cell(number, source) })
    };
    Ok((1..).zip(cells).filter_map(code).collect())
}

/// A notebook that is read.
struct Book<'t> {
    text: &'t str,
}

impl Book<'_> {
    /// The language of the kernel: none if Weir does not read it. Where nothing is said of it, it is the one that notebooks were
    /// made for.
    fn kernel(&self, whole: &Value) -> Option<Language> {
        let said = |part: &str, key: &str| self.get(self.get(self.get(whole, "metadata")?, part)?, key);
        let named = said("language_info", "name").or_else(|| said("kernelspec", "language"));
        match named.or_else(|| said("kernelspec", "name")) {
            Some(name) => self.named(name),
            None => Some(Language::Python),
        }
    }

    /// The language of a cell: its own if it says one, else the kernel's.
    fn language(&self, cell: &Value, kernel: Option<Language>) -> Option<Language> {
        let editor = || self.get(self.get(self.get(cell, "metadata")?, "vscode")?, "languageId");
        match editor().or_else(|| self.get(cell, "language")) {
            Some(name) => self.named(name),
            None => kernel,
        }
    }

    fn named(&self, name: &Value) -> Option<Language> {
        let name = self.string(name)?.to_ascii_lowercase();
        // `python3`, `ir`, `ipython`
        let name = name.trim_end_matches(|c: char| c.is_ascii_digit());
        let name = name.strip_prefix('i').filter(|rest| *rest == "python").unwrap_or(name);
        Language::from_lsp_id(name).filter(|language| notebook::LANGUAGES.contains(language))
    }

    /// The value of a key; of several with the same, the last.
    fn get<'v>(&self, object: &'v Value, key: &str) -> Option<&'v Value> {
        let Value::Object(entries) = object else { return None };
        entries.iter().rfind(|(name, _)| self.decoded(*name) == key).map(|(_, value)| value)
    }

    fn is(&self, value: &Value, text: &str) -> bool {
        self.string(value).is_some_and(|string| string == text)
    }

    fn string(&self, value: &Value) -> Option<String> {
        match value {
            Value::String(span) => Some(self.decoded(*span)),
            _ => None,
        }
    }

    fn decoded(&self, string: Span) -> String {
        let mut out = String::new();
        json::unescape(self.text, string, |span, character| match character {
            Some(character) => out.push(character),
            None => out.push_str(span.text(self.text)),
        });
        out
    }

    fn cell(&self, number: u32, source: &Value) -> Cell {
        let mut cell = Cell { number, text: String::new(), stretches: Vec::new() };
        let strings = match source {
            Value::String(_) => std::slice::from_ref(source),
            source => items(source),
        };
        for string in strings {
            if let Value::String(string) = string {
                json::unescape(self.text, *string, |file, character| {
                    let at = cell.text.len() as u32;
                    cell.stretches.push(weir_model::notebook::Stretch { at, file, is_plain: character.is_none() });
                    match character {
                        Some(character) => cell.text.push(character),
                        None => cell.text.push_str(file.text(self.text)),
                    }
                });
            }
        }
        cell
    }
}

fn items(value: &Value) -> &[Value] {
    match value {
        Value::Array(values) => values,
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use weir_model::Edit;

    fn notebook(metadata: &str, cells: &str) -> String {
        format!("{{\"metadata\": {metadata}, \"cells\": [{cells}], \"nbformat\": 4}}")
    }

    fn told(text: &str) -> Vec<(Language, String)> {
        let programs = programs(text).expect("JSON");
        programs.into_iter().map(|program| (program.language, program.text)).collect()
    }

    #[test]
    fn cells_of_a_language_are_one_program() {
        let cells = r#"
            {"cell_type": "markdown", "source": ["x = 0"]},
            {"cell_type": "code", "source": ["a = 1\n", "b = 2"], "outputs": [{"source": ["x"]}]},
            {"cell_type": "code", "source": "%%bash\nls"},
            {"source": "c = \"\u00e9\"\n", "cell_type": "code"},
            {"cell_type": "code", "source": []},
            {"cell_type": "code", "source": "let d", "metadata": {"vscode": {"languageId": "javascript"}}},
            {"cell_type": "code", "source": "SELECT", "metadata": {"vscode": {"languageId": "sql"}}}"#;
        let python = (Language::Python, "a = 1\nb = 2\nc = \"é\"\n\n".to_owned());
        let javascript = (Language::JavaScript, "let d\n".to_owned());
        assert_eq!(told(&notebook("{}", cells)), [python, javascript]);
        let numbers = super::cells(&notebook("{}", cells)).0.iter().map(|cell| cell.number).collect::<Vec<_>>();
        assert_eq!(numbers, [2, 3, 4, 5, 6]);
    }

    #[test]
    fn the_kernel_says_the_language() {
        let cells = r#"{"cell_type": "code", "source": "f(x)"}"#;
        for (metadata, expected) in [
            ("{}", Some(Language::Python)),
            (r#"{"language_info": {"name": "python"}}"#, Some(Language::Python)),
            (r#"{"language_info": {"name": "ipython"}}"#, Some(Language::Python)),
            (r#"{"kernelspec": {"name": "python3"}}"#, Some(Language::Python)),
            (r#"{"kernelspec": {"name": "x", "language": "Java"}}"#, Some(Language::Java)),
            (
                r#"{"kernelspec": {"language": "x"}, "language_info": {"name": "typescript"}}"#,
                Some(Language::TypeScript),
            ),
            (r#"{"language_info": {"name": "R"}, "kernelspec": {"language": "python"}}"#, None),
            (r#"{"kernelspec": {"name": "ir"}}"#, None),
            (r#"{"language_info": 3}"#, Some(Language::Python)),
        ] {
            let told = told(&notebook(metadata, cells)).first().map(|(language, _)| *language);
            assert_eq!(told, expected, "{metadata}");
        }
        let sheets =
            r#"{"worksheets": [{"cells": [{"cell_type": "code", "language": "ruby", "input": ["f", "(x)"]}]}]}"#;
        assert_eq!(told(sheets), [(Language::Ruby, "f(x)\n".to_owned())]);
    }

    #[test]
    fn what_is_no_notebook_holds_no_program() {
        for text in ["[]", "3", r#"{"cells": {}}"#, r#"{"cells": [3, {"cell_type": "code", "source": 3}]}"#] {
            assert_eq!(told(text), []);
        }
        assert_eq!(programs("{\"cells\": [").err(), Some(11));
    }

    /// A string of JSON, each character written in one of the ways there are.
    fn written(characters: &[(char, u8)]) -> String {
        let mut out = String::from("\"");
        for &(character, way) in characters {
            let mut units = [0; 2];
            match way {
                0 => character.encode_utf16(&mut units).iter().for_each(|unit| out += &format!("\\u{unit:04X}")),
                _ => out += &json::escaped(character.encode_utf8(&mut [0; 4])),
            }
        }
        out + "\""
    }

    fn characters() -> impl Strategy<Value = Vec<(char, u8)>> {
        prop::collection::vec((prop_oneof![any::<char>(), prop::char::range(' ', '~'), Just('\n')], 0..4u8), 0..12)
    }

    proptest! {
        /// Every character of a program is where the page has it, in both directions, and can be replaced there.
        #[test]
        fn every_character_maps_back(cells in prop::collection::vec(prop::collection::vec(characters(), 0..4), 0..4)) {
            let sources = cells.iter().map(|strings| {
                let strings: Vec<String> = strings.iter().map(|string| written(string)).collect();
                format!("{{\"cell_type\": \"code\", \"source\": [\n {}\n]}}", strings.join(",\n  "))
            });
            let page = notebook("{}", &sources.collect::<Vec<_>>().join(", "));
            let plain: Vec<String> = cells.iter().map(|strings| strings.iter().flatten().map(|&(c, _)| c).collect()).collect();
            let all = super::cells(&page);
            prop_assert_eq!(all.0.iter().map(|cell| cell.text.clone()).collect::<Vec<_>>(), plain.clone());
            let expected: String = plain.iter().filter(|text| !text.is_empty() && !notebook::is_apart(Language::Python, text))
                .flat_map(|text| [text.as_str(), "\n"]).collect();
            let programs = programs(&page).expect("JSON");
            prop_assert_eq!(programs.iter().map(|program| program.text.as_str()).collect::<String>(), expected.clone());
            let Some(Projection { text, map, .. }) = programs.into_iter().next() else { return Ok(()) };
            let mut breaks = Vec::new();
            for own in plain.iter().filter(|text| !text.is_empty() && !notebook::is_apart(Language::Python, text)) {
                breaks.push(breaks.last().map_or(0, |last| last + 1) + own.len());
            }
            let mut before = 0;
            for (at, character) in text.char_indices() {
                let span = Span::from(at..at + character.len_utf8());
                let place = map.span(span);
                if breaks.contains(&at) {
                    prop_assert_eq!(map.edit(&Edit::new(span, "x"), &text), None);
                    continue;
                }
                prop_assert!(place.start >= before);
                before = place.end;
                let mut held = String::new();
                json::unescape(&page, place, |span, escape| match escape {
                    Some(escape) => held.push(escape),
                    None => held.push_str(span.text(&page)),
                });
                prop_assert_eq!(held, character.to_string());
                prop_assert_eq!(map.within(place), Some(span));
                prop_assert_eq!(map.edit(&Edit::new(span, ""), &text), Some(Edit::new(place, "")));
                let (cell, inside) = all.find(place).expect("in a cell");
                prop_assert_eq!(inside.text(&cell.text), character.to_string());
            }
            // A stretch within a cell can be replaced, and then the cells say what the program would.
            let Some(&end) = breaks.first() else { return Ok(()) };
            let middle = (0..=end / 2).rev().find(|&at| text.is_char_boundary(at)).unwrap_or_default();
            for span in [Span::from(0..middle), Span::from(middle..end), Span::from(0..0), Span::from(end..end)] {
                let edit = map.edit(&Edit::new(span, "%x\"\n\\é"), &text).expect("one cell");
                let mut changed = page.clone();
                changed.replace_range(edit.span.range(), &edit.text);
                let mut all = super::cells(&changed);
                let mut wanted = text[..end].to_owned();
                wanted.replace_range(span.range(), "%x\"\n\\é");
                all.0.retain(|cell| !cell.text.is_empty());
                prop_assert_eq!(all.0.iter().any(|cell| cell.text == wanted), true);
            }
        }
    }
}
