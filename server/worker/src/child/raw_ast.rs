//! A tree for who asks to see it: kinds and places, and no word of the text.

use ropey::Rope;
use std::fmt::Write as _;
use weir_model::PositionEncoding;
use weir_syntax::{Kind, NodeId, Part, Source};

/// More nodes are not shown: a tree as JSON has some hundred bytes a node.
const MAX_NODES: usize = 50_000;

/// What is nested deeper is not shown: readers of JSON give up on documents that are nested as deep as hostile code is.
/// Each node takes two levels.
const MAX_DEPTH: usize = 48;

/// The trees of a text as JSON: `{"type","start":{"line","column"},"end":{..},"children":[..]}`, lines and columns from one.
pub(super) fn of(source: &Source, text: &Rope, columns: PositionEncoding) -> String {
    let mut writer = Writer { text, columns, left: MAX_NODES, out: String::new() };
    let parts = source.parts();
    let mut trees = parts.iter().filter(|part| !part.tree.is_empty());
    match (trees.next(), trees.next()) {
        (None, _) => "null".to_owned(),
        (Some(only), None) => {
            writer.node(only, weir_syntax::Tree::ROOT, 0);
            writer.out
        }
        (Some(_), Some(_)) => {
            writer.out.push_str("{\"type\":\"Page\",\"children\":[");
            for (index, part) in parts.iter().filter(|part| !part.tree.is_empty()).enumerate() {
                if index > 0 {
                    writer.out.push(',');
                }
                writer.node(part, weir_syntax::Tree::ROOT, 1);
            }
            writer.out.push_str("]}");
            writer.out
        }
    }
}

struct Writer<'a> {
    text: &'a Rope,
    columns: PositionEncoding,
    left: usize,
    out: String,
}

impl Writer<'_> {
    /// Writes a node and what is below it, as deep as is shown.
    fn node(&mut self, part: &Part<'_>, node: NodeId, depth: usize) {
        self.left = self.left.saturating_sub(1);
        let tree = part.tree;
        let range = self.columns.range(self.text, part.place(tree.span(node)));
        let _ = write!(self.out, "{{\"type\":\"{:?}\",\"role\":\"{:?}\"", tree.kind(node), tree.role(node));
        if tree.kind(node) == Kind::Other {
            // The grammar's name of it, which is no text of the file.
            let _ = write!(self.out, ",\"grammarType\":\"{}\"", plain(tree.sym(node).as_str()));
        }
        for (name, at) in [("start", range.start), ("end", range.end)] {
            let _ = write!(self.out, ",\"{name}\":{{\"line\":{},\"column\":{}}}", at.line + 1, at.column + 1);
        }
        let mut children = tree.children(node).peekable();
        if children.peek().is_some() {
            if depth >= MAX_DEPTH || self.left == 0 {
                self.out.push_str(",\"truncated\":true");
            } else {
                self.out.push_str(",\"children\":[");
                for (index, child) in children.enumerate() {
                    if self.left == 0 {
                        break;
                    }
                    if index > 0 {
                        self.out.push(',');
                    }
                    self.node(part, child, depth + 1);
                }
                self.out.push(']');
            }
        }
        self.out.push('}');
    }
}

/// Names of grammars are words; whatever is none is left out rather than escaped.
fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')).collect()
}
