//! Frames on a byte stream: a little-endian `u32` length, then that many bytes of postcard.
//!
//! Source of the choice: postcard and a length prefix measured fastest of the maintained formats (`ARCHITECTURE.md`).

use serde::{Serialize, de::DeserializeOwned};
use std::io::{self, Read, Write};

/// Largest frame in bytes. A 10 MB file with its path and options must fit, and so must all findings in it.
pub const MAX_FRAME: usize = 64 << 20;

/// A frame that cannot be sent or read.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// Longer than the limit. Nothing was allocated for it.
    #[error("frame of {len} bytes is over the limit of {limit}")]
    TooLarge {
        /// Announced length.
        len: usize,
        /// The limit in force.
        limit: usize,
    },
    /// The bytes are no message of ours. Says nothing of their content.
    #[error("frame does not hold a message of this version")]
    Malformed,
    /// The stream ended inside a frame.
    #[error("the stream ended inside a frame")]
    Truncated,
    /// The stream failed.
    #[error("stream: {0}")]
    Io(#[from] io::Error),
}

/// Encodes a message as a frame, prefix included.
pub fn encode<T: Serialize>(message: &T) -> Result<Vec<u8>, FrameError> {
    let mut frame = postcard::to_extend(message, vec![0; 4]).map_err(|_| FrameError::Malformed)?;
    let len = frame.len() - 4;
    if len > MAX_FRAME {
        return Err(FrameError::TooLarge { len, limit: MAX_FRAME });
    }
    frame[..4].copy_from_slice(&(len as u32).to_le_bytes());
    Ok(frame)
}

/// Decodes the body of a frame.
pub fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, FrameError> {
    match postcard::take_from_bytes(body) {
        Ok((message, [])) => Ok(message),
        _ => Err(FrameError::Malformed),
    }
}

/// The body length a prefix announces; refused over `limit` before anything is allocated.
pub fn body_len(prefix: [u8; 4], limit: usize) -> Result<usize, FrameError> {
    let len = u32::from_le_bytes(prefix) as usize;
    if len > limit { Err(FrameError::TooLarge { len, limit }) } else { Ok(len) }
}

/// Writes one frame and flushes.
pub fn write<T: Serialize>(stream: &mut impl Write, message: &T) -> Result<(), FrameError> {
    stream.write_all(&encode(message)?)?;
    stream.flush()?;
    Ok(())
}

/// Reads one frame; `None` at the clean end of the stream.
pub fn read<T: DeserializeOwned>(stream: &mut impl Read) -> Result<Option<T>, FrameError> {
    let mut prefix = [0; 4];
    match stream.read(&mut prefix[..1])? {
        0 => return Ok(None),
        _ => stream.read_exact(&mut prefix[1..]).map_err(truncated)?,
    }
    let mut body = vec![0; body_len(prefix, MAX_FRAME)?];
    stream.read_exact(&mut body).map_err(truncated)?;
    decode(&body).map(Some)
}

fn truncated(error: io::Error) -> FrameError {
    if error.kind() == io::ErrorKind::UnexpectedEof { FrameError::Truncated } else { FrameError::Io(error) }
}
