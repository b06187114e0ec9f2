//! Patterns: code with holes, parsed by the grammar of its language and lowered by the same code as targets.
//!
//! Grammars do not know `$X` and `...`. They are replaced by names that are legal where an identifier is, the result is
//! parsed in a ladder of contexts ([`Context`]) until one has no error, and the names become holes while lowering. Inside
//! strings, comments and regexes the names are turned back into what was written, so a string's content stays as it is.

use crate::lower::{self, Context, Lowering};
use crate::misfit::Misfit;
use crate::tree::Node;
use crate::veil::Veil;
use crate::{Kind, NodeId, PatternParser, Role, Symbol, Tree};
use std::borrow::Cow;
use std::sync::Arc;
use tree_sitter as ts;
use weir_model::{Language, Span};

pub(crate) const METAVAR: &str = "weirv_";
const SEQUENCE: &str = "weirs_";
const ELLIPSIS: &str = "weir_e";
const DEEP: &str = "weir_deep";

/// A pattern of one language.
#[derive(Clone, Debug)]
pub struct Pattern {
    language: Language,
    tree: Arc<Tree>,
    is_statement: bool,
}

/// What a grammar made of a pattern's text.
#[derive(Clone)]
pub(crate) struct Parsed {
    pub(crate) tree: Arc<Tree>,
    /// Whether a `<` stands in the text that the grammar read.
    pub(crate) has_angle: bool,
}

/// A text that is no pattern of its language.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// Nothing but white space.
    #[error("the pattern is empty")]
    Empty,
    /// No context makes it parse.
    #[error("this is not valid {language} code, even with metavariables and ellipses{}", if *is_over { ": it ends too early" } else { "" })]
    Syntax {
        /// The language's name.
        language: &'static str,
        /// The byte of the pattern's text at which it cannot go on in any context.
        at: usize,
        /// That is its end.
        is_over: bool,
    },
}

impl Pattern {
    /// Parses a pattern; for many of them see [`PatternParser`].
    pub fn parse(language: Language, text: &str) -> Result<Self, PatternError> {
        PatternParser::default().parse(language, text).map(Arc::unwrap_or_clone)
    }

    /// The part of a pattern's text that says something.
    pub fn significant(text: &str) -> &str {
        text.trim_matches(['\n', '\r']).trim_end()
    }

    pub(crate) fn new(language: Language, parsed: Parsed, text: &str) -> Self {
        Self { language, tree: parsed.tree, is_statement: text.ends_with(';') }
    }

    /// What the grammar of a language makes of a pattern in the first context that fits.
    pub(crate) fn parse_as(parser: &mut ts::Parser, language: Language, text: &str) -> Result<Parsed, Misfit> {
        let syntax = lower::pattern_syntax(language);
        let rewritten = (syntax.rewrite)(&any_loop(language, text));
        let prepared = placeholders(&rewritten, syntax.native_metavars, |_, _| {});
        let holes = Holes { php: language == Language::Php };
        let guess = method(&prepared, syntax.contexts);
        for context in ladder(&prepared, syntax.contexts, guess) {
            let Context { before, after } = context;
            if before.is_empty() && after.is_empty() && is_unfinished(language, &prepared) {
                continue;
            }
            let whole = format!("{before}{prepared}{after}");
            let veil = Veil::of(language, &whole);
            let Some(cst) = veil.parse(parser, &whole, None, &|| false) else { continue };
            if cst.root_node().has_error() {
                continue;
            }
            let region = Span::new(before.len() as u32, (before.len() + prepared.len()) as u32);
            let (nodes, _) = Lowering::of_pattern(language, &whole, &holes).file(cst.root_node()).nodes(Vec::new());
            let tree = finish(&Tree { nodes, comments: Vec::new() }, region);
            if tree.len() > 1 {
                return Ok(Parsed { tree: Arc::new(tree), has_angle: whole.contains('<') });
            }
        }
        Err(Misfit)
    }

    /// The language.
    pub fn language(&self) -> Language {
        self.language
    }

    /// The tree; its root's children are the pattern: one expression, statement or part, or a sequence of statements.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// Whether it ends with a semicolon: an expression so written stands for the statement that has it.
    pub fn is_statement(&self) -> bool {
        self.is_statement
    }

    /// The pattern's top nodes.
    pub fn roots(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.tree.children(Tree::ROOT)
    }
}

/// `for (...)` stands for loops of all kinds: it becomes `for (...;;)`, which is legal.
pub(crate) fn any_loop(language: Language, text: &str) -> Cow<'_, str> {
    let has_headers = matches!(
        language,
        Language::JavaScript | Language::TypeScript | Language::Tsx | Language::Java | Language::Php
    );
    let mut out = Cow::Borrowed(text);
    let mut at = 0;
    while let Some(found) = out[at..].find("for").filter(|_| has_headers) {
        at += found + 3;
        let rest = &out[at..];
        let dots = ["(", "...", ")"].iter().try_fold(rest, |rest, part| rest.trim_start().strip_prefix(part));
        if let Some(after) = dots {
            let end = out.len() - after.len();
            out.to_mut().replace_range(at..end, " (...;;)");
        }
    }
    out
}

/// The contexts in the order in which they are tried. Braces and `key: value` mean an object first where the grammar
/// would read them as a block and a label.
fn ladder<'a>(text: &str, contexts: &'a [Context], guess: Option<&'a Context>) -> impl Iterator<Item = &'a Context> {
    let text = text.trim_start();
    let opening = if text.starts_with('{') {
        Some("(")
    } else if is_entry(text) {
        Some("({")
    } else {
        None
    };
    let first = if guess.is_some() {
        guess
    } else if is_header(text) {
        contexts.iter().find(|context| context.before.is_empty() && context.after.contains("{}"))
    } else {
        opening.and_then(|opening| contexts.iter().find(|context| context.before == opening))
    };
    let others = contexts.iter().filter(move |&context| !first.is_some_and(|first| std::ptr::eq(first, context)));
    first.into_iter().chain(others)
}

/// The context of a method: a name, parameters and on the same line a body are none of a program's statements in
/// JavaScript, and to find out by parsing costs more than all the rest.
fn method<'a>(text: &str, contexts: &'a [Context]) -> Option<&'a Context> {
    let class = contexts.iter().find(|context| context.before == "class weir_c { " && context.after == "\n}")?;
    let rest = text.trim_start_matches(|c: char| c.is_alphanumeric() || matches!(c, '_' | '$'));
    let name = &text[..text.len() - rest.len()];
    let is_statement =
        matches!(name, "" | "if" | "while" | "for" | "switch" | "with" | "catch" | "function" | "class" | "do");
    let end = closing(rest).filter(|_| !is_statement && text.ends_with('}'))?;
    rest[end + 1..].trim_start_matches(' ').starts_with('{').then_some(class)
}

/// Where the parenthesis closes that a text starts with.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    let mut closes = text.char_indices().filter_map(|(at, c)| {
        depth = if c == '(' { depth + 1 } else { depth.saturating_sub(usize::from(c == ')')) };
        (c == ')' && depth == 0).then_some(at)
    });
    closes.next().filter(|_| text.starts_with('('))
}

/// Whether the text is `if (...)` or the like without what it decides about: a grammar may read it as a call.
fn is_header(text: &str) -> bool {
    let word = text.trim_start_matches(|c: char| c.is_ascii_lowercase());
    let keyword = matches!(&text[..text.len() - word.len()], "if" | "while" | "for" | "switch");
    let parenthesis = word.trim_start();
    keyword && closing(parenthesis).is_some_and(|at| parenthesis[at + 1..].trim().is_empty())
}

/// Whether the text cannot be a whole program. Whatever stands by itself in Java ends with a semicolon or a brace; most
/// patterns are expressions, and finding out by parsing them costs more than parsing them as what they are.
fn is_unfinished(language: Language, text: &str) -> bool {
    let ends = |text: &str| text.trim_end().ends_with([';', '}']);
    language == Language::Java && !ends(text) && !text.contains("//") && !text.contains("/*")
}

/// Whether the text starts like `key: value`.
fn is_entry(text: &str) -> bool {
    let after = match text.chars().next() {
        Some(quote @ ('"' | '\'')) => text[1..].split_once(quote).map_or("", |(_, after)| after),
        _ => text.trim_start_matches(|c: char| c.is_alphanumeric() || matches!(c, '_' | '$')),
    };
    after.len() < text.len()
        && after.trim_start().strip_prefix(':').is_some_and(|value| !value.starts_with(':'))
        && !text.starts_with("default")
}

/// Turns placeholders back.
pub(crate) struct Holes {
    php: bool,
}

impl Holes {
    /// What a name stands for.
    pub(crate) fn name(&self, text: &str) -> (Kind, Symbol) {
        let bare = text.trim_start_matches(['$', '@', ':']);
        if let Some(rest) = strip(bare, SEQUENCE) {
            return (Kind::EllipsisMetavar, Symbol::new(&format!("$...{rest}")));
        }
        if let Some(rest) = strip(bare, METAVAR) {
            return (Kind::Metavar, Symbol::new(&format!("${rest}")));
        }
        if bare.eq_ignore_ascii_case(ELLIPSIS) {
            return (Kind::Ellipsis, Symbol::EMPTY);
        }
        let kind = if text.strip_prefix('$').is_some_and(is_metavar) && !(self.php && is_superglobal(text)) {
            Kind::Metavar
        } else {
            Kind::Ident
        };
        (kind, Symbol::new(&Self::restore(text)))
    }

    /// The text as it was written in the pattern.
    pub(crate) fn restore(text: &str) -> Cow<'_, str> {
        if !text.as_bytes().windows(4).any(|word| word.eq_ignore_ascii_case(b"weir")) {
            return Cow::Borrowed(text);
        }
        let lower = text.to_ascii_lowercase();
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        while let Some(found) = lower[at..].find("weir") {
            let start = at + found;
            out.push_str(&text[at..start]);
            let rest = &text[start..];
            at = start
                + if strip(rest, SEQUENCE).is_some() {
                    out.push_str("$...");
                    SEQUENCE.len()
                } else if strip(rest, METAVAR).is_some() {
                    out.push('$');
                    METAVAR.len()
                } else if strip(rest, DEEP).is_some() {
                    out.push_str("<...");
                    DEEP.len()
                } else if strip(rest, ELLIPSIS).is_some() {
                    out.push_str("...");
                    ELLIPSIS.len()
                } else {
                    out.push_str(&rest[..4]);
                    4
                };
        }
        out.push_str(&text[at..]);
        Cow::Owned(out)
    }
}

/// Strips a placeholder's prefix; languages with upper-case names for types get it capitalised.
fn strip<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then(|| &text[prefix.len()..])
}

fn is_metavar(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase() || c == '_')
        && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

fn is_superglobal(text: &str) -> bool {
    matches!(
        text,
        "$_GET" | "$_POST" | "$_REQUEST" | "$_COOKIE" | "$_SERVER" | "$_FILES" | "$_ENV" | "$_SESSION" | "$GLOBALS"
    )
}

/// Replaces `$...X`, `<... p ...>`, `...` and (unless `native_metavars`) `$X` by names. `moved` is told where in the answer
/// something starts that starts elsewhere in the text, and where there.
pub(crate) fn placeholders(text: &str, native_metavars: bool, mut moved: impl FnMut(usize, usize)) -> String {
    let mut out = String::with_capacity(text.len() + 32);
    let bytes = text.as_bytes();
    let mut at = 0;
    let mut deep = 0usize;
    while at < bytes.len() {
        // What is no placeholder starts with none of these.
        let plain = bytes[at..].iter().take_while(|byte| !matches!(byte, b'$' | b'<' | b'.')).count();
        moved(out.len(), at);
        out.push_str(&text[at..at + plain]);
        at += plain;
        let rest = &text[at..];
        if rest.is_empty() {
            break;
        }
        moved(out.len(), at);
        if let Some(name) = rest.strip_prefix("$...") {
            let len = name.bytes().take_while(|&b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_').count();
            if len > 0 {
                out.push_str(SEQUENCE);
                out.push_str(&name[..len]);
                at += 4 + len;
                continue;
            }
        }
        if let Some(name) = rest.strip_prefix('$') {
            let len = name.bytes().take_while(|&b| b.is_ascii_alphanumeric() || b == b'_').count();
            if len > 0 && is_metavar(&name[..len]) && !native_metavars {
                out.push_str(METAVAR);
                out.push_str(&name[..len]);
                at += 1 + len;
                continue;
            }
        }
        if rest.starts_with("<...") {
            out.push_str(DEEP);
            out.push('(');
            deep += 1;
            at += 4;
            continue;
        }
        if deep > 0 && rest.starts_with("...>") {
            out.push(')');
            deep -= 1;
            at += 4;
            continue;
        }
        if let Some(after) = rest.strip_prefix("...") {
            // `...xs` is a spread, `1...2` a range: only a free-standing ellipsis is a hole.
            let joined = after.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '[' | '{'));
            let in_text =
                out.ends_with(|c: char| c.is_ascii_digit()) && after.starts_with(|c: char| c.is_ascii_digit());
            if !joined && !in_text {
                // Glued to a word in front (`foo...`) it can only stand in a string, which turns it back.
                out.push_str(ELLIPSIS);
                at += 3;
                continue;
            }
        }
        let c = rest.chars().next().expect("not at the end");
        out.push(c);
        at += c.len_utf8();
    }
    out
}

/// Keeps what the pattern's text became and brings holes to their normal form:
/// wrappers around nothing but an ellipsis are the ellipsis; `weir_deep(p)` is a deep ellipsis; a cast to a type of a
/// metavariable that was written typed is a typed metavariable.
fn finish(tree: &Tree, region: Span) -> Tree {
    let mut nodes = Vec::with_capacity(tree.len());
    nodes.push(Node { size: 1, span: region, ..tree.nodes[0] });
    let mut out = Tree { nodes, comments: Vec::new() };
    roots(tree, Tree::ROOT, region, &mut out);
    out.nodes[0].size = out.nodes.len() as u32;
    out
}

fn roots(tree: &Tree, node: NodeId, region: Span, out: &mut Tree) {
    for child in tree.children(node) {
        let span = tree.span(child);
        if region.start <= span.start && span.start < region.end && !span.is_empty() {
            // Decorators alone: the definition they stand before is the context's.
            let alone = tree.children(child).take_while(|&part| tree.span(part).start < region.end);
            let is_decorator = |part: NodeId| tree.role(part) == Role::Decorator;
            if span.end > region.end && alone.clone().next().is_some() && alone.clone().all(is_decorator) {
                for part in alone {
                    emit(tree, part, Role::Stmt, region, 0, out);
                }
                continue;
            }
            // A block says by its role what it belongs to: `finally { ... }`.
            let role = if tree.kind(child) == Kind::Block { tree.role(child) } else { Role::Stmt };
            emit(tree, child, role, region, 0, out);
        } else if span.start < region.start && region.start < span.end {
            roots(tree, child, region, out);
        }
    }
}

fn emit(tree: &Tree, node: NodeId, role: Role, region: Span, parent: u32, out: &mut Tree) {
    let kept = |child: NodeId| tree.span(child).start < region.end || tree.span(child).is_empty();
    let mut children = tree.children(node).filter(|&child| kept(child));
    let (kind, sym) = (tree.kind(node), tree.sym(node));
    let hole = |node: NodeId| matches!(tree.kind(node), Kind::Ellipsis | Kind::EllipsisMetavar);
    // What wraps nothing but an ellipsis is the ellipsis, also where it takes two to be legal (`... ...;`, `...: ...`).
    let wraps = matches!(
        kind,
        Kind::Param
            | Kind::VarDef
            | Kind::JsxAttr
            | Kind::Decorator
            | Kind::Case
            | Kind::Function
            | Kind::Error
            | Kind::Pair
            | Kind::KeywordArg
    );
    let nested = kind == Kind::Other && out.nodes[parent as usize].kind == Kind::Other;
    if (wraps || nested)
        && children.clone().all(hole)
        && let Some(first) = children.next()
    {
        return emit(tree, first, role, region, parent, out);
    }
    let is_deep = kind == Kind::Call && is_deep(tree, node);
    let (kind, sym) = if is_deep { (Kind::DeepEllipsis, Symbol::EMPTY) } else { (kind, sym) };
    let id = out.nodes.len() as u32;
    out.nodes.push(Node { kind, role, sym, span: tree.span(node), size: 1, up: id - parent });
    if is_deep {
        tree.with_role(node, Role::Arg).for_each(|child| emit(tree, child, Role::Child, region, id, out));
    } else {
        children.for_each(|child| emit(tree, child, tree.role(child), region, id, out));
    }
    out.nodes[id as usize].size = out.nodes.len() as u32 - id;
}

fn is_deep(tree: &Tree, call: NodeId) -> bool {
    tree.child(call, Role::Callee)
        .is_some_and(|callee| tree.kind(callee) == Kind::Ident && matches!(tree.sym(callee).as_str(), DEEP | "<..."))
}
