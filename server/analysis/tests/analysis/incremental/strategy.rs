//! What a person does to a text, drawn at random, more often what is done more often.

use super::gesture::{Edge, FRAGMENTS, Gesture, Place, Region, Text};
use proptest::prelude::*;

/// One gesture, and what the editor makes of it.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) gesture: Gesture,
    pub(crate) tempo: Tempo,
    /// Several edits at once come in the order of the text; else from its end on, as most editors send them.
    pub(crate) top_down: bool,
    pub(crate) then: Then,
    /// Where the code is broken then, it is made as it was.
    pub(crate) mends: bool,
}

/// How the edits of one gesture arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tempo {
    /// One by one, each answered.
    Slow,
    /// One by one, none answered but the last.
    Fast,
    /// All at once.
    Burst,
}

/// What comes before the next gesture.
#[derive(Clone, Debug)]
pub(crate) enum Then {
    /// Nothing: the next edit is there already.
    TypeOn,
    /// An analysis that a newer text calls off.
    CallOff { after: u32 },
    /// An analysis.
    Analyze,
    /// A text that does not parse is settled first.
    Rest,
}

pub(crate) fn step() -> impl Strategy<Value = Step> {
    let tempo = prop_oneof![Just(Tempo::Burst), Just(Tempo::Fast), Just(Tempo::Slow)];
    let then = prop_oneof![
        4 => Just(Then::Rest),
        3 => Just(Then::Analyze),
        1 => Just(Then::TypeOn),
        2 => (0u32..120).prop_map(|after| Then::CallOff { after }),
    ];
    (gesture(), tempo, any::<bool>(), then, prop::bool::weighted(0.7))
        .prop_map(|(gesture, tempo, top_down, then, mends)| Step { gesture, tempo, top_down, then, mends })
}

fn gesture() -> impl Strategy<Value = Gesture> {
    let lines = 1u8..8;
    prop_oneof![
        6 => (place(), text()).prop_map(|(at, text)| Gesture::Type { at, text }),
        4 => (place(), text()).prop_map(|(at, text)| Gesture::Insert { at, text }),
        3 => (place(), 1u16..60).prop_map(|(at, length)| Gesture::Delete { at, length }),
        2 => (place(), 1u8..12).prop_map(|(at, count)| Gesture::Backspace { at, count }),
        3 => (place(), lines.clone()).prop_map(|(at, lines)| Gesture::DeleteLines { at, lines }),
        3 => place().prop_map(|at| Gesture::DeleteBlock { at }),
        2 => (place(), lines.clone(), place()).prop_map(|(from, lines, to)| Gesture::MoveLines { from, lines, to }),
        2 => (place(), place()).prop_map(|(from, to)| Gesture::MoveBlock { from, to }),
        3 => (place(), text(), any::<bool>()).prop_map(|(word, to, all)| Gesture::Rename { word, to, all }),
        3 => (place(), text()).prop_map(|(at, text)| Gesture::Assign { at, text }),
        3 => (place(), lines.clone()).prop_map(|(at, lines)| Gesture::ToggleComment { at, lines }),
        2 => (place(), lines, any::<bool>()).prop_map(|(at, lines, deeper)| Gesture::Indent { at, lines, deeper }),
        3 => (prop::collection::vec(place(), 2..5), text()).prop_map(|(at, text)| Gesture::Cursors { at, text }),
        1 => any::<u16>().prop_map(Gesture::Replace),
        1 => Just(Gesture::Reformat),
        1 => Just(Gesture::LineEnds),
        5 => (1u8..6).prop_map(Gesture::Undo),
        2 => (1u8..4).prop_map(Gesture::Redo),
    ]
}

fn place() -> impl Strategy<Value = Place> {
    let region = prop_oneof![
        3 => Just(Region::Any),
        1 => Just(Region::Imports),
        1 => Just(Region::Constants),
        2 => Just(Region::Nested),
    ];
    let edge = prop_oneof![
        1 => Just(Edge::Here),
        2 => Just(Edge::Word),
        2 => Just(Edge::WordEnd),
        2 => Just(Edge::Line),
        2 => Just(Edge::LineEnd),
    ];
    (region, any::<u16>(), edge).prop_map(|(region, at, edge)| Place { region, at, edge })
}

fn text() -> impl Strategy<Value = Text> {
    prop_oneof![
        3 => (0..FRAGMENTS.len()).prop_map(|at| Text::Fragment(at as u16)),
        3 => place().prop_map(Text::Word),
        2 => (place(), 1u8..8).prop_map(|(from, lines)| Text::Lines { from, lines }),
        1 => (any::<u16>(), any::<u16>(), 1u8..20)
            .prop_map(|(seed, from, lines)| Text::Elsewhere { seed, from, lines }),
    ]
}
