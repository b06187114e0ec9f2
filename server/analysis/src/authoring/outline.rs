//! A rule file that is being written: which key stands where, by indentation alone.
//!
//! The YAML parser answers for what is right; this reader answers for every text, half a line included. What it takes for a
//! key may be none where YAML has its subtleties (anchors, complex keys): then something less is offered to who types.

use weir_model::Span;

/// Flow collections nested deeper are not looked into.
const MAX_DEPTH: usize = 64;

/// The number of a node in its outline.
pub(super) type NodeId = usize;

/// A key with what it holds, or an item of a list.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) parent: Option<NodeId>,
    /// `None` for an item.
    pub(super) key: Option<Key>,
    /// In bytes from the start of its line.
    column: usize,
    /// The scalar that stands there as it is written, quotes included; empty at its place if there is none.
    pub(super) value: Span,
    /// The scalar has lines of its own (`|`, `>`).
    pub(super) is_block: bool,
    /// Within `{ }` or `[ ]`.
    pub(super) in_flow: bool,
}

/// A key as it is written.
#[derive(Debug, Clone)]
pub(super) struct Key {
    /// Without quotes.
    pub(super) name: String,
    /// With them.
    pub(super) span: Span,
    /// Whether a colon follows.
    pub(super) has_colon: bool,
}

/// All keys and items of a text, parents before children, in the order of the text.
#[derive(Debug)]
pub(super) struct Outline<'t> {
    pub(super) text: &'t str,
    pub(super) nodes: Vec<Node>,
}

impl<'t> Outline<'t> {
    /// Reads a text.
    pub(super) fn read(text: &'t str) -> Self {
        let mut reader = Reader { outline: Self { text, nodes: Vec::new() }, open: Vec::new() };
        let mut at = if text.starts_with('\u{feff}') { 3 } else { 0 };
        while at < text.len() {
            at = reader.line(at);
        }
        reader.outline
    }

    /// What stands directly in a node; `None`: in the file.
    pub(super) fn children(&self, parent: Option<NodeId>) -> impl Iterator<Item = NodeId> + '_ {
        (0..self.nodes.len()).filter(move |&node| self.nodes[node].parent == parent)
    }

    /// Whether a node is another or stands in it.
    pub(super) fn is_within(&self, node: NodeId, outer: NodeId) -> bool {
        std::iter::successors(Some(node), |&node| self.nodes[node].parent).any(|node| node == outer)
    }

    /// The scalar of a node without its quotes.
    pub(super) fn scalar(&self, node: NodeId) -> &'t str {
        let raw = self.nodes[node].value.text(self.text);
        let quoted = ['"', '\''].iter().find_map(|&quote| raw.strip_prefix(quote).map(|rest| (rest, quote)));
        quoted.map_or(raw, |(rest, quote)| rest.strip_suffix(quote).unwrap_or(rest))
    }

    /// The rules of the file.
    pub(super) fn rules(&self) -> Vec<NodeId> {
        let lists: Vec<_> = self
            .children(None)
            .filter(|&node| self.nodes[node].key.as_ref().is_some_and(|key| key.name == "rules"))
            .collect();
        (0..self.nodes.len())
            .filter(|&node| self.nodes[node].key.is_none())
            .filter(|&node| self.nodes[node].parent.is_some_and(|parent| lists.contains(&parent)))
            .collect()
    }
}

struct Reader<'t> {
    outline: Outline<'t>,
    /// The block collections that are open: keys and items, outermost first.
    open: Vec<NodeId>,
}

impl Reader<'_> {
    /// Reads the line at a place and what belongs to it; gives where to go on.
    fn line(&mut self, start: usize) -> usize {
        let text = self.outline.text;
        let end = line_end(text, start);
        let next = (end + 1).min(text.len().max(end));
        let mut at = start + indentation(text, start);
        let rest = &text[at..end];
        if rest.trim().is_empty() || rest.starts_with('#') || rest.starts_with('%') {
            return next.max(start + 1);
        }
        if start == at && (rest.starts_with("---") || rest.starts_with("...")) {
            self.open.clear();
            return next.max(start + 1);
        }
        while text[at..end].starts_with("- ") || text[at..end].trim_end() == "-" {
            let column = at - start;
            self.close(|node| node.column > column || (node.column == column && node.key.is_none()));
            at += 1;
            at += text[at..end].len() - text[at..end].trim_start().len();
            self.push(None, column, Span::new(at as u32, at as u32), false);
            if at >= end {
                return next.max(start + 1);
            }
        }
        let column = at - start;
        if let Some(key) = key(text, at, end) {
            self.close(|node| node.column >= column);
            let mut value = key.span.end as usize;
            value += text[value..end].find(':').map_or(0, |colon| colon + 1);
            let space = text[value..end].len() - text[value..end].trim_start().len();
            let place = if value + space >= end { value as u32 + u32::from(space > 0) } else { (value + space) as u32 };
            self.push(Some(key), column, Span::new(place, place), false);
            return self.value(value + space, end, column).max(start + 1);
        }
        let is_item = self.open.last().is_some_and(|&node| self.outline.nodes[node].key.is_none());
        if matches!(text.as_bytes()[at], b'{' | b'[') && (is_item || self.open.is_empty()) {
            let parent = self.open.last().copied();
            let column = parent.map(|node| self.outline.nodes[node].column);
            return self.flow(at, parent, column).max(next);
        }
        if is_item && self.last().value.is_empty() {
            let column = self.last().column;
            return self.value(at, end, column).max(start + 1);
        }
        next.max(start + 1)
    }

    /// Reads the value that starts at a place, for the node that was pushed last; `column` is that of its key or dash. Gives
    /// where the next line starts.
    fn value(&mut self, at: usize, end: usize, column: usize) -> usize {
        let text = self.outline.text;
        let next = (end + 1).min(text.len());
        let rest = &text[at.min(end)..end];
        let Some(first) = rest.chars().next().filter(|&c| c != '#') else { return next };
        let node = self.outline.nodes.len() - 1;
        match first {
            '{' | '[' => self.flow(at, Some(node), Some(column)),
            '"' | '\'' => {
                let close = quote_end(text, at, column);
                self.outline.nodes[node].value = Span::new(at as u32, close as u32);
                (line_end(text, close) + 1).min(text.len())
            }
            '|' | '>' if is_announcement(rest) => {
                let mut last = next;
                let mut line = next;
                while line < text.len() {
                    let end = line_end(text, line);
                    let blank = text[line..end].trim().is_empty();
                    if !blank && indentation(text, line) <= column {
                        break;
                    }
                    line = (end + 1).min(text.len());
                    last = if blank { last } else { end };
                    if line == end {
                        break;
                    }
                }
                self.outline.nodes[node].value = Span::new(next as u32, last.max(next) as u32);
                self.outline.nodes[node].is_block = true;
                // Blank lines at its end may be where somebody goes on typing.
                (line_end(text, last) + 1).min(text.len()).max(next)
            }
            _ => {
                let mut last = at + plain_end(rest);
                let mut line = next;
                while line < text.len() {
                    let end = line_end(text, line);
                    let indent = indentation(text, line);
                    let rest = text[line + indent..end].trim_end();
                    if rest.is_empty()
                        || indent <= column
                        || rest.starts_with('#')
                        || key(text, line + indent, end).is_some()
                    {
                        break;
                    }
                    last = line + indent + plain_end(rest);
                    line = (end + 1).min(text.len());
                    if line == end {
                        break;
                    }
                }
                self.outline.nodes[node].value = Span::new(at as u32, last as u32);
                line.max(next)
            }
        }
    }

    /// Reads `{ }` or `[ ]`; `column` is that of the block collection around it. Gives where the line after its end starts.
    fn flow(&mut self, start: usize, parent: Option<NodeId>, column: Option<usize>) -> usize {
        let text = self.outline.text;
        // Of each open bracket: whether it is a map, what it belongs to, and the entry at hand.
        let mut open: Vec<(bool, Option<NodeId>, Option<NodeId>)> = Vec::new();
        let mut at = start;
        while at < text.len() {
            let c = text[at..].chars().next().expect("not at the end");
            match c {
                '\n' => {
                    let indent = indentation(text, at + 1);
                    let end = line_end(text, at + 1);
                    let blank = text[(at + 1).min(end)..end].trim().is_empty();
                    // It was not closed: what is not indented any more belongs to the block around it.
                    if !blank && column.is_some_and(|column| indent <= column) {
                        return at + 1;
                    }
                    at += 1;
                }
                ' ' | '\t' | '\r' => at += 1,
                '#' => at = line_end(text, at),
                '{' | '[' => {
                    if open.len() >= MAX_DEPTH {
                        return text.len();
                    }
                    let belongs = match open.last_mut() {
                        None => parent,
                        Some((true, _, entry)) => *entry,
                        Some((false, owner, entry)) => {
                            let owner = *owner;
                            *entry = Some(self.add(owner, None, at, true));
                            *entry
                        }
                    };
                    open.push((c == '{', belongs, None));
                    at += 1;
                }
                '}' | ']' => {
                    open.pop();
                    at += 1;
                    if open.is_empty() {
                        return (line_end(text, at) + 1).min(text.len());
                    }
                }
                ',' => {
                    if let Some((_, _, entry)) = open.last_mut() {
                        *entry = None;
                    }
                    at += 1;
                }
                ':' => at += 1,
                _ => {
                    let end = if matches!(c, '"' | '\'') { quote_end(text, at, 0) } else { flow_plain_end(text, at) };
                    let end = end.max(at + c.len_utf8());
                    let span = Span::new(at as u32, end as u32);
                    if let Some(&(is_map, owner, entry)) = open.last() {
                        let entry = match entry {
                            Some(entry) => {
                                self.outline.nodes[entry].value = span;
                                entry
                            }
                            None if is_map => {
                                let name = text[at..end].trim_matches(['"', '\'']).to_owned();
                                let has_colon = text[end..].trim_start_matches([' ', '\t']).starts_with(':');
                                let key = Key { name, span, has_colon };
                                let after = if has_colon { end + text[end..].find(':').unwrap_or(0) + 1 } else { end };
                                self.add(owner, Some(key), after, true)
                            }
                            None => {
                                let item = self.add(owner, None, at, true);
                                self.outline.nodes[item].value = span;
                                item
                            }
                        };
                        if let Some((_, _, current)) = open.last_mut() {
                            *current = Some(entry);
                        }
                    }
                    at = end;
                }
            }
        }
        text.len()
    }

    fn close(&mut self, is_over: impl Fn(&Node) -> bool) {
        while self.open.last().is_some_and(|&node| is_over(&self.outline.nodes[node])) {
            self.open.pop();
        }
    }

    fn push(&mut self, key: Option<Key>, column: usize, value: Span, in_flow: bool) {
        let parent = self.open.last().copied();
        self.open.push(self.outline.nodes.len());
        self.outline.nodes.push(Node { parent, key, column, value, is_block: false, in_flow });
    }

    fn add(&mut self, parent: Option<NodeId>, key: Option<Key>, at: usize, in_flow: bool) -> NodeId {
        let value = Span::new(at as u32, at as u32);
        self.outline.nodes.push(Node { parent, key, column: usize::MAX, value, is_block: false, in_flow });
        self.outline.nodes.len() - 1
    }

    fn last(&mut self) -> &mut Node {
        self.outline.nodes.last_mut().expect("something was pushed")
    }
}

/// The key that starts at a place of a line, if one does.
fn key(text: &str, at: usize, end: usize) -> Option<Key> {
    let rest = &text[at..end];
    let first = rest.chars().next()?;
    let length = if matches!(first, '"' | '\'') {
        rest[1..].find(first)? + 2
    } else {
        let ends = |c: char| c.is_whitespace() || matches!(c, ':' | '{' | '}' | '[' | ']' | ',' | '#' | '"' | '\'');
        rest.find(ends).unwrap_or(rest.len())
    };
    let after = rest[length..].trim_start_matches([' ', '\t']);
    let colon = after.strip_prefix(':')?;
    let is_key = length > 0 && (colon.is_empty() || colon.starts_with([' ', '\t', '\r']));
    let span = Span::new(at as u32, (at + length) as u32);
    is_key.then(|| Key { name: rest[..length].trim_matches(['"', '\'']).to_owned(), span, has_colon: true })
}

pub(super) fn line_end(text: &str, at: usize) -> usize {
    text.get(at..).and_then(|rest| rest.find('\n')).map_or(text.len(), |length| at + length)
}

fn indentation(text: &str, at: usize) -> usize {
    text.get(at..).map_or(0, |rest| rest.len() - rest.trim_start_matches(' ').len())
}

/// Whether the rest of a line announces a block scalar.
fn is_announcement(rest: &str) -> bool {
    let head = rest.split(" #").next().unwrap_or_default().trim_end();
    head[1..].chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | '-'))
}

/// The length of a plain scalar on one line.
fn plain_end(rest: &str) -> usize {
    rest.split(" #").next().unwrap_or_default().trim_end().len()
}

fn flow_plain_end(text: &str, at: usize) -> usize {
    let rest = &text[at..];
    let mut end = 0;
    for (place, c) in rest.char_indices() {
        let next = rest[place + c.len_utf8()..].chars().next();
        let closes = match c {
            ',' | '[' | ']' | '{' | '}' | '\n' => true,
            ':' => next.is_none_or(|next| next.is_whitespace() || matches!(next, ',' | ']' | '}')),
            '#' => rest[..place].ends_with(' '),
            _ => false,
        };
        if closes {
            break;
        }
        end = place + c.len_utf8();
    }
    at + rest[..end].trim_end().len()
}

/// One past the closing quote; of a quote that is not closed, the end of its line.
fn quote_end(text: &str, at: usize, column: usize) -> usize {
    let quote = text[at..].chars().next().unwrap_or('"');
    let (mut escaped, mut lines) = (false, 0);
    let mut chars = text[at + 1..].char_indices().peekable();
    while let Some((place, c)) = chars.next() {
        let here = at + 1 + place;
        match c {
            _ if escaped => escaped = false,
            '\\' if quote == '"' => escaped = true,
            _ if c == quote => {
                if quote == '\'' && chars.peek().is_some_and(|&(_, next)| next == '\'') {
                    chars.next();
                } else {
                    return here + 1;
                }
            }
            '\n' => {
                lines += 1;
                let end = line_end(text, here + 1);
                let indent = indentation(text, here + 1);
                let goes_on = text[here + 1..end].trim().is_empty() || indent > column;
                if !goes_on || key(text, here + 1 + indent, end).is_some() || lines > MAX_QUOTED_LINES {
                    break;
                }
            }
            _ => {}
        }
    }
    let end = line_end(text, at);
    at + text[at..end].trim_end().len()
}

/// A quoted text over more lines is taken for one that was not closed.
const MAX_QUOTED_LINES: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    /// The paths of all scalars.
    fn paths(text: &str) -> Vec<String> {
        let outline = Outline::read(text);
        let shown = |node: NodeId| {
            let mut path: Vec<_> = std::iter::successors(Some(node), |&node| outline.nodes[node].parent)
                .map(|node| outline.nodes[node].key.as_ref().map_or("-", |key| key.name.as_str()))
                .collect();
            path.reverse();
            format!("{} = {}", path.join("."), outline.nodes[node].value.text(text).replace('\n', "|"))
        };
        (0..outline.nodes.len()).filter(|&node| !outline.nodes[node].value.is_empty()).map(shown).collect()
    }

    #[test]
    fn keys_and_items_have_their_path_however_they_are_written() {
        for (text, expected) in [
            ("rules:\n- id: a\n  pattern: f($X)\n", &["rules.-.id = a", "rules.-.pattern = f($X)"][..]),
            (
                "rules:\n  - id: a\n    patterns:\n    - pattern: x\n    - pattern-not: y\n  - id: b\n",
                &[
                    "rules.-.id = a",
                    "rules.-.patterns.-.pattern = x",
                    "rules.-.patterns.-.pattern-not = y",
                    "rules.-.id = b",
                ],
            ),
            ("a: |\n  x\n   y: z\n\nb: 1", &["a =   x|   y: z", "b = 1"]),
            ("a: >-  # c\n  x\nb: 'q: r' # c\nc: \"\n", &["a =   x", "b = 'q: r'", "c = \""]),
            ("a: {b: [1, \"x, y\"], c: {d: $X}}\ne: 2", &["a.b.- = 1", "a.b.- = \"x, y\"", "a.c.d = $X", "e = 2"]),
            (
                "{\"rules\": [{\"id\": \"a\",\n \"pattern\": \"f()\"}]}",
                &["rules.-.id = \"a\"", "rules.-.pattern = \"f()\""],
            ),
            ("a: {b: 1,\nc: 2\n", &["a.b = 1", "c = 2"]),
            ("a: x\n  y z\nb:\n- - 1\n  - 2\n- 3", &["a = x|  y z", "b.-.- = 1", "b.-.- = 2", "b.- = 3"]),
            ("a: 1\n---\nb: 2\n", &["a = 1", "b = 2"]),
            ("r:\n- a: 1\n  b\n  c: 2\n", &["r.-.a = 1", "r.-.c = 2"]),
            ("- |\n  x\n- y\n", &["- =   x", "- = y"]),
            ("", &[]),
        ] {
            assert_eq!(paths(text), expected, "{text}");
        }
    }

    #[test]
    fn every_text_is_read_to_its_end() {
        let text = "rules:\n- id: 'a\n  b: {c: [\"d\", 'e\n  f: |\n   g\n\n- {\"h\": -\n ä: \"ö\n- - -\n-";
        for start in 0..text.len() {
            for end in start..=text.len() {
                if let Some(part) = text.get(start..end) {
                    Outline::read(part);
                }
            }
        }
    }
}
