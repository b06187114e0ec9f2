//! Conditions on what metavariables are bound to.

use super::candidates::Scope;
use super::formula::{Evaluation, dedup, find, text_bindings};
use super::metavar::Env;
use super::unify::{Unifier, content_span};
use super::{Binding, Bindings, Index, Match, value};
use crate::budget::Stop;
use crate::context::FileContext;
use crate::flow::Value;
use crate::rule::formula::Within;
use crate::rule::regex::Regex;
use crate::rule::{Condition, Formula, FullName, Options, Test};
use weir_model::{Language, Span};
use weir_syntax::{Kind, Limits, NodeId, Role, Source};

impl Evaluation<'_> {
    /// Keeps what meets all conditions. What a `metavariable-pattern` binds is no condition on another one.
    pub(super) fn conditions(&self, conditions: &[Condition], matches: Vec<Match>) -> Result<Vec<Match>, Stop> {
        if conditions.is_empty() {
            return Ok(matches);
        }
        if let Some(record) = self.record {
            for condition in conditions {
                record.anew(condition);
            }
        }
        let mut out = Vec::new();
        for found in matches {
            self.budget.tick()?;
            let mut all = vec![found.bindings.clone()];
            for condition in conditions {
                let mut next = Vec::new();
                let asked = !all.is_empty();
                for bindings in all {
                    next.extend(self.condition(condition, &found.bindings, bindings)?);
                }
                if let Some(record) = self.record.filter(|_| asked) {
                    record.asked(condition, &found, !next.is_empty());
                }
                all = next;
            }
            out.extend(all.into_iter().map(|bindings| Match { bindings, ..found.clone() }));
        }
        dedup(&mut out, self.budget)?;
        Ok(out)
    }

    /// The bindings so far if they meet a condition, with what the condition binds.
    fn condition(&self, condition: &Condition, own: &Bindings, bindings: Bindings) -> Result<Vec<Bindings>, Stop> {
        match &condition.test {
            Test::Comparison(comparison) => {
                let holds =
                    comparison.holds(self.budget.today, &|name| Some(value::of(bindings.get(name)?, self.file)));
                Ok(if holds { vec![bindings] } else { Vec::new() })
            }
            Test::Type { metavariable, types } => {
                let Some(Binding::Node(node)) = bindings.get(*metavariable) else { return Ok(Vec::new()) };
                for (_, type_) in types.iter().filter(|(language, _)| *language == self.file.language) {
                    let unifier = Unifier::new(type_.tree(), Options::default(), self.file, self.budget);
                    for root in type_.roots() {
                        if !unifier.of_type(root, *node, Env::from(&bindings))?.is_empty() {
                            return Ok(vec![bindings]);
                        }
                    }
                }
                Ok(Vec::new())
            }
            Test::Analysis { metavariable, analyzer } => {
                let Some(binding) = bindings.get(*metavariable) else { return Ok(Vec::new()) };
                let Some(text) = self.string(binding) else { return Ok(Vec::new()) };
                Ok(if analyzer.finds(&text, self.budget)? { vec![bindings] } else { Vec::new() })
            }
            Test::Name { metavariable, name } => {
                let Some(Binding::Node(node)) = bindings.get(*metavariable) else { return Ok(Vec::new()) };
                let full = self.file.names.full_names(self.file.tree, *node);
                Ok(if full.iter().any(|full| is_named(full, name)) { vec![bindings] } else { Vec::new() })
            }
            Test::Regex { metavariable, regex, constant_propagation } => {
                let Some(binding) = bindings.get(*metavariable) else { return Ok(Vec::new()) };
                let groups = self.text_matches(binding, regex, *constant_propagation)?;
                Ok(groups.and_then(|groups| bindings.merge(&groups, self.file)).into_iter().collect())
            }
            Test::Pattern { metavariable, within, formula } => {
                let Some(binding) = bindings.get(*metavariable) else { return Ok(Vec::new()) };
                let found = self.inner(binding, *within, formula, own)?;
                let mut out: Vec<Bindings> = Vec::new();
                for inner in found {
                    let bindings = bindings.extended(&inner);
                    if !out.contains(&bindings) {
                        out.push(bindings);
                    }
                }
                Ok(out)
            }
        }
    }

    /// What the groups of a regex bind in the text of a binding, if it matches.
    fn text_matches(&self, binding: &Binding, regex: &Regex, constants: bool) -> Result<Option<Bindings>, Stop> {
        let place = match binding {
            // A module's name is no string to the rule.
            Binding::Node(node)
                if self.file.tree.role(*node) == Role::Module && self.file.tree.kind(*node) == Kind::Str =>
            {
                content_span(self.file, *node)
            }
            _ => binding.span(self.file),
        };
        let in_file = |place: Span| -> Result<Option<Bindings>, Stop> {
            let found = regex.match_at_start(place.text(self.file.text))?;
            Ok(found.map(|found| text_bindings(&found.groups, place.start)))
        };
        if let Some(bindings) = in_file(place)? {
            return Ok(Some(bindings));
        }
        let Binding::Node(node) = binding else { return Ok(None) };
        // `"$X"` is bound to all of `"a" + "b"`, and means what it holds.
        let constants = constants || self.file.tree.kind(*node) == Kind::Binary;
        match self.file.constants.get(*node).filter(|_| constants) {
            Some(Value::Node(value)) => match in_file(self.file.tree.span(*value))? {
                Some(bindings) => Ok(Some(bindings)),
                None => in_file(content_span(self.file, *value)),
            },
            // What stands nowhere in the file binds nothing.
            Some(Value::Number(number)) => Ok(regex.is_match_at_start(number.as_str())?.then(Bindings::default)),
            Some(Value::Str(text)) => {
                let quoted = format!("\"{}\"", text.as_str());
                let matches = regex.is_match_at_start(&quoted)? || regex.is_match_at_start(text.as_str())?;
                Ok(matches.then(Bindings::default))
            }
            None if constants && self.file.tree.kind(*node) == Kind::Str => in_file(content_span(self.file, *node)),
            Some(Value::Bool(_) | Value::AnyStr) | None => Ok(None),
        }
    }

    /// The string a binding is known to be, or the text it is, if it is no code.
    fn string(&self, binding: &Binding) -> Option<String> {
        let file = self.file;
        let content = |literal: NodeId| {
            let span = content_span(file, literal);
            matches!(file.tree.kind(literal), Kind::Str | Kind::Regex).then(|| unescaped(file, span))
        };
        match binding {
            Binding::Node(node) => match file.constants.get(*node) {
                Some(Value::Node(value)) => content(*value),
                Some(Value::Str(text)) => Some(text.as_str().replace(r"\\", r"\")),
                _ => content(*node),
            },
            Binding::Text(span) => Some(unescaped(file, *span)),
            Binding::Nodes(_, span) => Some(span.text(file.text).to_owned()),
        }
    }

    /// The bindings under which bound code matches a formula.
    fn inner(
        &self,
        binding: &Binding,
        within: Within,
        formula: &Formula,
        outer: &Bindings,
    ) -> Result<Vec<Bindings>, Stop> {
        let span = match within {
            Within::Text => self.content(binding),
            Within::Same | Within::Code(_) => binding.span(self.file),
        };
        let top = match (within, binding) {
            (Within::Code(language), _) => {
                let found = self.embedded(binding, language, formula)?;
                return Ok(if found { vec![outer.clone()] } else { Vec::new() });
            }
            (Within::Text, _) | (_, Binding::Text(_)) => Vec::new(),
            (_, Binding::Node(node)) => vec![*node],
            (_, Binding::Nodes(nodes, _)) => nodes.clone(),
        };
        let nodes = match (top.first(), top.last()) {
            (Some(first), Some(last)) => first.0..self.file.tree.end(*last).0,
            _ => 0..0,
        };
        let scope = Scope { nodes, top, env: Env::from(outer), around: None, among: None };
        let inner =
            Evaluation { file: self.file, budget: self.budget, scope, text: Some(span), zone: None, record: None };
        let mut out: Vec<Bindings> = Vec::new();
        for found in inner.formula(formula)? {
            if let Some(bindings) = outer.merge(&found.bindings, self.file)
                && !out.contains(&bindings)
            {
                out.push(bindings);
            }
        }
        Ok(out)
    }

    /// Where the text of a binding stands: of a string, or a name known to hold one, the content.
    fn content(&self, binding: &Binding) -> Span {
        let Binding::Node(node) = binding else { return binding.span(self.file) };
        let literal = match self.file.constants.get(*node) {
            Some(Value::Node(value)) => *value,
            _ => *node,
        };
        match self.file.tree.kind(literal) {
            Kind::Str => content_span(self.file, literal),
            _ => self.file.tree.span(*node),
        }
    }

    /// Whether a string's content, read as code of another language, matches. What is bound in it stays there.
    fn embedded(&self, binding: &Binding, language: Language, formula: &Formula) -> Result<bool, Stop> {
        let text = match binding {
            Binding::Node(node) => match self.file.constants.get(*node) {
                Some(Value::Str(text)) => text.as_str(),
                Some(Value::Node(value)) if self.file.tree.kind(*value) == Kind::Str => {
                    content_span(self.file, *value).text(self.file.text)
                }
                _ if self.file.tree.kind(*node) == Kind::Str => content_span(self.file, *node).text(self.file.text),
                _ => self.file.tree.span(*node).text(self.file.text),
            },
            other => other.span(self.file).text(self.file.text),
        };
        let stop = || self.budget.look().is_err();
        // Without its opening tag PHP is the HTML around it.
        let tag = if language == Language::Php && !text.contains("<?") { "<?php " } else { "" };
        let source = Source::parse(language, format!("{tag}{text}"), Limits { stop: &stop });
        self.budget.look()?;
        let part = source.parts()[0];
        let index = Index::of(part.tree, part.language, None);
        let file = FileContext::new(&part, index, false, None, self.budget)?;
        Ok(!find(formula, &file, self.budget)?.is_empty())
    }
}

/// Whether a full name is as wanted.
fn is_named(full: &str, wanted: &FullName) -> bool {
    let within = |module: &str| full.strip_prefix(module).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    (wanted.modules.is_empty() || wanted.modules.iter().any(|module| within(module)))
        && (wanted.names.is_empty() || wanted.names.iter().any(|name| name == full))
}

/// A text of the file; of a string literal's content, what the program sees for `\\`. Other escapes mean the same to a regex.
fn unescaped(file: &FileContext<'_>, span: Span) -> String {
    let text = span.text(file.text);
    let before = file.text[..span.start as usize].trim_end_matches(['"', '\'']);
    let is_quoted = before.len() < span.start as usize;
    let is_raw = file.language == Language::Python && before.ends_with(['r', 'R']) || before.ends_with("String.raw");
    if is_quoted && !is_raw { text.replace(r"\\", r"\") } else { text.to_owned() }
}
