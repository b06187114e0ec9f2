//! What stands in a frame before it is sealed, and how much of it there is.
//!
//! `flags: u8 | total: u32 LE | body | zeros`. How long the body is follows from the total and from what came before.

use crate::{cipher::TAG_LEN, seal::SealError};
use weir_model::framing::MAX_FRAME;

/// Largest body of a frame: a file of 10 MB shows progress, and no buffer is larger than it must be.
pub const MAX_CHUNK: usize = 1 << 20;
/// Largest message: what one process may say to another at all.
pub const MAX_MESSAGE: usize = MAX_FRAME;
/// Largest frame as it travels.
pub const MAX_SEALED_FRAME: usize = HEADER + MAX_CHUNK + TAG_LEN;

/// Bytes before the body.
pub(crate) const HEADER: usize = 5;
/// The message is whole with this frame.
pub(crate) const FINAL: u8 = 1;
/// Frames after this one are sealed with the next key.
pub(crate) const REKEY: u8 = 2;

/// Smallest frame with padding: a keystroke's edit, its findings and a ping all look like this.
const SMALLEST_CLASS: usize = 256;
/// Up to here classes double; above they are multiples of it, so that a file is at most this much larger.
const LARGEST_DOUBLING: usize = 4096;

/// To which lengths frames are filled up, so that less can be told from them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Padding {
    /// None: a frame's length is its content's.
    Off,
    /// Powers of two from 256 bytes to 4 KiB, then multiples of 4 KiB.
    #[default]
    Classes,
}

impl Padding {
    /// The length a header and body of `len` bytes are filled up to.
    fn fill(self, len: usize) -> usize {
        let class = match self {
            Self::Off => len,
            Self::Classes if len <= LARGEST_DOUBLING => len.next_power_of_two().max(SMALLEST_CLASS),
            Self::Classes => len.next_multiple_of(LARGEST_DOUBLING),
        };
        class.min(HEADER + MAX_CHUNK)
    }
}

/// What a frame says of itself.
#[derive(Clone, Copy)]
pub(crate) struct Header {
    pub(crate) flags: u8,
    pub(crate) total: u32,
}

/// A frame's plaintext, with room for the tag.
pub(crate) fn write(header: Header, body: &[u8], padding: Padding) -> Vec<u8> {
    let len = padding.fill(HEADER + body.len());
    let mut frame = Vec::with_capacity(len + TAG_LEN);
    frame.push(header.flags);
    frame.extend_from_slice(&header.total.to_le_bytes());
    frame.extend_from_slice(body);
    frame.resize(len, 0);
    frame
}

/// The length of the frame that `write` makes, once sealed.
pub(crate) fn sealed_len(body: usize, padding: Padding) -> usize {
    padding.fill(HEADER + body) + TAG_LEN
}

/// Reads a frame's plaintext of which `received` bytes of message came before, out of a message of `total` if one has
/// begun. There is one way to write each frame, but for the amount of padding; anything else is refused.
pub(crate) fn read(plain: &[u8], received: usize, total: Option<u32>) -> Result<(Header, &[u8]), SealError> {
    let (&[flags, a, b, c, d], rest) = plain.split_first_chunk::<HEADER>().ok_or(SealError::Malformed)?;
    let header = Header { flags, total: u32::from_le_bytes([a, b, c, d]) };
    if flags & !(FINAL | REKEY) != 0 || total.is_some_and(|total| total != header.total) {
        return Err(SealError::Malformed);
    }
    if header.total as usize > MAX_MESSAGE {
        return Err(SealError::TooLarge);
    }
    let missing = header.total as usize - received;
    let len = missing.min(MAX_CHUNK);
    let (body, padding) = rest.split_at_checked(len).ok_or(SealError::Malformed)?;
    let ends = len == missing;
    // All of it at once, many bytes at a time: stopping at the first would take longer.
    let clean = padding.iter().fold(0, |all, byte| all | byte) == 0;
    if ends != (flags & FINAL != 0) || !clean {
        return Err(SealError::Malformed);
    }
    Ok((header, body))
}
