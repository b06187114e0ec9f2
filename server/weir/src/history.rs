//! Changes that overtook each other on their way from the editor.
//!
//! The protocol's version numbers grow with each change, but some clients (Helix 25.01) send changes side by side, so that one
//! arrives behind those that were made after it. Its place is where its number belongs: what came too early is taken back, and made
//! again behind it.

use crate::lsp::from_proto;
use ropey::Rope;
use std::collections::VecDeque;
use tower_lsp_server::ls_types::TextDocumentContentChangeEvent;
use weir_model::{Edit, PositionEncoding, Span};

/// How many changes one may be late. Those that overtake each other are written within a moment.
const LONGEST: usize = 32;

/// The last changes of a document.
#[derive(Default)]
pub(crate) struct History(VecDeque<Made>);

/// One change, and what the text was before it.
struct Made {
    version: i32,
    before: Rope,
    changes: Vec<TextDocumentContentChangeEvent>,
}

impl History {
    /// Makes a change of a text: gives the edits, each of the text that the one before it leaves. One that comes too late gives the one
    /// edit to what the text is with all changes in their order. A number that repeats comes behind its like; one that is older than
    /// what is remembered is made as it comes.
    pub(crate) fn make(
        &mut self,
        text: &Rope,
        encoding: PositionEncoding,
        version: i32,
        changes: &[TextDocumentContentChangeEvent],
    ) -> Vec<Edit> {
        let at = self.0.iter().position(|made| made.version > version);
        let at = at.filter(|&at| at > 0 || self.0.len() < LONGEST);
        let Some(at) = at else {
            let (edits, _) = apply(text.clone(), encoding, changes);
            self.remember(version, text.clone(), changes.to_vec());
            return edits;
        };
        let early: Vec<Made> = self.0.drain(at..).collect();
        let mut now = early[0].before.clone();
        let late = (version, changes.to_vec());
        let again = std::iter::once(late).chain(early.into_iter().map(|made| (made.version, made.changes)));
        for (version, changes) in again {
            let before = now.clone();
            (_, now) = apply(now, encoding, &changes);
            self.remember(version, before, changes);
        }
        vec![Edit::new(Span::new(0, text.len_bytes() as u32), now.to_string())]
    }

    /// The number of the change that was made last.
    pub(crate) fn last_version(&self) -> Option<i32> {
        self.0.back().map(|made| made.version)
    }

    fn remember(&mut self, version: i32, before: Rope, changes: Vec<TextDocumentContentChangeEvent>) {
        if self.0.len() == LONGEST {
            self.0.pop_front();
        }
        self.0.push_back(Made { version, before, changes });
    }
}

/// The edits of one message, and the text after them.
fn apply(mut text: Rope, encoding: PositionEncoding, changes: &[TextDocumentContentChangeEvent]) -> (Vec<Edit>, Rope) {
    let mut edits = Vec::with_capacity(changes.len());
    for change in changes {
        let edit = from_proto::edit(&text, encoding, change);
        let (start, end) = (edit.span.start as usize, edit.span.end as usize);
        let (from, to) = (text.byte_to_char(start), text.byte_to_char(end));
        text.remove(from..to);
        text.insert(from, &edit.text);
        edits.push(edit);
    }
    (edits, text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tower_lsp_server::ls_types::{Position, Range};

    /// Typed at a column of the first line.
    fn typed(column: u32, text: &str) -> Vec<TextDocumentContentChangeEvent> {
        let at = Position { line: 0, character: column };
        let range = Some(Range { start: at, end: at });
        vec![TextDocumentContentChangeEvent { range, range_length: None, text: text.to_owned() }]
    }

    fn text_after(arriving: &[(i32, Vec<TextDocumentContentChangeEvent>)]) -> String {
        let (mut history, mut text) = (History::default(), Rope::new());
        for (version, changes) in arriving {
            for edit in history.make(&text, PositionEncoding::Utf16, *version, changes) {
                let (from, to) =
                    (text.byte_to_char(edit.span.start as usize), text.byte_to_char(edit.span.end as usize));
                text.remove(from..to);
                text.insert(from, &edit.text);
            }
        }
        text.to_string()
    }

    #[test]
    fn what_arrives_in_any_order_is_made_in_the_order_of_its_numbers() {
        let word: Vec<_> = (0..6).map(|at| (at + 1, typed(at as u32, &"select"[at as usize..=at as usize]))).collect();
        for order in [[0, 1, 2, 3, 4, 5], [1, 0, 2, 3, 5, 4], [0, 3, 1, 2, 5, 4], [5, 4, 3, 2, 1, 0]] {
            let arriving: Vec<_> = order.iter().map(|&at: &usize| word[at].clone()).collect();
            assert_eq!(text_after(&arriving), "select", "{order:?}");
        }
    }

    #[test]
    fn an_old_text_does_not_take_the_place_of_a_new_one() {
        let whole = |text: &str| {
            vec![TextDocumentContentChangeEvent { range: None, range_length: None, text: text.to_owned() }]
        };
        assert_eq!(text_after(&[(1, whole("a")), (3, whole("c")), (2, whole("b"))]), "c");
    }

    #[test]
    fn numbers_that_repeat_are_made_as_they_come() {
        assert_eq!(text_after(&[(1, typed(0, "a")), (1, typed(1, "b")), (1, typed(2, "c"))]), "abc");
    }

    #[test]
    fn a_document_of_any_length_is_remembered_for_a_while_only() {
        let many: Vec<_> = (0..100).map(|at| (at + 2, typed(at as u32, "x"))).collect();
        let mut late = many.clone();
        late.push((1, typed(0, "y")));
        assert_eq!(text_after(&late).len(), 101);
    }
}
