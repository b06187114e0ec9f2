//! Who sits at a session: the connection at hand, and which of the worker's words are for it.
//!
//! Connections come and go while the worker answers in its own time. Every hello and every accept is answered once, in order,
//! and so it is known whose answer comes; what is sealed is for the connection over which the link was made, and for no other.

use super::control::{End, Notice};
use std::collections::VecDeque;
use tokio::sync::mpsc;
use weir_model::link::Tag;

/// A connection, by its number within the session. Later ones have higher numbers.
pub(super) type Number = u64;

/// What goes to a connection.
pub(super) struct Line {
    /// Binary messages. Few are held: who does not take them has the worker wait.
    pub(super) frames: mpsc::Sender<Vec<u8>>,
    /// Text messages, and at last the end. These are few.
    pub(super) words: mpsc::UnboundedSender<Word>,
}

/// What a connection is told beside sealed frames.
pub(super) enum Word {
    Notice(Notice),
    End(End),
}

/// Who sits at a session.
#[derive(Default)]
pub(super) struct Seat {
    /// The connection that came last; 0 before the first.
    current: Number,
    line: Option<Line>,
    /// What the worker owes an answer to, oldest first.
    owed: VecDeque<Owed>,
    /// The connection over which the link was made.
    linked: Option<Number>,
}

/// A hello or an accept.
struct Owed {
    number: Number,
    /// What the offer must be signed with; an accept has none.
    hello: Option<Vec<u8>>,
}

/// What to do with a worker's answer.
pub(super) enum Answer {
    /// Sign the offer to this hello, and pass it on.
    Sign { hello: Vec<u8>, frames: mpsc::Sender<Vec<u8>> },
    /// Pass it on: the link is made.
    Linked { frames: mpsc::Sender<Vec<u8>> },
    /// Whoever it was for is gone.
    Drop,
    /// No worker of ours says that.
    Broken,
}

impl Seat {
    /// A connection sits down; the one before it, if any, has to leave.
    pub(super) fn take(&mut self, line: Line) -> (Number, Option<Line>) {
        self.current += 1;
        (self.current, self.line.replace(line))
    }

    /// A connection leaves; false if another has its seat.
    pub(super) fn leave(&mut self, number: Number) -> bool {
        let sits = self.sits(number);
        if sits {
            self.line = None;
        }
        sits
    }

    /// Whether a connection sits here.
    pub(super) fn sits(&self, number: Number) -> bool {
        self.current == number && self.line.is_some()
    }

    /// Whether any does.
    pub(super) fn is_taken(&self) -> bool {
        self.line.is_some()
    }

    /// Whether a link was ever made.
    pub(super) fn was_linked(&self) -> bool {
        self.linked.is_some()
    }

    /// Whether the link is that of this connection.
    pub(super) fn is_linked(&self, number: Number) -> bool {
        self.linked == Some(number)
    }

    /// Something of a connection's is about to go to the worker; false if it has lost its seat, and nobody wants an answer.
    pub(super) fn sends(&mut self, number: Number, tag: Tag, body: &[u8]) -> bool {
        if !self.sits(number) {
            return false;
        }
        match tag {
            Tag::Hello => self.owed.push_back(Owed { number, hello: Some(body.to_vec()) }),
            Tag::Accept => self.owed.push_back(Owed { number, hello: None }),
            _ => {}
        }
        true
    }

    /// The worker has answered a hello with an offer, or an accept with a link.
    pub(super) fn answered(&mut self, tag: Tag) -> Answer {
        match (tag, self.owed.pop_front()) {
            (Tag::Hello, Some(Owed { number, hello: Some(hello) })) => match self.frames(number) {
                Some(frames) => Answer::Sign { hello, frames },
                None => Answer::Drop,
            },
            (Tag::Accept, Some(Owed { number, hello: None })) => {
                self.linked = Some(number);
                self.frames(number).map_or(Answer::Drop, |frames| Answer::Linked { frames })
            }
            _ => Answer::Broken,
        }
    }

    /// The worker has refused a hello or an accept. To whom it is to be said, if anybody is there.
    pub(super) fn refused(&mut self) -> Result<Option<mpsc::Sender<Vec<u8>>>, ()> {
        let owed = self.owed.pop_front().ok_or(())?;
        Ok(self.frames(owed.number))
    }

    /// Where a sealed frame goes, if whoever can open it is still there.
    pub(super) fn sealed(&self) -> Option<mpsc::Sender<Vec<u8>>> {
        self.linked.and_then(|number| self.frames(number))
    }

    /// The link has failed: whoever sits here has to leave, if the link is its own.
    pub(super) fn broken(&self) {
        if self.linked == Some(self.current) {
            self.say(Word::End(End::Broken));
        }
    }

    /// Tells whoever sits here something.
    pub(super) fn say(&self, word: Word) {
        if let Some(line) = &self.line {
            // A connection that is gone leaves by itself.
            let _ = line.words.send(word);
        }
    }

    fn frames(&self, number: Number) -> Option<mpsc::Sender<Vec<u8>>> {
        self.line.as_ref().filter(|_| self.current == number).map(|line| line.frames.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> Line {
        Line { frames: mpsc::channel(1).0, words: mpsc::unbounded_channel().0 }
    }

    fn name(answer: &Answer) -> &'static str {
        match answer {
            Answer::Sign { .. } => "sign",
            Answer::Linked { .. } => "linked",
            Answer::Drop => "drop",
            Answer::Broken => "broken",
        }
    }

    #[test]
    fn answers_go_to_whoever_asked_and_to_nobody_who_came_after() {
        let mut seat = Seat::default();
        let (first, before) = seat.take(line());
        assert!(before.is_none() && seat.sealed().is_none());
        assert!(seat.sends(first, Tag::Hello, b"first"));
        assert_eq!(name(&seat.answered(Tag::Hello)), "sign");
        assert!(seat.sends(first, Tag::Accept, b""));
        assert!(seat.sends(first, Tag::Sealed, b""));
        let (second, before) = seat.take(line());
        assert!(before.is_some(), "it has to leave");
        assert!(!seat.sends(first, Tag::Sealed, b""), "it lost its seat");
        assert!(seat.sends(second, Tag::Hello, b"second"));
        assert_eq!(name(&seat.answered(Tag::Accept)), "drop", "of the first");
        assert!(seat.sealed().is_none(), "sealed for the first");
        assert!(matches!(seat.answered(Tag::Hello), Answer::Sign { hello, .. } if hello == b"second"));
        assert!(seat.sends(second, Tag::Accept, b""));
        assert_eq!(name(&seat.answered(Tag::Accept)), "linked");
        assert!(seat.sealed().is_some() && seat.is_linked(second) && !seat.is_linked(first));
        assert!(!seat.leave(first));
        assert!(seat.leave(second) && !seat.is_taken() && seat.sealed().is_none());
    }

    #[test]
    fn what_nobody_asked_for_is_no_answer() {
        let mut seat = Seat::default();
        assert_eq!(name(&seat.answered(Tag::Hello)), "broken");
        assert!(seat.refused().is_err());
        let (number, _) = seat.take(line());
        seat.sends(number, Tag::Hello, b"");
        assert_eq!(name(&seat.answered(Tag::Accept)), "broken");
        seat.sends(number, Tag::Hello, b"");
        assert!(matches!(seat.refused(), Ok(Some(_))));
    }
}
