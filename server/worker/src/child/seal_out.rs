//! Events of a sealed worker: sealed for the link at hand, or not sent at all.

use super::output::{Pipe, shorter};
use std::collections::BTreeMap;
use std::time::Instant;
use weir_model::framing::{self, FrameError};
use weir_model::link::{Analyses, Counters, Down, Held, Refusal, Tag};
use weir_model::{Event, Format, Language, Timing};
use weir_seal::{Sealer, Zeroizing};

/// What a sealed worker's events go through.
#[derive(Default)]
pub(super) struct SealOut {
    link: Option<Outgoing>,
    quiet: Quiet,
    links: u64,
    sealed: u64,
    sealed_bytes: u64,
    analyses: BTreeMap<&'static str, Analyses>,
}

/// The worker's half of a link.
struct Outgoing {
    sealer: Sealer,
    began: Instant,
}

/// Whether findings are told. Those of an editor that is gone are nothing to the one that came after, which has not even
/// said by which rules it wants any.
#[derive(Default, PartialEq)]
enum Quiet {
    #[default]
    No,
    /// Not before there are rules,
    UntilRules,
    /// and not before these are read.
    Until { generation: u64 },
}

impl SealOut {
    /// Counts an analysis.
    pub(super) fn count(&mut self, format: Format, timing: Timing) {
        let language = name(format);
        let analyses = self.analyses.entry(language).or_default();
        analyses.count += 1;
        analyses.parse_us += u64::from(timing.parse_us) + u64::from(timing.lower_us);
        analyses.analyze_us += u64::from(timing.analyze_us);
    }

    /// Somebody begins from the beginning.
    pub(super) fn begin(&mut self) {
        self.quiet = Quiet::UntilRules;
    }

    /// Somebody wants findings by these rules.
    pub(super) fn rules(&mut self, generation: u64) {
        if self.quiet != Quiet::No {
            self.quiet = Quiet::Until { generation };
        }
    }

    /// Nobody is there any more who could open anything.
    pub(super) fn unlink(&mut self) {
        self.link = None;
    }

    fn is_quiet(&mut self, event: &Event) -> bool {
        match event {
            Event::RulesLoaded { generation, .. } if self.quiet == Quiet::Until { generation: *generation } => {
                self.quiet = Quiet::No;
            }
            _ => {}
        }
        let of_rules = matches!(
            event,
            Event::Findings { .. } | Event::Settling { .. } | Event::Settled { .. } | Event::Scanned { .. }
        );
        of_rules && self.quiet != Quiet::No
    }

    fn frames<E: serde::Serialize>(&mut self, down: &Down<E>) -> Result<Vec<Vec<u8>>, FrameError> {
        let Some(link) = &mut self.link else { return Ok(Vec::new()) };
        let frame = Zeroizing::new(framing::encode(down)?);
        let message = &frame[PREFIX..];
        link.sealer.set_age(link.began.elapsed());
        let frames = link.sealer.seal(message).map_err(|_| FrameError::Malformed)?;
        self.sealed += 1;
        self.sealed_bytes += message.len() as u64;
        Ok(frames)
    }
}

/// Bytes before the message in a frame of [`framing`].
const PREFIX: usize = 4;

impl Pipe {
    /// Sends an event over the link, if there is one.
    pub(super) fn seal_event(&mut self, event: &Event) {
        if self.sealed.as_mut().is_some_and(|sealed| !sealed.is_quiet(event))
            && let Err(FrameError::TooLarge { .. }) = self.seal(&Down::Event(event))
        {
            let _ = self.seal(&Down::Event(shorter(event)));
        }
    }

    /// Sends a message over the link, if there is one.
    pub(super) fn seal<E: serde::Serialize>(&mut self, down: &Down<E>) -> Result<(), FrameError> {
        let frames = self.sealed.as_mut().map_or(Ok(Vec::new()), |sealed| sealed.frames(down))?;
        for frame in frames {
            self.tagged(Tag::Sealed, &frame);
        }
        Ok(())
    }

    /// A link was made: says so, and over it what is held.
    pub(super) fn linked(&mut self, sealer: Sealer, held: Held) {
        if let Some(sealed) = &mut self.sealed {
            sealed.link = Some(Outgoing { sealer, began: Instant::now() });
            sealed.links += 1;
        }
        self.tagged(Tag::Accept, &[]);
        // What is held is far smaller than any message may be.
        let _ = self.seal::<Event>(&Down::Held(held));
    }

    /// Gives up a handshake, or with another reason the link.
    pub(super) fn refuse(&mut self, refusal: Refusal) {
        if refusal != Refusal::Handshake
            && let Some(sealed) = &mut self.sealed
        {
            sealed.unlink();
        }
        self.tagged(Tag::Refused, &[refusal.byte()]);
    }

    /// Says the counters, with those that are counted here.
    pub(super) fn counters(&mut self, counters: &Counters) {
        let Some(sealed) = &self.sealed else { return };
        let analyses = sealed
            .analyses
            .iter()
            .map(|(language, analyses)| Analyses { language: (*language).to_owned(), ..analyses.clone() });
        let counters = Counters {
            links: sealed.links,
            sealed: sealed.sealed,
            sealed_bytes: sealed.sealed_bytes,
            analyses: analyses.collect(),
            ..counters.clone()
        };
        if let Ok(frame) = framing::encode(&counters) {
            self.tagged(Tag::Counters, &frame[PREFIX..]);
        }
    }

    /// Writes a frame of the front's: in one piece, so that no reader waits for half of one.
    pub(super) fn tagged(&mut self, tag: Tag, body: &[u8]) {
        let mut frame = Vec::with_capacity(PREFIX + 1 + body.len());
        frame.extend_from_slice(&(body.len() as u32 + 1).to_le_bytes());
        frame.push(tag.byte());
        frame.extend_from_slice(body);
        self.write(&frame);
    }
}

/// What a text is counted as.
fn name(format: Format) -> &'static str {
    match format {
        Format::Code(Language::JavaScript) => "javascript",
        Format::Code(Language::TypeScript | Language::Tsx) => "typescript",
        Format::Code(Language::Python) => "python",
        Format::Code(Language::Ruby) => "ruby",
        Format::Code(Language::Php) => "php",
        Format::Code(Language::Java) => "java",
        Format::Code(Language::Elixir) => "elixir",
        Format::Host(_) => "page",
        Format::Text => "text",
    }
}
