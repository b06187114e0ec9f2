//! Code in pages and templates: which programs a page holds, and where in it they stand.
//!
//! A page is read once ([`html`], [`tags`]), which gives the pieces of code in it. For each language in it one program is
//! put together of those pieces ([`projection`]): the scripts one after the other, the code of a template's tags in the order
//! of the page. What a template puts out becomes a call of [`OUTPUT`], so that rules see it. The program is parsed as any
//! other; then its places become those of the page.

mod elixir;
mod html;
mod javascript;
mod jinja;
mod json;
mod notebook;
mod page;
mod projection;
mod ruby;
mod script;
mod tags;

pub(crate) use page::Page;
pub(crate) use projection::Map;

use html::{Piece, Place, Reader};
use projection::{Projection, When, Writer};
use tags::{Tag, TagKind, Tags};
use weir_model::{Around, Engine, Host, Language, Span};

/// What a template puts out is the first argument of a call of this function. The second is `"escaped"` or `"raw"`, the third
/// where in the page it ends up; see [`Place::name`].
const OUTPUT: &str = "weir_output";

/// Stands in a script where a template puts a value.
const VALUE: &str = "weir_value";

/// The programs in a page, at most one a language; where it is no page at all, that place.
fn programs(host: Host, text: &str) -> Result<Vec<Projection>, u32> {
    if host.engine == Engine::Notebook {
        return notebook::programs(text);
    }
    let tags = Tags::new(host.engine, text);
    let engine = tags.engine();
    let reader = Reader::new(text, tags);
    let pieces = match host.around {
        Around::Html => reader.page(),
        Around::Script => reader.script(),
        Around::Other => reader.other(),
    };
    let own = match engine {
        Engine::Erb => Some(ruby::program(host, text, &pieces)),
        Engine::Eex | Engine::Heex => Some(elixir::program(host, text, &pieces)),
        Engine::Jinja => Some(jinja::program(host, text, &pieces)),
        Engine::Html | Engine::Vue | Engine::Svelte | Engine::Notebook => None,
    };
    let scripts = javascript::programs(engine, text, &pieces);
    Ok(own.into_iter().chain(scripts).filter(|writer| !writer.is_empty()).map(Writer::finish).collect())
}

/// Whether a program in a page is not what is written there but near it: that it does not parse is nobody's mistake.
fn approximates(host: Host, language: Language) -> bool {
    language == Language::Python && matches!(host.engine, Engine::Html | Engine::Jinja)
}

/// The tags in a page.
fn tags_of(pieces: &[Piece]) -> impl Iterator<Item = (Tag, Place)> {
    pieces.iter().filter_map(|piece| match *piece {
        Piece::Tag(tag, place) => Some((tag, place)),
        _ => None,
    })
}

/// A place without the white space at both ends.
fn trimmed(text: &str, place: Span) -> Span {
    let code = place.text(text);
    let start = place.start + (code.len() - code.trim_start().len()) as u32;
    Span::new(start, start + code.trim().len() as u32)
}

impl Tag {
    /// The opening delimiter.
    fn open(&self) -> Span {
        Span::new(self.outer.start, self.code.start)
    }

    /// The closing delimiter.
    fn close(&self) -> Span {
        Span::new(self.code.end, self.outer.end)
    }

    /// How what it puts out is put out.
    fn escaping(&self, escapes: bool) -> &'static str {
        if escapes && self.kind != TagKind::Raw { "escaped" } else { "raw" }
    }
}

/// The last arguments of a call of [`OUTPUT`].
fn manner(escaping: &str, place: Place) -> String {
    format!("\n, \"{escaping}\", \"{}\")", place.name())
}
