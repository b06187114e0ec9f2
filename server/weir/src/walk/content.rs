//! Which files are not worth a parse: judged by their size and first bytes.

use super::{SkipReason, Target};
use std::fs::File;
use std::io::Read;
use std::path::Path;
use weir_model::Language;

/// A worker's frame holds the file and what goes with it; a larger file cannot be sent.
const MAX_SENDABLE: u64 = (weir_model::framing::MAX_FRAME - 64 * 1024) as u64;
/// How much of a file is looked at to tell text from bytes.
const SAMPLE: usize = 8 * 1024;
/// From this size on a script is asked whether it is minified: smaller ones cost nothing and may be golfed by hand.
const MINIFIED_FROM: usize = 5 * 1024;
/// Bytes a line that people write stays under, on average over a file.
const MINIFIED_LINE: usize = 300;

/// Why a file is not scanned after all.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// Why.
    pub(crate) reason: SkipReason,
    /// What is to be known beyond the reason, or empty.
    pub(crate) detail: String,
}

/// Reads a file if it is to be scanned. `max_bytes` 0 means no limit of the user's.
pub(crate) fn admit(target: &Target, max_bytes: u64) -> Result<Vec<u8>, Refusal> {
    let unreadable = |error: std::io::Error| Refusal { reason: SkipReason::Unreadable, detail: error.to_string() };
    let file = File::open(&target.file).map_err(unreadable)?;
    let size = file.metadata().map_err(unreadable)?.len();
    let limit = if max_bytes == 0 || target.explicit { MAX_SENDABLE } else { max_bytes.min(MAX_SENDABLE) };
    let too_large = |size| Refusal {
        reason: SkipReason::TooLarge,
        detail: format!("{size} bytes, limit {limit}; --max-target-bytes raises it"),
    };
    if size > limit {
        return Err(too_large(size));
    }
    // One byte over the limit is read, not more: the file may grow meanwhile.
    let mut bytes = Vec::with_capacity(size as usize);
    file.take(limit + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > limit {
        return Err(too_large(bytes.len() as u64));
    }
    match judge(&target.file, &bytes) {
        Some(refusal) if !target.explicit || refusal.reason != SkipReason::Minified => Err(refusal),
        _ => Ok(bytes),
    }
}

fn judge(path: &Path, bytes: &[u8]) -> Option<Refusal> {
    let refusal = |reason, detail: &str| Some(Refusal { reason, detail: detail.to_owned() });
    if matches!(bytes, [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..]) {
        return refusal(SkipReason::Binary, "UTF-16; convert it to UTF-8 to have it scanned");
    }
    let sample = &bytes[..bytes.len().min(SAMPLE)];
    // A NUL or two hides no code from the scan; a tenth of control bytes is no code.
    if sample.iter().filter(|byte| is_control(**byte)).count() * 10 > sample.len() {
        return refusal(SkipReason::Binary, "");
    }
    let script = matches!(Language::from_path(path), Some(Language::JavaScript | Language::TypeScript | Language::Tsx));
    if script && bytes.len() >= MINIFIED_FROM {
        let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).count();
        if bytes.len() / lines.max(1) > MINIFIED_LINE {
            return refusal(SkipReason::Minified, "name the file itself to have it scanned");
        }
    }
    None
}

fn is_control(byte: u8) -> bool {
    byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0C | 0x0B | 0x1B)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(name: &str, bytes: &[u8]) -> Option<SkipReason> {
        judge(Path::new(name), bytes).map(|refusal| refusal.reason)
    }

    #[test]
    fn text_with_a_stray_nul_is_still_text() {
        assert_eq!(reason("a.js", b"eval(location.hash)\0"), None);
        assert_eq!(reason("a.py", "x = 'ü'\n\x0Cy = 1\n".as_bytes()), None);
    }

    #[test]
    fn bytes_and_utf_16_are_not_text() {
        assert_eq!(reason("a.ts", &[0x47, 0, 0x11, 0, 0, 1, 2, 3]), Some(SkipReason::Binary));
        assert_eq!(reason("a.py", b"\xFF\xFEx\0=\0"), Some(SkipReason::Binary));
    }

    #[test]
    fn only_scripts_of_very_long_lines_are_minified() {
        let long = "f(1);".repeat(2000);
        assert_eq!(reason("a.js", long.as_bytes()), Some(SkipReason::Minified));
        assert_eq!(reason("a.php", long.as_bytes()), None);
        assert_eq!(reason("a.js", "f(1);\n".repeat(2000).as_bytes()), None);
    }
}
