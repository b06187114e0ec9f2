//! What a worker says is not believed before it is looked at.
//!
//! A worker parses what anybody may have written, and may be another machine's. Whoever shows findings slices texts by their
//! places and applies their edits; so what names places that the text does not have is left out here, once for all of them,
//! and what answers another question than was asked is no answer.

use ropey::Rope;
use std::borrow::Cow;
use weir_model::notebook::Stretch;
use weir_model::{Answer, Cells, Edit, Explanation, Finding, Hint, MarkPlace, Note, NoteKind, Question, Reason, Span};

/// A text that a worker was given.
pub(super) enum Given<'a> {
    Document(&'a Rope),
    File(Cow<'a, str>),
}

impl<'a> Given<'a> {
    /// A file, which workers read in the same way.
    pub(super) fn file(bytes: &'a [u8]) -> Self {
        Self::File(String::from_utf8_lossy(bytes))
    }

    fn len(&self) -> usize {
        match self {
            Self::Document(rope) => rope.len_bytes(),
            Self::File(text) => text.len(),
        }
    }

    fn is_boundary(&self, at: u32) -> bool {
        let at = at as usize;
        match self {
            _ if at > self.len() => false,
            // Of plain ASCII, which most code is, nothing need be looked for: this is done at every keystroke.
            Self::Document(rope) if rope.len_chars() == rope.len_bytes() => true,
            Self::Document(rope) => {
                let (chunk, start, ..) = rope.chunk_at_byte(at);
                chunk.is_char_boundary(at - start)
            }
            Self::File(text) => text.is_char_boundary(at),
        }
    }

    fn has(&self, span: Span) -> bool {
        span.start <= span.end && self.is_boundary(span.start) && self.is_boundary(span.end)
    }

    /// Whether all edits are of this text, sorted and apart.
    fn takes(&self, edits: &[Edit]) -> bool {
        edits.iter().all(|edit| self.has(edit.span))
            && edits.windows(2).all(|pair| pair[0].span.end <= pair[1].span.start)
    }

    fn has_finding(&self, finding: &Finding) -> bool {
        let steps = finding.trace.iter().flat_map(|trace| &trace.steps).map(|step| step.span);
        let bound = finding.metavars.iter().map(|(_, value)| value.span);
        let mark = finding.suppressed.iter().filter_map(|suppressed| match suppressed.place {
            MarkPlace::Text(span) => Some(span),
            MarkPlace::File { .. } => None,
        });
        self.has(finding.span)
            && steps.chain(bound).chain(mark).all(|span| self.has(span))
            && finding.fix.iter().all(|fix| self.takes(&fix.edits))
            && finding.ignore.iter().all(|edit| self.has(edit.span))
    }

    fn has_explanation(&self, explanation: &Explanation) -> bool {
        fn all<'r>(reasons: &'r [Reason], is_so: &dyn Fn(&'r Reason) -> bool) -> bool {
            reasons.iter().all(|reason| is_so(reason) && all(&reason.below, is_so))
        }
        self.has(explanation.span)
            && explanation.findings.iter().all(|finding| self.has_finding(finding))
            && all(&explanation.reasons, &|reason| {
                reason
                    .places
                    .iter()
                    .all(|place| self.has(place.span) && place.metavars.iter().all(|(_, value)| self.has(value.span)))
            })
    }

    /// Leaves out what names a place that the text does not have, and says so.
    pub(super) fn vet(&self, findings: &mut Vec<Finding>, hints: &mut Vec<Hint>, notes: &mut Vec<Note>) {
        let before = findings.len() + hints.len();
        findings.retain(|finding| self.has_finding(finding));
        hints.retain(|hint| self.has(hint.span) && self.takes(&hint.removal));
        let left_out = before - findings.len() - hints.len();
        for note in notes.iter_mut() {
            note.span = note.span.filter(|span| self.has(*span));
        }
        if left_out > 0 {
            notes.push(misplaced(format!(
                "{left_out} findings name places that are not in this text, and are left out"
            )));
        }
    }

    /// Whether the cells of a notebook can be what a worker says they are.
    pub(super) fn has_cells(&self, cells: &Cells) -> bool {
        cells.0.iter().all(|cell| {
            let ends = cell.stretches.iter().skip(1).map(|next| next.at as usize).chain([cell.text.len()]);
            let apart = |pair: &[Stretch]| pair[0].file.end <= pair[1].file.start;
            cell.stretches.windows(2).all(apart)
                && cell.stretches.iter().zip(ends).all(|(stretch, end)| {
                    // What stands there as it is is as long here as there.
                    let written = cell.text.get(stretch.at as usize..end);
                    self.has(stretch.file)
                        && written.is_some_and(|text| !stretch.is_plain || text.len() == stretch.file.len() as usize)
                })
        })
    }

    /// The answer, if it is one to this question and of this text.
    pub(super) fn vet_answer(
        &self,
        question: &Question,
        answer: Option<Answer>,
        notes: &mut Vec<Note>,
    ) -> Option<Answer> {
        let answer = answer?;
        if self.is_answer(question, &answer) {
            return Some(answer);
        }
        notes.push(misplaced("the answer to a question is none, and is left out".to_owned()));
        None
    }

    fn is_answer(&self, question: &Question, answer: &Answer) -> bool {
        match (question, answer) {
            (Question::Of(_, question), answer) => self.is_answer(question, answer),
            (Question::Line(_), Answer::Line(explanations)) => explanations.iter().all(|of| self.has_explanation(of)),
            (Question::Repairs(repairs), Answer::Repairs(mended)) => repairs.len() == mended.len(),
            (Question::Together(repairs), Answer::Together(places)) => {
                places.iter().all(|&place| (place as usize) < repairs.len()) && places.is_sorted_by(|a, b| a < b)
            }
            (Question::Surroundings(findings), Answer::Surroundings(around)) => findings.len() == around.len(),
            (Question::Findings, Answer::Findings(findings)) => findings.iter().all(|of| self.has_finding(of)),
            (Question::RuleFile, Answer::RuleFile(file)) => {
                file.marks.iter().all(|mark| self.has(mark.span)) && file.rules.iter().all(|rule| self.has(rule.span))
            }
            (Question::RuleCursor(_), Answer::RuleCursor(cursor)) => {
                self.has(cursor.replace) && cursor.hover.iter().all(|hover| self.has(hover.span))
            }
            (Question::Shape(_), Answer::Shape(shape)) => shape.iter().all(|shape| self.has(shape.span)),
            _ => false,
        }
    }
}

fn misplaced(message: String) -> Note {
    Note { kind: NoteKind::Panic, span: None, rule_id: None, message }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use weir_model::{Cell, Fix, MetavarValue, Severity, Step, StepKind, Trace};

    const TEXT: &str = "os.system(\"é𝔘\" + name)\n";

    fn spans() -> impl Strategy<Value = Span> {
        (0..40_u32, 0..40_u32).prop_map(|(start, end)| Span::new(start, end))
    }

    fn finding(spans: &[Span]) -> Finding {
        let edits: Vec<Edit> = spans[3..5].iter().map(|&span| Edit::new(span, "x")).collect();
        Finding {
            rule_id: "rule".into(),
            message: String::new(),
            severity: Severity::Error,
            span: spans[0],
            metavars: vec![("$X".to_owned(), MetavarValue { span: spans[1], content: String::new(), constant: None })],
            trace: Some(Trace { steps: vec![Step { span: spans[2], kind: StepKind::Sink }] }),
            fix: Some(Fix { edits }),
            suppressed: None,
            ignore: Some(Edit::new(spans[5], "# nosemgrep")),
            fingerprint: String::new(),
        }
    }

    proptest! {
        #[test]
        fn what_is_left_can_be_sliced_and_nothing_else_is_left_out(
            spans in prop::collection::vec(spans(), 6),
            in_order in any::<bool>(),
            text in prop_oneof![Just(TEXT), Just("os.system('ls ' + name)\n")],
        ) {
            let mut spans = spans;
            if in_order {
                // Otherwise hardly any would fit.
                let ends: Vec<u32> = (0..=text.len() as u32).filter(|&at| text.is_char_boundary(at as usize)).collect();
                for span in &mut spans {
                    *span = Span::new(ends[span.start as usize % ends.len()], ends[span.end as usize % ends.len()]);
                }
            }
            let fits = spans.iter().all(|span| text.get(span.range()).is_some()) && spans[3].end <= spans[4].start;
            for given in [Given::Document(&Rope::from_str(text)), Given::file(text.as_bytes())] {
                let (mut findings, mut notes) = (vec![finding(&spans)], Vec::new());
                given.vet(&mut findings, &mut Vec::new(), &mut notes);
                prop_assert_eq!(findings.len(), usize::from(fits), "{:?}", spans);
                prop_assert_eq!(notes.len(), usize::from(!fits));
            }
        }

        #[test]
        fn cells_that_are_believed_can_be_asked_for_every_place(
            stretches in prop::collection::vec((0..30_u32, spans(), any::<bool>()), 0..4),
            text in ".{0,12}",
            at in spans(),
        ) {
            let stretches = stretches.into_iter().map(|(at, file, is_plain)| Stretch { at, file, is_plain }).collect();
            let cells = Cells(vec![Cell { number: 1, text, stretches }]);
            let given = Given::file(TEXT.as_bytes());
            if given.has_cells(&cells) && given.has(at) && let Some((cell, within)) = cells.find(at) {
                prop_assert!(within.start <= within.end && within.end as usize <= cell.text.len());
            }
        }
    }

    #[test]
    fn cells_are_believed_if_they_can_be_those_of_the_notebook() {
        let given = Given::file(br#"["x = 1\n", "y"]"#);
        let stretches = [(0, (2, 7), true), (5, (7, 9), false), (6, (13, 14), true)];
        let cells = |text: &str, change: &dyn Fn(&mut Vec<Stretch>)| {
            let stretch = |&(at, (start, end), is_plain)| Stretch { at, file: Span::new(start, end), is_plain };
            let mut stretches = stretches.iter().map(stretch).collect();
            change(&mut stretches);
            Cells(vec![Cell { number: 1, text: text.to_owned(), stretches }])
        };
        let believed = |text: &str, change: &dyn Fn(&mut Vec<Stretch>)| given.has_cells(&cells(text, change));
        assert!(believed("x = 1\ny", &|_| ()));
        let found = cells("x = 1\ny", &|_| ()).find(Span::new(13, 14)).map(|(_, within)| within);
        assert_eq!(found, Some(Span::new(6, 7)));
        assert!(!believed("x = 1\nyz", &|_| ()), "longer than what is written");
        assert!(!believed("x = 1\ny", &|all| all.swap(0, 1)), "out of order");
        assert!(!believed("x = 1\ny", &|all| all[2].at = u32::MAX), "outside of the cell");
        assert!(!believed("x = 1\ny", &|all| all[2].file.end = 99), "outside of the file");
        assert!(!believed("x = 1\ny", &|all| all[1].file.start = 3), "one over the other");
    }

    #[test]
    fn an_answer_to_another_question_is_none() {
        let given = Given::file(TEXT.as_bytes());
        let repair = weir_model::Repair { rule_id: "rule".into(), edits: Vec::new() };
        let together = Question::Together(vec![repair.clone(), repair]);
        let shape = |end| {
            let (span, language, tree) = (Span::new(0, end), String::new(), String::new());
            Answer::Shape(Some(weir_model::Shape { span, language, tree }))
        };
        let rows = [
            (Question::Findings, Answer::Findings(Vec::new()), true),
            (Question::Findings, Answer::Repairs(Vec::new()), false),
            (together.clone(), Answer::Together(vec![0, 1]), true),
            (together.clone(), Answer::Together(vec![1, 1]), false),
            (together.clone(), Answer::Together(vec![0, 2]), false),
            (together, Answer::Repairs(Vec::new()), false),
            (Question::Shape(Span::new(0, 1)), shape(9), true),
            (Question::Shape(Span::new(0, 1)), shape(99), false),
        ];
        for (question, answer, is_one) in rows {
            let mut notes = Vec::new();
            let left = given.vet_answer(&question, Some(answer.clone()), &mut notes);
            assert_eq!((left.is_some(), notes.len()), (is_one, usize::from(!is_one)), "{question:?} {answer:?}");
        }
    }
}
