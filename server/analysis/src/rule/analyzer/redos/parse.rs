//! Regexes as trees: what the dialects of PCRE, Python, Ruby, Java and JavaScript have in common, as far as it matters for
//! how many ways there are to match.

use super::charset::CharSet;

/// Groups nested deeper than this are not read.
const MAX_DEPTH: usize = 100;

/// So many parts back-references may add: each stands for all its group holds, other back-references included.
const MAX_COPIED: usize = 2_000;

/// A part of a regex.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    /// One character of a set.
    Set(CharSet),
    /// One after the other; none: the empty text.
    Concat(Vec<Node>),
    /// One of them.
    Either(Vec<Node>),
    Repeat {
        inner: Box<Node>,
        min: u32,
        max: Option<u32>,
    },
    /// Not gone back into: `(?>...)`, `...++`.
    Atomic(Box<Node>),
    /// `(?=...)` and its like: reads nothing.
    Look {
        inner: Box<Node>,
        ahead: bool,
        negative: bool,
    },
    /// `$`, `\Z`, `\z`: the text ends, perhaps with a line's end.
    End {
        or_line: bool,
    },
}

impl Node {
    pub(super) const EMPTY: Self = Self::Concat(Vec::new());

    pub(super) fn children(&self) -> impl Iterator<Item = &Self> {
        match self {
            Self::Concat(parts) | Self::Either(parts) => parts.as_slice(),
            Self::Repeat { inner, .. } | Self::Atomic(inner) | Self::Look { inner, .. } => {
                std::slice::from_ref(&**inner)
            }
            Self::Set(_) | Self::End { .. } => &[],
        }
        .iter()
    }

    fn size(&self) -> usize {
        1 + self.children().map(Self::size).sum::<usize>()
    }
}

/// Reads a regex; `None` if it is none.
pub(super) fn regex(text: &str) -> Option<Node> {
    let mut parser = Parser {
        chars: text.chars().collect(),
        at: 0,
        flags: Flags::default(),
        groups: Vec::new(),
        copied: 0,
        depth: 0,
    };
    let node = parser.either()?;
    (parser.at == parser.chars.len()).then_some(node)
}

#[derive(Clone, Copy, Default)]
struct Flags {
    any_case: bool,
    dot_all: bool,
    /// White space and comments stand for nothing.
    extended: bool,
}

struct Parser {
    chars: Vec<char>,
    at: usize,
    flags: Flags,
    /// What is in the groups read so far, with their names, for back-references.
    groups: Vec<(Option<String>, Node)>,
    /// How many parts were copied for back-references.
    copied: usize,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += 1;
        Some(c)
    }

    fn take(&mut self, text: &str) -> bool {
        let found = self.chars[self.at..].iter().copied().zip(text.chars()).filter(|(a, b)| a == b).count();
        let taken = found == text.chars().count();
        self.at += if taken { found } else { 0 };
        taken
    }

    /// The characters up to an end, which is taken too.
    fn until(&mut self, end: char) -> Option<String> {
        let length = self.chars[self.at..].iter().position(|&c| c == end)?;
        let text = self.chars[self.at..self.at + length].iter().collect();
        self.at += length + 1;
        Some(text)
    }

    fn either(&mut self) -> Option<Node> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let mut parts = vec![self.concat()?];
        while self.take("|") {
            parts.push(self.concat()?);
        }
        self.depth -= 1;
        if parts.len() == 1 { parts.pop() } else { Some(Node::Either(parts)) }
    }

    fn concat(&mut self) -> Option<Node> {
        let mut parts = Vec::new();
        loop {
            if self.flags.extended {
                self.skip_layout();
            }
            match self.peek() {
                None | Some('|' | ')') => return Some(Node::Concat(parts)),
                Some(_) => {
                    let atom = self.atom()?;
                    parts.push(self.repeated(atom)?);
                }
            }
        }
    }

    fn skip_layout(&mut self) {
        while let Some(c) = self.peek() {
            if c == '#' {
                while self.next().is_some_and(|c| c != '\n') {}
            } else if c.is_ascii_whitespace() {
                self.at += 1;
            } else {
                return;
            }
        }
    }

    fn repeated(&mut self, mut node: Node) -> Option<Node> {
        loop {
            if self.flags.extended {
                self.skip_layout();
            }
            let (min, max) = match self.peek() {
                Some('*') => (0, None),
                Some('+') => (1, None),
                Some('?') => (0, Some(1)),
                Some('{') => match self.counts() {
                    Some(counts) => counts,
                    None => return Some(node),
                },
                _ => return Some(node),
            };
            self.at += 1;
            node = Node::Repeat { inner: Box::new(node), min, max };
            if self.take("+") {
                node = Node::Atomic(Box::new(node));
            } else {
                // Which way is tried first does not change how many there are.
                self.take("?");
            }
        }
    }

    /// `{2,3}` up to its last character; a `{` that begins no count is a character.
    fn counts(&mut self) -> Option<(u32, Option<u32>)> {
        let length = self.chars[self.at..].iter().position(|&c| c == '}')?;
        let text: String = self.chars[self.at + 1..self.at + length].iter().collect();
        let (min, max) = match text.split_once(',') {
            Some((min, "")) => (min, None),
            Some((min, max)) => (min, Some(max.parse().ok()?)),
            None => (text.as_str(), Some(text.parse().ok()?)),
        };
        let min = if min.is_empty() { 0 } else { min.parse().ok()? };
        if max.is_some_and(|max| max < min) {
            return None;
        }
        self.at += length;
        Some((min, max))
    }

    fn atom(&mut self) -> Option<Node> {
        let set = match self.next()? {
            '(' => return self.group(),
            '[' => self.class()?,
            '.' if self.flags.dot_all => CharSet::all(),
            '.' => CharSet::one('\n').complement(),
            '^' => return Some(Node::EMPTY),
            '$' => return Some(Node::End { or_line: true }),
            '\\' => return self.escape(),
            '*' | '+' | '?' => return None,
            c => self.cased(CharSet::one(c)),
        };
        Some(Node::Set(set))
    }

    fn cased(&self, set: CharSet) -> CharSet {
        if self.flags.any_case { set.any_case() } else { set }
    }

    fn group(&mut self) -> Option<Node> {
        let outer = self.flags;
        let mut group = None;
        let mut look = None;
        let mut atomic = false;
        if self.take("?") {
            let name = |parser: &mut Self, end| Some(Some(parser.until(end)?));
            if self.take("#") {
                self.until(')')?;
                return Some(Node::EMPTY);
            } else if self.take("=") {
                look = Some((true, false));
            } else if self.take("!") {
                look = Some((true, true));
            } else if self.take("<=") {
                look = Some((false, false));
            } else if self.take("<!") {
                look = Some((false, true));
            } else if self.take(">") {
                atomic = true;
            } else if self.take("P=") {
                let name = self.until(')')?;
                return self.back_reference(&name);
            } else if self.take("P<") || self.take("<") {
                group = Some(name(self, '>')?);
            } else if self.take("'") {
                group = Some(name(self, '\'')?);
            } else if self.take("|") {
                // Groups of its alternatives share their numbers.
            } else if !self.inline_flags()? {
                // `(?i)`: to the end of the group around.
                return Some(Node::EMPTY);
            }
        } else if self.peek() == Some('*') {
            // A verb of PCRE, like `(*UTF8)`.
            self.until(')')?;
            return Some(Node::EMPTY);
        } else {
            group = Some(None);
        }
        let number = self.groups.len();
        if let Some(name) = group.clone() {
            self.groups.push((name, Node::EMPTY));
        }
        let inner = self.either()?;
        if !self.take(")") {
            return None;
        }
        self.flags = outer;
        if group.is_some() {
            self.groups[number].1 = inner.clone();
        }
        Some(match look {
            Some((ahead, negative)) => Node::Look { inner: Box::new(inner), ahead, negative },
            None if atomic => Node::Atomic(Box::new(inner)),
            None => inner,
        })
    }

    /// Flags up to their `:` or `)`; whether they are a group's own.
    fn inline_flags(&mut self) -> Option<bool> {
        let mut on = true;
        loop {
            match self.next()? {
                ':' => return Some(true),
                ')' => return Some(false),
                '-' => on = false,
                'i' => self.flags.any_case = on,
                's' => self.flags.dot_all = on,
                'x' => self.flags.extended = on,
                c if c.is_ascii_alphabetic() || c == '^' => {}
                _ => return None,
            }
        }
    }

    /// What a group before may have matched.
    fn back_reference(&mut self, group: &str) -> Option<Node> {
        let (_, node) = match group.parse::<usize>() {
            Ok(number) => self.groups.get(number.checked_sub(1)?)?,
            Err(_) => self.groups.iter().find(|(name, _)| name.as_deref() == Some(group))?,
        };
        self.copied += node.size();
        (self.copied <= MAX_COPIED).then(|| node.clone())
    }

    fn escape(&mut self) -> Option<Node> {
        let c = self.next()?;
        Some(match c {
            'A' | 'b' | 'B' | 'G' | 'K' => Node::EMPTY,
            'Z' => Node::End { or_line: true },
            'z' => Node::End { or_line: false },
            'R' => Node::Set(CharSet::of(&[('\n', '\r')])),
            'X' | 'C' => Node::Set(CharSet::all()),
            'Q' => {
                let mut parts = Vec::new();
                while self.peek().is_some() && !self.take("\\E") {
                    let c = self.next()?;
                    parts.push(Node::Set(self.cased(CharSet::one(c))));
                }
                Node::Concat(parts)
            }
            'E' => Node::EMPTY,
            'k' | 'g' => {
                let end = match self.next()? {
                    '<' => '>',
                    '{' => '}',
                    '\'' => '\'',
                    digit => return self.back_reference(&digit.to_string()),
                };
                let name = self.until(end)?;
                self.back_reference(&name)?
            }
            '1'..='9' => {
                let mut number = c.to_string();
                if let Some(digit) = self.peek().filter(char::is_ascii_digit)
                    && format!("{number}{digit}").parse::<usize>().is_ok_and(|number| number <= self.groups.len())
                {
                    number.push(digit);
                    self.at += 1;
                }
                self.back_reference(&number)?
            }
            _ => Node::Set(self.escaped_set(c)?),
        })
    }

    /// An escape that stands for one character, in a class or outside.
    fn escaped_set(&mut self, c: char) -> Option<CharSet> {
        Some(match c {
            'd' => CharSet::digit(),
            'w' => CharSet::word(),
            's' => CharSet::space(),
            'h' => CharSet::of(&[('\t', '\t'), (' ', ' ')]),
            'v' => CharSet::of(&[('\n', '\r')]),
            'N' => CharSet::one('\n').complement(),
            'D' | 'W' | 'S' | 'H' | 'V' => self.escaped_set(c.to_ascii_lowercase())?.complement(),
            'p' | 'P' => self.property(c == 'P')?,
            _ => {
                let c = self.escaped_char(c)?;
                self.cased(CharSet::one(c))
            }
        })
    }

    fn escaped_char(&mut self, c: char) -> Option<char> {
        Some(match c {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'f' => '\x0c',
            'a' => '\x07',
            'e' => '\x1b',
            '0' => '\0',
            'c' => char::from(self.next()?.to_ascii_uppercase() as u8 & 0x1f),
            'x' | 'u' => {
                let digits = if self.take("{") {
                    self.until('}')?
                } else {
                    let length = if c == 'x' { 2 } else { 4 };
                    let digits = self.chars.get(self.at..self.at + length)?.iter().collect();
                    self.at += length;
                    digits
                };
                char::from_u32(u32::from_str_radix(&digits, 16).ok()?).unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            c => c,
        })
    }

    /// `\p{L}` and its like, roughly: what it holds of ASCII, and everything else.
    fn property(&mut self, negated: bool) -> Option<CharSet> {
        let name = if self.take("{") { self.until('}')? } else { self.next()?.to_string() };
        let ascii = match name.trim_start_matches(['^', 'I', 's']).to_ascii_lowercase().as_str() {
            "lu" | "upper" | "uppercase" => CharSet::of(&[('A', 'Z')]),
            "ll" | "lower" | "lowercase" => CharSet::of(&[('a', 'z')]),
            "l" | "alpha" | "alphabetic" | "letter" | "latin" => CharSet::of(&[('a', 'z'), ('A', 'Z')]),
            "n" | "nd" | "digit" => CharSet::digit(),
            "alnum" => CharSet::of(&[('a', 'z'), ('A', 'Z'), ('0', '9')]),
            "z" | "zs" | "space" | "white_space" => CharSet::space(),
            _ => CharSet::all(),
        };
        let negated = negated != name.starts_with('^');
        Some(if negated { ascii.complement() } else { ascii }.union(&CharSet::beyond_ascii()))
    }

    fn class(&mut self) -> Option<CharSet> {
        let negated = self.take("^");
        let mut set = CharSet::default();
        let mut first = true;
        loop {
            let c = self.next()?;
            if c == ']' && !first {
                break;
            }
            first = false;
            let (item, single) = self.class_item(c)?;
            let range = single
                .filter(|_| self.peek() == Some('-') && self.chars.get(self.at + 1).is_some_and(|&after| after != ']'));
            let Some(from) = range else {
                set = set.union(&item);
                continue;
            };
            self.at += 1;
            let c = self.next()?;
            let (item, single) = self.class_item(c)?;
            set = match single {
                Some(to) if from <= to => set.union(&CharSet::of(&[(from, to)])),
                Some(_) => return None,
                // `[a-\d]`: the dash is a character.
                None => set.union(&CharSet::one(from)).union(&CharSet::one('-')).union(&item),
            };
        }
        let set = self.cased(set);
        Some(if negated { set.complement() } else { set })
    }

    /// One entry of a class, and the character it is, if it is one.
    fn class_item(&mut self, c: char) -> Option<(CharSet, Option<char>)> {
        if c == '[' && self.take(":") {
            let name = self.until(':')?;
            return self.take("]").then(|| (posix(&name), None));
        }
        if c != '\\' {
            return Some((CharSet::one(c), Some(c)));
        }
        Some(match self.next()? {
            'b' => (CharSet::one('\x08'), Some('\x08')),
            c @ ('d' | 'w' | 's' | 'h' | 'v' | 'N' | 'D' | 'W' | 'S' | 'H' | 'V' | 'p' | 'P') => {
                (self.escaped_set(c)?, None)
            }
            c => {
                let c = self.escaped_char(c)?;
                (CharSet::one(c), Some(c))
            }
        })
    }
}

/// `[:alpha:]` and its like.
fn posix(name: &str) -> CharSet {
    let set = match name.trim_start_matches('^') {
        "alpha" => CharSet::of(&[('a', 'z'), ('A', 'Z')]),
        "digit" => CharSet::digit(),
        "alnum" => CharSet::of(&[('a', 'z'), ('A', 'Z'), ('0', '9')]),
        "upper" => CharSet::of(&[('A', 'Z')]),
        "lower" => CharSet::of(&[('a', 'z')]),
        "space" => CharSet::space(),
        "blank" => CharSet::of(&[('\t', '\t'), (' ', ' ')]),
        "punct" => CharSet::of(&[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')]),
        "xdigit" => CharSet::of(&[('0', '9'), ('a', 'f'), ('A', 'F')]),
        "word" => CharSet::word(),
        "cntrl" => CharSet::of(&[('\0', '\x1f'), ('\x7f', '\x7f')]),
        "graph" => CharSet::of(&[('!', '~')]),
        "print" => CharSet::of(&[(' ', '~')]),
        _ => CharSet::all(),
    };
    if name.starts_with('^') { set.complement() } else { set }
}
