//! A sealed file and what is found in it, told without a word of what stands in it.
//!
//! The contract of the engine's API has whoever asks seal each file with the key of a session. Such a file is opened by a
//! worker only, and what comes back can be read by the process between: rules, places, numbers, and snippets sealed again.

use crate::{Format, NoteKind, Range, Severity, Surroundings};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;
use zeroize::Zeroize;

/// Bytes of a key on their way to the worker that uses it. Not printed, and overwritten when dropped.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretKey(pub [u8; 32]);

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(..)")
    }
}

impl Drop for SecretKey {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// How a file is sealed, and what its text must turn out to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealing {
    /// The key of the session: AES-256-GCM.
    pub key: SecretKey,
    /// The nonce, of 12 or 16 bytes.
    pub iv: Vec<u8>,
    /// The authentication tag.
    pub tag: [u8; 16],
    /// How many bytes the text has.
    pub size: u64,
    /// SHA-256 of the text.
    pub hash: [u8; 32],
}

/// What is wanted of a sealed file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JudgeOptions {
    /// Run rules. Otherwise only the tree is looked at.
    pub patterns: bool,
    /// With [`Self::patterns`]: only the regexes that rules bring for texts without a tree.
    pub regexes_only: bool,
    /// Do not parse: it was tried, and cost a worker. What [`Self::patterns`] asks for are regexes.
    pub without_tree: bool,
    /// The tree, without its texts.
    pub raw_ast: bool,
    /// How long it may take in milliseconds, if not as long as any file may.
    pub within_ms: Option<u32>,
}

/// What became of a sealed file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Judged {
    /// It was opened and looked at.
    Analysed(Box<Analysed>),
    /// It was not looked at.
    Refused(Refusal),
}

/// Why a sealed file was not looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refusal {
    /// Key, nonce, tag and ciphertext do not belong together.
    Unopened,
    /// The text is not as long as was said.
    OtherSize,
    /// The text has another hash than was said.
    OtherHash,
    /// Nothing tells what language it is in.
    UnknownLanguage,
}

/// What is known of a file that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Analysed {
    /// What it is made of.
    pub format: Format,
    /// All findings that nobody asked to ignore, sorted by place, then rule.
    pub findings: Vec<Judgement>,
    /// What could not be done.
    pub notes: Vec<Remark>,
    /// How far the analysis came.
    pub depth: AnalysisDepth,
    /// Its tree in numbers; `None` if there is none.
    pub stats: Option<TreeStats>,
    /// The tree as JSON: kinds and places.
    pub raw_ast: Option<String>,
    /// Where the time went.
    pub timing: JudgeTiming,
    /// Bytes of memory that the worker's process held afterwards; 0 where nobody knows. Noted by who runs the process.
    pub resident: u64,
}

impl Analysed {
    /// What can be kept to spare the next analysis of the same file: everything that the text, rules and options alone have
    /// led to. `None` where time or an accident of ours had a part in it.
    pub fn to_keep(&self) -> Option<Self> {
        let whole = matches!(self.depth, AnalysisDepth::Whole)
            && self.notes.iter().all(|note| {
                !matches!(note.kind, NoteKind::Timeout | NoteKind::RuleTimeout | NoteKind::Panic | NoteKind::Unreadable)
            });
        whole.then(|| {
            let mut kept = Self { timing: JudgeTiming::default(), resident: 0, ..self.clone() };
            kept.findings.iter_mut().for_each(|finding| finding.snippet.clear());
            kept
        })
    }
}

/// How far the analysis of a file came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AnalysisDepth {
    /// As far as was asked.
    Whole,
    /// The text could not be parsed: only regexes ran, so many of them.
    Unparsed {
        /// How many regexes there were to run.
        regexes: u32,
    },
    /// Time was up: findings of rules that had no time are missing; regexes ran in their place, so many of them.
    TimedOut {
        /// How many regexes there were to run.
        regexes: u32,
    },
}

/// One place where a rule matched, without what matched there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    /// The rule's id as written in its file.
    pub rule_id: Arc<str>,
    /// How bad it is.
    pub severity: Severity,
    /// Where: columns count UTF-16 code units.
    pub range: Range,
    /// What stands around it; `None` if only a regex was looked for.
    pub around: Option<Surroundings>,
    /// The lines it is on, sealed with the session's key: base64 of a nonce of 12 bytes, ciphertext, and a tag of 16 bytes.
    pub snippet: String,
}

/// Something the analysis could not do. The message is one of a fixed set and quotes nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remark {
    /// What.
    pub kind: NoteKind,
    /// Where, if it is about a place.
    pub range: Option<Range>,
    /// The rule it is about, if it is about one.
    pub rule_id: Option<Arc<str>>,
    /// For people.
    pub message: String,
}

/// A tree in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TreeStats {
    /// Its nodes.
    pub nodes: u32,
    /// The most nodes on a way from the root to a leaf.
    pub depth: u32,
}

/// Where the time of one sealed file went, in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JudgeTiming {
    /// Opening it, and checking its size and hash.
    pub decrypt_us: u32,
    /// Parsing and lowering.
    pub parse_us: u32,
    /// Matching, flow and taint, and what stands around findings.
    pub analyze_us: u32,
    /// Sealing snippets.
    pub encrypt_us: u32,
}
