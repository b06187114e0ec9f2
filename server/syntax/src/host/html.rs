//! Reading HTML as browsers do, as far as it tells where code is and where a template's output ends up: elements, attributes,
//! scripts. The tags of a template may stand anywhere in it.

use super::script::{self, Lexer};
use super::tags::{Spot, Tag, TagKind, Tags};
use weir_model::{Engine, Language, Span};

/// A place in a page that holds code.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// A template's tag, and where its output ends up.
    Tag(Tag, Place),
    /// What a comment of the page cannot stand in: the first tag of an element, text that is no HTML.
    Closed(Span),
    /// A comment of the page or of the template.
    Comment(Span),
    /// The text of a script.
    Script { language: Language, code: Span, holes: Vec<Hole> },
    /// An attribute whose value is code.
    Attribute { name: Span, value: Span, outer: Span, place: Place, holes: Vec<Hole> },
}

/// A template's tag within code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hole {
    pub(super) outer: Span,
    /// Whether a value stands there once the template has run. Within a string or comment none does.
    pub(super) is_value: bool,
}

/// Where in a page something is put out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Text,
    /// The value of an attribute, in quotes.
    Attribute,
    /// The value of an attribute, without quotes.
    Unquoted,
    /// The start of an address that a browser follows.
    Url,
    /// Code of an event handler.
    Handler,
    /// Code of a script.
    Script,
    /// A string in a script.
    String,
    Style,
    Comment,
    /// Names of elements and attributes.
    Tag,
    /// What a framework reads: a parameter of a component, a directive.
    Component,
    /// A text that is no page.
    Other,
}

impl Place {
    /// The name that rules know it by.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Attribute => "attribute",
            Self::Unquoted => "unquoted",
            Self::Url => "url",
            Self::Handler => "handler",
            Self::Script => "script",
            Self::String => "string",
            Self::Style => "style",
            Self::Comment => "comment",
            Self::Tag => "tag",
            Self::Component => "component",
            Self::Other => "other",
        }
    }
}

/// Reads a page from its start to its end.
pub(super) struct Reader<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    tags: Tags<'t>,
    pieces: Vec<Piece>,
}

/// What is known of a script by its attributes.
#[derive(Default)]
struct Attributes {
    kind: Option<Span>,
    lang: Option<Span>,
}

impl<'t> Reader<'t> {
    /// From a place to the end of a text.
    pub(super) fn new(text: &'t str, from: u32, tags: Tags<'t>) -> Self {
        Self { text, bytes: text.as_bytes(), at: from as usize, tags, pieces: Vec::new() }
    }

    /// Reads HTML.
    pub(super) fn page(mut self) -> Vec<Piece> {
        while self.at < self.bytes.len() {
            if self.tag(Spot::Text, Place::Text) {
                continue;
            }
            if self.bytes[self.at] != b'<' {
                self.at += 1;
                continue;
            }
            match self.bytes.get(self.at + 1) {
                Some(b'!') if self.starts_with("<!--") => {
                    let start = self.at;
                    self.at += 4;
                    self.until("-->", Spot::Text, Place::Comment);
                    self.pieces.push(Piece::Comment(Span::from(start..self.at)));
                }
                Some(b'!' | b'?') => self.until(">", Spot::Attributes, Place::Tag),
                Some(b'/') => self.until(">", Spot::Attributes, Place::Tag),
                Some(byte) if byte.is_ascii_alphabetic() || matches!(byte, b'.' | b':') => self.element(),
                _ => self.at += 1,
            }
        }
        self.pieces
    }

    /// Reads a text that is a script.
    pub(super) fn script(mut self) -> Vec<Piece> {
        self.code(Language::JavaScript, None);
        self.pieces
    }

    /// Reads a text that is neither.
    pub(super) fn other(mut self) -> Vec<Piece> {
        while self.at < self.bytes.len() {
            if !self.tag(Spot::Text, Place::Other) {
                self.at += 1;
            }
        }
        self.pieces
    }

    /// Passes a template's tag, if one is here.
    fn tag(&mut self, spot: Spot, place: Place) -> bool {
        if !matches!(self.bytes[self.at], b'<' | b'{') {
            return false;
        }
        let Some(tag) = self.tags.at(self.at, spot) else { return false };
        self.at = tag.outer.end as usize;
        match tag.kind {
            TagKind::Nothing => {}
            TagKind::Comment => self.pieces.push(Piece::Comment(tag.outer)),
            _ => self.pieces.push(Piece::Tag(tag, place)),
        }
        true
    }

    /// Passes everything up to and with a text.
    fn until(&mut self, end: &str, spot: Spot, place: Place) {
        while self.at < self.bytes.len() {
            if self.starts_with(end) {
                self.at += end.len();
                return;
            }
            if !self.tag(spot, place) {
                self.at += 1;
            }
        }
    }

    fn starts_with(&self, text: &str) -> bool {
        let end = self.at + text.len();
        self.bytes.get(self.at..end).is_some_and(|here| here.eq_ignore_ascii_case(text.as_bytes()))
    }

    /// Reads an element's first tag, and what follows it if that is no HTML.
    fn element(&mut self) {
        let start = self.at + 1;
        self.at = start;
        self.name(|byte| matches!(byte, b'/' | b'>') || byte.is_ascii_whitespace());
        let name = self.text[start..self.at].to_ascii_lowercase();
        let is_component = matches!(self.bytes[start], b'.' | b':' | b'A'..=b'Z') && self.has_components();
        let attributes = self.attributes(&name, is_component);
        self.pieces.push(Piece::Closed(Span::from(start - 1..self.at)));
        if self.bytes[self.at - 1] == b'>' && self.at >= 2 && self.bytes[self.at - 2] == b'/' && self.has_components() {
            // In components an element may close itself, whichever it is.
            return;
        }
        match name.as_str() {
            "script" => {
                let said = |at: Option<Span>| at.map(|at| at.text(self.text));
                match script::language(said(attributes.kind), said(attributes.lang)) {
                    Some(language) => self.code(language, Some("</script")),
                    None => self.raw_text("</script", Place::Component),
                }
            }
            "style" => self.raw_text("</style", Place::Style),
            // A template in a language that is not HTML.
            "template" if attributes.lang.is_some_and(|lang| lang.text(self.text) != "html") => {
                self.raw_text("</template", Place::Component);
            }
            _ => {}
        }
    }

    fn has_components(&self) -> bool {
        matches!(self.tags.engine(), Engine::Heex | Engine::Svelte | Engine::Vue)
    }

    /// Passes a name, template tags in it included.
    fn name(&mut self, ends: impl Fn(u8) -> bool) {
        while let Some(&byte) = self.bytes.get(self.at) {
            if ends(byte) {
                return;
            }
            if !self.tag(Spot::Attributes, Place::Tag) {
                self.at += 1;
            }
        }
    }

    /// Reads attributes up to and with the end of the tag.
    fn attributes(&mut self, element: &str, is_component: bool) -> Attributes {
        let mut attributes = Attributes::default();
        while let Some(&byte) = self.bytes.get(self.at) {
            if byte == b'>' {
                self.at += 1;
                break;
            }
            let place = if self.has_components() { Place::Component } else { Place::Tag };
            if self.tag(Spot::Attributes, place) {
                continue;
            }
            if byte.is_ascii_whitespace() || matches!(byte, b'/' | b'=') {
                self.at += 1;
                continue;
            }
            // The first letter of a name may be anything else.
            let start = self.at;
            self.at += 1;
            self.name(|byte| matches!(byte, b'/' | b'>' | b'=') || byte.is_ascii_whitespace());
            let name = Span::from(start..self.at);
            let before = self.at;
            self.skip_white_space();
            if self.bytes.get(self.at) != Some(&b'=') {
                self.at = before;
                continue;
            }
            self.at += 1;
            self.skip_white_space();
            let value = self.value(element, name, is_component);
            match name.text(self.text).to_ascii_lowercase().as_str() {
                "type" => attributes.kind = Some(value),
                "lang" => attributes.lang = Some(value),
                _ => {}
            }
        }
        attributes
    }

    fn skip_white_space(&mut self) {
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
    }

    /// Reads the value of an attribute. Gives what is within its quotes.
    fn value(&mut self, element: &str, name: Span, is_component: bool) -> Span {
        let quote = self.bytes.get(self.at).copied().filter(|byte| matches!(byte, b'"' | b'\''));
        let attribute = name.text(self.text).to_ascii_lowercase();
        let is_code = self.is_code(&attribute);
        let base = match () {
            () if is_component || attribute.starts_with([':', '@', '#']) => Place::Component,
            () if attribute.starts_with("on") => Place::Handler,
            () if attribute == "style" => Place::Style,
            () if quote.is_none() => Place::Unquoted,
            () => Place::Attribute,
        };
        if quote.is_some() {
            self.at += 1;
        }
        let start = self.at;
        let mut lexer = Lexer::default();
        let mut holes = Vec::new();
        while let Some(&byte) = self.bytes.get(self.at) {
            let ends = match quote {
                Some(quote) => byte == quote,
                None => byte == b'>' || byte.is_ascii_whitespace(),
            };
            if ends {
                break;
            }
            let is_brace = byte == b'{' && self.has_components();
            let place = match base {
                Place::Attribute | Place::Unquoted if self.at == start && is_address(element, &attribute) => Place::Url,
                // Frameworks put the quotes.
                Place::Unquoted if is_brace => Place::Attribute,
                Place::Handler if is_brace => Place::Component,
                Place::Handler if lexer.is_in_text() => Place::String,
                place => place,
            };
            let outer = self.at;
            if self.tag(Spot::Value { quoted: quote.is_some() }, place) {
                let is_value = self.is_output(outer) && !lexer.is_in_text();
                holes.push(Hole { outer: Span::from(outer..self.at), is_value });
            } else {
                if is_code {
                    lexer.read(self.bytes, self.at);
                }
                self.at += 1;
            }
        }
        let value = Span::from(start..self.at);
        if quote.is_some() && self.at < self.bytes.len() {
            self.at += 1;
        }
        // A value in braces is a tag of its own.
        let is_tag =
            self.bytes.get(start) == Some(&b'{') && holes.first().is_some_and(|hole| hole.outer.start == value.start);
        if is_code && !(is_tag && self.has_components()) {
            let outer = Span::new(name.start, self.at as u32);
            let bound = attribute.strip_prefix("v-bind").unwrap_or(&attribute).trim_start_matches(':');
            let place = if is_address(element, bound) { Place::Url } else { Place::Attribute };
            self.pieces.push(Piece::Attribute { name, value, outer, place, holes });
        }
        value
    }

    /// Whether the tag that was just passed puts something out.
    fn is_output(&self, start: usize) -> bool {
        match self.pieces.last() {
            Some(Piece::Tag(tag, _)) if tag.outer.start as usize == start => tag.kind != TagKind::Statement,
            _ => false,
        }
    }

    /// Whether the value of an attribute is code.
    fn is_code(&self, name: &str) -> bool {
        let is_handler =
            name.strip_prefix("on").is_some_and(|event| event.bytes().all(|byte| byte.is_ascii_lowercase()));
        let is_directive = name.starts_with("v-") || name.starts_with([':', '@']);
        is_handler && name.len() > 2
            || matches!(name, "v-html" | "x-html")
            || self.tags.engine() == Engine::Vue && is_directive
    }

    /// Passes text that is no HTML, up to the tag that ends it.
    fn raw_text(&mut self, end: &str, place: Place) {
        let start = self.at;
        while self.at < self.bytes.len() && !self.starts_with(end) {
            if !self.tag(Spot::RawText, place) {
                self.at += 1;
            }
        }
        self.pieces.push(Piece::Closed(Span::from(start..self.at)));
    }

    /// Reads a script up to what ends it, or to the end of the text.
    fn code(&mut self, language: Language, end: Option<&str>) {
        let start = self.at;
        let mut lexer = Lexer::default();
        let mut holes = Vec::new();
        while self.at < self.bytes.len() && !end.is_some_and(|end| self.starts_with(end)) {
            let (outer, in_text) = (self.at, lexer.is_in_text());
            if self.tag(Spot::RawText, if in_text { Place::String } else { Place::Script }) {
                let is_value = self.is_output(outer) && !in_text;
                holes.push(Hole { outer: Span::from(outer..self.at), is_value });
            } else {
                lexer.read(self.bytes, self.at);
                self.at += 1;
            }
        }
        self.pieces.push(Piece::Script { language, code: Span::from(start..self.at), holes });
    }
}

/// Whether a browser follows the address in an attribute, or runs what it finds there.
fn is_address(element: &str, attribute: &str) -> bool {
    match attribute {
        "href" => matches!(element, "a" | "area" | "base"),
        "src" => matches!(element, "script" | "iframe" | "frame" | "embed"),
        "data" => element == "object",
        "action" => element == "form",
        "formaction" | "xlink:href" => true,
        _ => false,
    }
}
