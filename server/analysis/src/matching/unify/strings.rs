//! String literals and templates.

use super::{Envs, Unifier, keep};
use crate::context::FileContext;
use crate::flow::number;
use crate::matching::Binding;
use crate::matching::metavar::Env;
use crate::rule::regex::Regex;
use weir_model::{Language, Span};
use weir_syntax::{Kind, NodeId, Role, Symbol};

impl Unifier<'_> {
    /// A string literal of a pattern: `"..."`, `"$X"`, `"=~/re/"` or plain text.
    pub(super) fn string(&self, p: NodeId, t: NodeId, env: Env) -> Envs {
        let tree = self.file.tree;
        let wanted = self.pattern.sym(p);
        match tree.kind(t) {
            Kind::Str => {
                let span = content_span(self.file, t);
                self.content(wanted, tree.sym(t), span.text(self.file.text), Binding::Text(span), env)
            }
            // Without anything put in it is a plain string.
            Kind::Template => match tree.children(t).collect::<Vec<_>>()[..] {
                [part] if tree.kind(part) == Kind::Str => self.string(p, part, env),
                ref parts => {
                    let plain = parts.iter().all(|&part| tree.kind(part) == Kind::Str);
                    Ok(keep(plain && wanted.as_str() == "...", env))
                }
            },
            _ => Ok(Vec::new()),
        }
    }

    /// What a pattern's string says about a string's content; `binding` is what `"$X"` is bound to.
    pub(in crate::matching) fn content(
        &self,
        wanted: Symbol,
        content: Symbol,
        text: &str,
        binding: Binding,
        env: Env,
    ) -> Envs {
        if wanted == content || wanted.as_str() == "..." {
            return Ok(vec![env]);
        }
        if is_metavar(wanted) {
            return Ok(env.bind(self.file, wanted, binding).into_iter().collect());
        }
        if let Some(regex) = self.regex_of(wanted) {
            return Ok(keep(!regex.find_iter(text, self.budget)?.is_empty(), env));
        }
        Ok(Vec::new())
    }

    /// Regular expression literals: `/.../`, `/$X/` or plain text.
    pub(super) fn regex(&self, p: NodeId, t: NodeId, env: Env) -> Envs {
        let tree = self.file.tree;
        // With something put in its text is not known.
        if tree.child(t, Role::Part).is_some() && self.pattern.sym(p).as_str() != "..." {
            return Ok(Vec::new());
        }
        let span = content_span(self.file, t);
        let binding = Binding::Text(span);
        let envs = self.content(self.pattern.sym(p), tree.sym(t), span.text(self.file.text), binding, env)?;
        self.each(envs, |env| self.roles(p, t, &[], env))
    }

    /// Atoms: `:$X` or plain text.
    pub(super) fn atom(&self, p: NodeId, t: NodeId, env: Env) -> Envs {
        let span = self.file.tree.span(t);
        let whole = span.text(self.file.text);
        let name = whole.trim_matches(':');
        let start = span.start + whole.find(name).unwrap_or(0) as u32;
        let binding = Binding::Text(Span::new(start, start + name.len() as u32));
        self.content(self.pattern.sym(p), self.file.tree.sym(t), name, binding, env)
    }

    /// Templates part by part; a fragment `...` is an ellipsis, a fragment `$...X` takes any parts.
    pub(super) fn template(&self, p: NodeId, t: NodeId, env: Env) -> Envs {
        let (pattern, tree) = (self.pattern, self.file.tree);
        if !pattern.sym(p).is_empty() && pattern.sym(p) != tree.sym(t) {
            return Ok(Vec::new());
        }
        let ps: Vec<NodeId> = pattern.with_role(p, Role::Part).collect();
        let ts: Vec<NodeId> = if tree.kind(t) == Kind::Str { vec![t] } else { tree.with_role(t, Role::Part).collect() };
        self.parts(&ps, &ts, env)
    }

    fn parts(&self, ps: &[NodeId], ts: &[NodeId], env: Env) -> Envs {
        self.budget.tick()?;
        let Some((&p, rest)) = ps.split_first() else { return Ok(keep(ts.is_empty(), env)) };
        let text = if self.pattern.kind(p) == Kind::Str { self.pattern.sym(p).as_str() } else { "" };
        let mut out = Vec::new();
        let apart = matches!(self.file.language, Language::Python | Language::Ruby);
        let dots = self.pattern.kind(p) == Kind::Ellipsis && !apart;
        if dots || text == "..." || text.starts_with("$...") {
            for at in 0..=ts.len() {
                let env = if text.starts_with("$...") {
                    let nodes = ts[..at].to_vec();
                    let span = self.span_of(&nodes);
                    env.clone().bind(self.file, self.pattern.sym(p), Binding::Nodes(nodes, span))
                } else {
                    Some(env.clone())
                };
                if let Some(env) = env {
                    super::extend(&mut out, self.parts(rest, &ts[at..], env)?);
                }
            }
        } else if let Some((&t, ts)) = ts.split_first() {
            // What a pattern puts in, `{$X}` or `{...}`, is no text; `"$X"` of PHP may be.
            let put_in = self.file.language != Language::Php;
            if put_in && text.is_empty() && self.is_fragment(t) {
                return Ok(out);
            }
            let envs = self.node(p, t, env)?;
            out = self.each(envs, |env| self.parts(rest, ts, env))?;
        }
        Ok(out)
    }

    /// Whether a template's part is its text, not a string put into it.
    fn is_fragment(&self, part: NodeId) -> bool {
        let (tree, text) = (self.file.tree, self.file.text);
        tree.kind(part) == Kind::Str
            && (tree.sym(part).is_long() || tree.span(part).text(text) == tree.sym(part).as_str())
    }

    /// Numbers are equal by value.
    pub(super) fn same_number(&self, p: NodeId, t: NodeId) -> bool {
        same_value(self.pattern.sym(p).as_str(), self.file.tree.sym(t).as_str(), self.file.language)
    }
}

pub(super) fn is_metavar(text: Symbol) -> bool {
    text.as_str().strip_prefix('$').is_some_and(|name| {
        name.starts_with(|c: char| c.is_ascii_uppercase() || c == '_')
            && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
    })
}

pub(super) fn regex_of(text: Symbol) -> Option<Regex> {
    let inner = text.as_str().strip_prefix("=~/")?;
    let (inner, flags) = inner.rsplit_once('/')?;
    let flags = if flags.contains('i') { "(?i)" } else { "" };
    Regex::search(&format!("{flags}{inner}")).ok()
}

/// Whether two number literals are the same number.
pub(in crate::matching) fn same_value(a: &str, b: &str, language: Language) -> bool {
    a == b || number(a, language).is_some_and(|value| number(b, language) == Some(value))
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
