//! String literals and templates.

use super::{Envs, Unifier, keep};
use crate::context::FileContext;
use crate::matching::Binding;
use crate::matching::metavar::Env;
use weir_model::Span;
use weir_syntax::{Kind, NodeId, Role, Symbol};

impl Unifier<'_> {
    /// A string literal of a pattern: `"..."`, `"$X"`, `"=~/re/"` or plain text.
    pub(super) fn string(&self, p: NodeId, t: NodeId, env: Env) -> Envs {
        let tree = self.file.tree;
        let text = self.pattern.sym(p);
        match tree.kind(t) {
            Kind::Str => {}
            Kind::Template if text.as_str() == "..." => {
                return Ok(keep(tree.children(t).all(|part| tree.kind(part) == Kind::Str), env));
            }
            _ => return Ok(Vec::new()),
        }
        if text.as_str() == "..." {
            return Ok(vec![env]);
        }
        if is_metavar(text) {
            let span = content_span(self.file, t);
            return Ok(env.bind(self.file, text, Binding::Text(span)).into_iter().collect());
        }
        if let Some(regex) = regex_of(text) {
            return Ok(keep(regex.is_match(content_span(self.file, t).text(self.file.text)), env));
        }
        Ok(keep(text == tree.sym(t), env))
    }

    /// Templates part by part; a fragment `...` is an ellipsis.
    pub(super) fn template(&self, p: NodeId, t: NodeId, env: Env) -> Envs {
        let (pattern, tree) = (self.pattern, self.file.tree);
        let ps: Vec<NodeId> = pattern.with_role(p, Role::Part).collect();
        let ts: Vec<NodeId> = tree.with_role(t, Role::Part).collect();
        self.parts(&ps, &ts, env)
    }

    fn parts(&self, ps: &[NodeId], ts: &[NodeId], env: Env) -> Envs {
        let Some((&p, rest)) = ps.split_first() else { return Ok(keep(ts.is_empty(), env)) };
        if self.pattern.kind(p) == Kind::Str && self.pattern.sym(p).as_str() == "..." {
            let mut out = Vec::new();
            for at in 0..=ts.len() {
                self.budget.tick()?;
                super::extend(&mut out, self.parts(rest, &ts[at..], env.clone())?);
            }
            return Ok(out);
        }
        let Some((&t, ts)) = ts.split_first() else { return Ok(Vec::new()) };
        let envs = self.node(p, t, env)?;
        self.each(envs, |env| self.parts(rest, ts, env))
    }

    /// Numbers are equal by value where both are plain integers.
    pub(super) fn same_number(&self, p: NodeId, t: NodeId) -> bool {
        let (p, t) = (self.pattern.sym(p), self.file.tree.sym(t));
        p == t || integer(p).is_some_and(|value| integer(t) == Some(value))
    }
}

fn is_metavar(text: Symbol) -> bool {
    text.as_str().strip_prefix('$').is_some_and(|name| {
        name.starts_with(|c: char| c.is_ascii_uppercase() || c == '_')
            && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
    })
}

fn regex_of(text: Symbol) -> Option<regex::Regex> {
    let inner = text.as_str().strip_prefix("=~/")?;
    let (inner, flags) = inner.rsplit_once('/')?;
    let flags = if flags.contains('i') { "(?i)" } else { "" };
    regex::Regex::new(&format!("{flags}{inner}")).ok()
}

fn integer(number: Symbol) -> Option<i128> {
    let text: String = number.as_str().chars().filter(|&c| c != '_').collect::<String>().to_ascii_lowercase();
    let text = text.trim_end_matches(['l', 'n']);
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        if let Some(digits) = text.strip_prefix(prefix) {
            return i128::from_str_radix(digits, radix).ok();
        }
    }
    text.parse().ok()
}

/// Where a string's content stands, without prefix and quotes.
pub(in crate::matching) fn content_span(file: &FileContext<'_>, node: NodeId) -> Span {
    let span = file.tree.span(node);
    let whole = span.text(file.text);
    let content = file.tree.sym(node);
    let quote = whole.find(['"', '\'', '`', '/', ':', '<']).unwrap_or(0);
    if content.is_long() {
        let quotes = whole[quote..].bytes().take_while(|&b| b == whole.as_bytes()[quote]).count();
        let quotes = if quotes >= 3 { 3 } else { 1 };
        return Span::new(span.start + (quote + quotes) as u32, span.end.saturating_sub(quotes as u32));
    }
    if whole == content.as_str() {
        return span;
    }
    let after = (quote + 1).min(whole.len());
    match whole.get(after..).and_then(|rest| rest.find(content.as_str())) {
        Some(at) => {
            let start = span.start + (after + at) as u32;
            Span::new(start, start + content.as_str().len() as u32)
        }
        None => span,
    }
}
