//! Where a comment may stand. The generic tree leaves out what this is about: the tokens.

use crate::program::Program;
use tree_sitter::Node;
use weir_model::Language;

/// What a place in a text is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spot {
    /// Between the tokens of code: a comment may stand there.
    Code,
    /// Between the children of a JSX element: a comment in braces may.
    Markup,
    /// Outside of PHP's tags: the page that it writes.
    Page,
    /// In the middle of a token, or of text that does not parse.
    Token,
}

/// What a place in a page is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageSpot {
    /// Between the tokens of code that runs in its order: a comment of the language may stand there.
    Code(Language),
    /// In the text of the page: its own comments may, and its template's.
    Text,
    /// In what the page is made of, as an element or a script's string: a comment that its template leaves out may.
    Inside,
    /// In a tag of the template.
    Token,
}

impl Program {
    /// What a line break is in, or the end of the text.
    pub(crate) fn at_break(&self, at: u32) -> Spot {
        let text = self.text().as_bytes();
        let at = at as usize;
        // A backslash that joins lines is no token in every grammar.
        let before = text[..at.min(text.len())].strip_suffix(b"\r").unwrap_or(&text[..at.min(text.len())]);
        if before.ends_with(b"\\") {
            return Spot::Token;
        }
        // What a script's first line says is for the system, and must be the first.
        if text.starts_with(b"#!") && memchr::memchr(b'\n', text).is_none_or(|end| at <= end) {
            return Spot::Token;
        }
        let Some(node) = self.smallest(at, (at + 1).min(text.len())) else { return Spot::Token };
        let is_leaf = node.child_count() == 0 && node.parent().is_some();
        match node.kind() {
            "jsx_text" | "jsx_element" | "jsx_fragment" => Spot::Markup,
            "text" | "text_interpolation" if self.language() == Language::Php => Spot::Page,
            _ if is_leaf || !self.takes_comments(node) => Spot::Token,
            _ => Spot::Code,
        }
    }

    /// Whether a comment in the middle of a line may stand right before a token: in languages that have such comments.
    pub(crate) fn takes_comment_before(&self, at: u32) -> bool {
        use Language::{Java, JavaScript, Php, Tsx, TypeScript};
        let at = at as usize;
        let Some(mut node) = self.smallest(at, at) else { return false };
        while node.start_byte() == at
            && let Some(parent) = node.parent()
        {
            node = parent;
        }
        let is_markup =
            matches!(node.kind(), "jsx_text" | "jsx_element" | "jsx_fragment" | "text" | "text_interpolation");
        // Together with the comment's own slash some would be other tokens, and others belong to the name behind them.
        let before = at.checked_sub(1).map(|before| self.text().as_bytes()[before]);
        let joins = before.is_some_and(|byte| b"/<$#@".contains(&byte) || byte.is_ascii_alphanumeric());
        let is_inside = node.child_count() > 0 && node.start_byte() <= at && at < node.end_byte();
        matches!(self.language(), JavaScript | TypeScript | Tsx | Java | Php)
            && is_inside
            && !joins
            && !is_markup
            && self.takes_comments(node)
    }

    fn smallest(&self, start: usize, end: usize) -> Option<Node<'_>> {
        self.concrete()?.root_node().descendant_for_byte_range(start, end)
    }

    /// Whether what stands between a node's children is nothing but space.
    fn takes_comments(&self, node: Node<'_>) -> bool {
        let is_text = |node: Node<'_>| {
            let kind = node.kind();
            let texts =
                ["string", "heredoc", "nowdoc", "regex", "quoted", "sigil", "charlist", "text_block", "template"];
            let arrays = ["string_array", "symbol_array", "subshell", "shell_command", "delimited_symbol", "char"];
            let code = ["template_substitution", "interpolation", "type_arguments", "template_literal_type"];
            !code.contains(&kind) && texts.iter().chain(&arrays).any(|part| kind.contains(part))
        };
        // Before version 3.12 Python takes no comments in what is substituted; PHP has none in strings at all.
        let is_picky = matches!(self.language(), Language::Python | Language::Php);
        let mut above = std::iter::successors(Some(node), Node::parent);
        let in_text = if is_picky { above.any(is_text) } else { is_text(node) };
        !in_text && !node.is_error() && !node.kind().contains("comment")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;
    use std::collections::BTreeMap;
    use std::path::{Path, PathBuf};

    fn files(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).expect("a readable folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                files(&path, found);
            } else if Language::from_path(&path).is_some() {
                found.push(path);
            }
        }
    }

    /// Comments of the grammar's tree, by what they stand in.
    fn comments<'t>(node: Node<'t>, found: &mut Vec<Node<'t>>) {
        if node.is_extra() && node.kind().contains("comment") {
            found.push(node);
        }
        let mut cursor = node.walk();
        for child in node.children(&mut cursor) {
            comments(child, found);
        }
    }

    /// A comment at the end of every line of code, and one before it: no handler of the lowering loses one.
    #[test]
    fn no_comment_is_lost() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut paths = Vec::new();
        for folder in ["../analysis/tests/analysis/incremental/seeds", "../../patterns", "../../tests/apps"] {
            files(&here.join(folder), &mut paths);
        }
        let mut lost: BTreeMap<String, usize> = BTreeMap::new();
        for path in paths {
            let language = Language::from_path(&path).expect("asked before");
            let text = std::fs::read_to_string(&path).expect("a readable file");
            let source = Program::parse(language, text.clone(), Limits::NONE);
            let opener = match language {
                Language::Python | Language::Ruby | Language::Elixir => "#",
                _ => "//",
            };
            let mut commented = String::new();
            let mut at = 0;
            for line in text.split_inclusive('\n') {
                let content = line.trim_end();
                at += line.len();
                commented.push_str(content);
                if line.ends_with('\n') && source.at_break(at as u32 - 1) == Spot::Code {
                    commented += &format!(" {opener} c\n{opener} d");
                }
                commented.push('\n');
            }
            let after = Program::parse(language, commented, Limits::NONE);
            let mut all = Vec::new();
            comments(after.concrete().expect("parsed").root_node(), &mut all);
            for node in all {
                let span = weir_model::Span::from(node.byte_range());
                if !after.tree().comments().contains(&span) {
                    let parent = node.parent().map_or("", |parent| parent.kind());
                    *lost.entry(format!("{language:?} {parent}")).or_default() += 1;
                }
            }
        }
        assert!(lost.is_empty(), "{lost:#?}");
    }
}
