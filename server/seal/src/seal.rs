//! Messages to sealed frames and back, in the order they were sent or not at all.

use crate::{
    Overwrite, Zeroizing,
    chunk::{self, FINAL, HEADER, Header, MAX_CHUNK, MAX_MESSAGE, MAX_SEALED_FRAME, Padding, REKEY},
    schedule::{Limits, Schedule},
    secret::Secret,
};
use std::time::Duration;

/// A message that is not sealed, or a frame that is not opened. Says nothing of what is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The message is longer than any may be.
    #[error("the message is over the limit of {MAX_MESSAGE} bytes")]
    TooLarge,
    /// Not the next frame of this link, as its sender sealed it.
    #[error("a frame is not the next one that was sealed for this link")]
    Forged,
    /// The sender sealed what no sender of this version writes.
    #[error("a frame holds what this version does not write")]
    Malformed,
    /// The sender goes on with a key that it should have changed.
    #[error("a key was used for longer than is allowed")]
    Overused,
    /// Something failed before. The link is of no more use.
    #[error("the link has failed before")]
    Closed,
}

/// Seals the messages of one direction.
pub struct Sealer {
    schedule: Schedule,
    padding: Padding,
    limits: Limits,
    /// When it is, and when the key was new, since the link began.
    now: Duration,
    keyed: Duration,
    /// A message was left unfinished: what would come next could not be told from the rest of it.
    broken: bool,
}

impl Sealer {
    pub(crate) fn new(chain: Secret) -> Self {
        Self {
            schedule: Schedule::new(chain),
            padding: Padding::default(),
            limits: Limits::default(),
            now: Duration::ZERO,
            keyed: Duration::ZERO,
            broken: false,
        }
    }

    #[cfg(test)]
    pub(crate) fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
    }

    #[cfg(test)]
    pub(crate) fn chain(&self) -> &[u8; 32] {
        self.schedule.chain()
    }

    /// How frames are padded from now on.
    pub fn set_padding(&mut self, padding: Padding) {
        self.padding = padding;
    }

    /// Says how long the link has existed, so that keys change also where little is sent. It is for who has a clock to
    /// say so, before sealing, and not at all is no fault.
    pub fn set_age(&mut self, age: Duration) {
        self.now = age;
    }

    /// Seals a message. The frames are to be sent all, in this order, before those of the next one.
    pub fn seal(&mut self, message: &[u8]) -> Result<Vec<Vec<u8>>, SealError> {
        Ok(self.frames(message)?.collect())
    }

    /// As [`Sealer::seal`], one frame at a time: who sends each before asking for the next needs room for one only. All
    /// are to be asked for; a message that is given up ends the direction.
    pub fn frames<'a>(&'a mut self, message: &'a [u8]) -> Result<Frames<'a>, SealError> {
        if self.broken {
            return Err(SealError::Closed);
        }
        if message.len() > MAX_MESSAGE {
            return Err(SealError::TooLarge);
        }
        Ok(Frames { left: message.len().div_ceil(MAX_CHUNK).max(1), sealer: self, message })
    }

    fn frame(&mut self, body: &[u8], total: u32, ends: bool) -> Vec<u8> {
        let last = self.schedule.count(chunk::sealed_len(body.len(), self.padding), &self.limits);
        let rekey = last || self.now.saturating_sub(self.keyed) >= self.limits.time;
        let flags = if ends { FINAL } else { 0 } | if rekey { REKEY } else { 0 };
        let mut frame = chunk::write(Header { flags, total }, body, self.padding);
        self.schedule.seal(&mut frame);
        if rekey {
            self.schedule.ratchet();
            self.keyed = self.now;
        }
        frame
    }
}

/// The frames of a message, each sealed when it is asked for.
pub struct Frames<'a> {
    sealer: &'a mut Sealer,
    message: &'a [u8],
    left: usize,
}

impl Iterator for Frames<'_> {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        let after = self.left.checked_sub(1)?;
        let index = self.message.len().div_ceil(MAX_CHUNK).max(1) - self.left;
        let start = index * MAX_CHUNK;
        let body = &self.message[start..self.message.len().min(start + MAX_CHUNK)];
        self.left = after;
        Some(self.sealer.frame(body, self.message.len() as u32, after == 0))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for Frames<'_> {}

impl Drop for Frames<'_> {
    fn drop(&mut self) {
        self.sealer.broken |= self.left > 0;
    }
}

/// What a frame made known.
#[derive(Debug)]
pub enum Opened {
    /// More of a message has come.
    Part {
        /// Bytes of it so far.
        received: usize,
        /// Bytes it will have.
        total: usize,
    },
    /// A message is whole.
    Whole(Zeroizing<Vec<u8>>),
}

/// Opens the frames of one direction: each in its turn. After the first that does not open, none does.
pub struct Opener(Option<Open>);

struct Open {
    schedule: Schedule,
    limits: Limits,
    /// The message of which a part has come, and its whole length.
    begun: Option<(Zeroizing<Vec<u8>>, u32)>,
    /// Room of an earlier message.
    spare: Zeroizing<Vec<u8>>,
}

/// Largest buffer that is kept for the next message: what a file of 10 MB comes in. A larger message is rare, and its
/// room better given back.
const MAX_SPARE: usize = 12 << 20;

impl Opener {
    pub(crate) fn new(chain: Secret) -> Self {
        Self(Some(Open {
            schedule: Schedule::new(chain),
            limits: Limits::default(),
            begun: None,
            spare: Zeroizing::default(),
        }))
    }

    #[cfg(test)]
    pub(crate) fn set_limits(&mut self, limits: Limits) {
        if let Some(open) = &mut self.0 {
            open.limits = limits;
        }
    }

    #[cfg(test)]
    pub(crate) fn chain(&self) -> &[u8; 32] {
        self.0.as_ref().expect("nothing failed").schedule.chain()
    }

    /// Opens the next frame. An error ends the link: keys and what had come of a message are gone.
    pub fn open(&mut self, frame: Vec<u8>) -> Result<Opened, SealError> {
        let Some(open) = &mut self.0 else { return Err(SealError::Closed) };
        let opened = open.frame(frame);
        if opened.is_err() {
            self.0 = None;
        }
        opened
    }

    /// Takes back the buffer of a message that was read, overwrites it, and puts the next large one there: memory that the
    /// system has to provide anew costs more than opening. It is for who reads many, and not at all is no fault.
    pub fn reuse(&mut self, mut message: Zeroizing<Vec<u8>>) {
        if let Some(open) = &mut self.0
            && (open.spare.capacity() + 1..=MAX_SPARE).contains(&message.capacity())
        {
            message.overwrite();
            open.spare = message;
        }
    }

    /// Whether a message has begun and is not whole: a stream that ends here was cut.
    pub fn is_inside_message(&self) -> bool {
        self.0.as_ref().is_some_and(|open| open.begun.is_some())
    }
}

impl Open {
    fn frame(&mut self, frame: Vec<u8>) -> Result<Opened, SealError> {
        if frame.len() > MAX_SEALED_FRAME {
            return Err(SealError::Forged);
        }
        // From here on it may hold plaintext.
        let mut frame = Zeroizing::new(frame);
        let sealed_len = frame.len();
        let plain = self.schedule.open(&mut frame).map_err(|_| SealError::Forged)?;
        let begun = self.begun.as_ref();
        let received = begun.map_or(0, |(message, _)| message.len());
        let (header, body) = chunk::read(plain, received, begun.map(|(_, total)| *total))?;
        let len = body.len();

        let last = self.schedule.count(sealed_len, &self.limits);
        if header.flags & REKEY != 0 {
            self.schedule.ratchet();
        } else if last {
            return Err(SealError::Overused);
        }

        let ends = header.flags & FINAL != 0;
        if ends && self.begun.is_none() {
            // The usual case: a message of one frame stays where it is.
            frame.copy_within(HEADER..HEADER + len, 0);
            frame.truncate(len);
            return Ok(Opened::Whole(frame));
        }
        // All its room at once: a buffer that grows leaves what it held behind it.
        let (mut message, total) = self.begun.take().unwrap_or_else(|| (self.room(header.total), header.total));
        message.extend_from_slice(&frame[HEADER..HEADER + len]);
        if ends {
            return Ok(Opened::Whole(message));
        }
        let received = message.len();
        self.begun = Some((message, total));
        Ok(Opened::Part { received, total: total as usize })
    }

    /// An empty buffer that will not grow.
    fn room(&mut self, total: u32) -> Zeroizing<Vec<u8>> {
        let total = total as usize;
        if self.spare.capacity() < total { Vec::with_capacity(total).into() } else { std::mem::take(&mut self.spare) }
    }
}
