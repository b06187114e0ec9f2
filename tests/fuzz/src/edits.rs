//! Edits.

#[path = "../../../server/analysis/tests/analysis/incremental/gesture.rs"]
mod gesture;
#[path = "../../../server/analysis/tests/analysis/incremental/typist.rs"]
mod typist;

use crate::run;
use arbitrary::{Arbitrary, Result, Unstructured};
use gesture::{Edge, Gesture, Place, Region, Text};
use typist::Typist;
use weir_model::Format;
use weir_syntax::{Limits, Source};

/// More in one session are no likelier to fail and slower.
const MOST_STEPS: usize = 12;

/// A text, what is done to it, and when somebody looks.
#[derive(Debug)]
pub struct Session {
    format: Format,
    seed: u16,
    steps: Vec<Step>,
}

#[derive(Debug)]
struct Step {
    gesture: Gesture,
    top_down: bool,
    /// The edits come all at once.
    burst: bool,
    settle: bool,
}

/// Any edits of real code: what follows them is what the text alone gives.
pub fn edits(session: &Session) {
    let seeds: Vec<&str> = run::samples(session.format).iter().map(String::as_str).collect();
    let mut typist = Typist::new(session.format, &seeds, session.seed);
    let mut source = run::parse(session.format, typist.text());
    for step in &session.steps {
        typist.top_down = step.top_down;
        let batches = typist.perform(&step.gesture);
        if step.burst {
            source.edit(&batches.concat(), Limits::NONE);
        } else {
            batches.iter().for_each(|edits| source.edit(edits, Limits::NONE));
        }
        assert_eq!(source.text(), typist.text());
        if step.settle {
            source.settle(Limits::NONE);
        }
        compare(&source);
    }
}

fn compare(source: &Source) {
    run::check(source);
    let Some(kept) = run::analyze(&run::SHIPPED, source) else { return };
    if !source.is_settled() {
        return;
    }
    let scratch = run::parse(source.format(), source.text());
    let (parts, fresh) = (source.parts(), scratch.parts());
    let same = parts.iter().zip(&fresh).all(|(one, other)| (one.text, one.tree) == (other.text, other.tree));
    assert!(parts.len() == fresh.len() && same, "trees differ");
    assert_eq!(source.notes(), scratch.notes());
    if let Some(fresh) = run::analyze(&run::SHIPPED, &scratch) {
        assert_eq!(kept.findings, fresh.findings);
    }
}

impl<'a> Arbitrary<'a> for Session {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let format = *u.choose(&run::FORMATS)?;
        let seed = u.arbitrary()?;
        let mut steps = Vec::new();
        while steps.len() < MOST_STEPS && !u.is_empty() {
            steps.push(Step {
                gesture: gesture(u)?,
                top_down: u.arbitrary()?,
                burst: u.arbitrary()?,
                settle: u.arbitrary()?,
            });
        }
        Ok(Self { format, seed, steps })
    }
}

fn gesture(u: &mut Unstructured<'_>) -> Result<Gesture> {
    Ok(match u.int_in_range(0..=17u8)? {
        0 => Gesture::Type { at: place(u)?, text: text(u)? },
        1 => Gesture::Insert { at: place(u)?, text: text(u)? },
        2 => Gesture::Delete { at: place(u)?, length: u.arbitrary()? },
        3 => Gesture::Backspace { at: place(u)?, count: u.arbitrary()? },
        4 => Gesture::DeleteLines { at: place(u)?, lines: u.arbitrary()? },
        5 => Gesture::DeleteBlock { at: place(u)? },
        6 => Gesture::MoveLines { from: place(u)?, lines: u.arbitrary()?, to: place(u)? },
        7 => Gesture::MoveBlock { from: place(u)?, to: place(u)? },
        8 => Gesture::Rename { word: place(u)?, to: text(u)?, all: u.arbitrary()? },
        9 => Gesture::Assign { at: place(u)?, text: text(u)? },
        10 => Gesture::ToggleComment { at: place(u)?, lines: u.arbitrary()? },
        11 => Gesture::Indent { at: place(u)?, lines: u.arbitrary()?, deeper: u.arbitrary()? },
        12 => Gesture::Cursors { at: vec![place(u)?, place(u)?, place(u)?], text: text(u)? },
        13 => Gesture::Replace(u.arbitrary()?),
        14 => Gesture::Reformat,
        15 => Gesture::LineEnds,
        16 => Gesture::Undo(u.arbitrary()?),
        _ => Gesture::Redo(u.arbitrary()?),
    })
}

fn place(u: &mut Unstructured<'_>) -> Result<Place> {
    let region = *u.choose(&[Region::Any, Region::Imports, Region::Constants, Region::Nested])?;
    let edge = *u.choose(&[Edge::Here, Edge::Word, Edge::WordEnd, Edge::Line, Edge::LineEnd])?;
    Ok(Place { region, at: u.arbitrary()?, edge })
}

fn text(u: &mut Unstructured<'_>) -> Result<Text> {
    Ok(match u.int_in_range(0..=3u8)? {
        0 => Text::Fragment(u.arbitrary()?),
        1 => Text::Word(place(u)?),
        2 => Text::Lines { from: place(u)?, lines: u.arbitrary()? },
        _ => Text::Elsewhere { seed: u.arbitrary()?, from: u.arbitrary()?, lines: u.arbitrary()? },
    })
}
