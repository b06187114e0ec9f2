//! Texts of a finding: metavariables filled in, their values listed.

use crate::context::FileContext;
use crate::flow::Value;
use crate::matching::{Binding, Bindings};
use weir_model::{MetavarValue, Span};
use weir_syntax::Kind;

/// What metavariables are bound to, by name.
pub(crate) fn metavars(file: &FileContext<'_>, bindings: &Bindings) -> Vec<(String, MetavarValue)> {
    let mut values: Vec<_> =
        bindings.0.iter().map(|(name, binding)| (name.as_str().to_owned(), value(file, binding))).collect();
    values.sort_by(|(a, _), (b, _)| a.cmp(b));
    values
}

fn value(file: &FileContext<'_>, binding: &Binding) -> MetavarValue {
    let span = span(file, binding);
    let content = span.text(file.text).to_owned();
    let constant = match binding {
        Binding::Node(node) => match file.constants.get(*node) {
            Some(Value::Str(text) | Value::Number(text)) => Some(text.as_str().to_owned()),
            Some(Value::Node(value)) => {
                let literal = matches!(file.tree.kind(*value), Kind::Str | Kind::Number | Kind::Bool | Kind::Null);
                literal.then(|| file.tree.span(*value).text(file.text).to_owned())
            }
            Some(Value::Bool(_) | Value::AnyStr) | None => None,
        },
        Binding::Nodes(..) | Binding::Text(_) => None,
    };
    MetavarValue { span, constant: constant.filter(|constant| *constant != content), content }
}

/// Where a binding stands.
pub(crate) fn span(file: &FileContext<'_>, binding: &Binding) -> Span {
    match binding {
        Binding::Node(node) => file.tree.span(*node),
        Binding::Nodes(_, span) | Binding::Text(span) => *span,
    }
}

/// Fills in `$X`, `$...X`, `$1` and `value($X)` (the constant, where one is known). Of bound names that fit, the longest is
/// filled in, even if letters follow; what is bound to nothing stays.
pub(crate) fn fill(template: &str, metavars: &[(String, MetavarValue)]) -> String {
    let mut out = String::with_capacity(template.len() + 32);
    let mut rest = template;
    while let Some(dollar) = rest.find('$') {
        let (before, at) = rest.split_at(dollar);
        out.push_str(before);
        let bound = metavars.iter().filter(|(name, _)| at.starts_with(name.as_str()));
        let Some((name, value)) = bound.max_by_key(|(name, _)| name.len()) else {
            out.push('$');
            rest = &at[1..];
            continue;
        };
        rest = &at[name.len()..];
        if let Some(after_call) = before.ends_with("value(").then(|| rest.strip_prefix(')')).flatten() {
            out.truncate(out.len() - "value(".len());
            out.push_str(value.constant.as_ref().unwrap_or(&value.content));
            rest = after_call;
        } else {
            out.push_str(&value.content);
        }
    }
    out.push_str(rest);
    out
}

/// A fix's template for Elixir without an `end` that is one too many behind a metavariable which is bound to one already. Rules
/// are written so for engines to which `fn x -> x end` is all but its `end`.
pub(crate) fn without_second_end(template: &str, metavars: &[(String, MetavarValue)]) -> String {
    let words = |wanted: &[&str]| {
        template.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| wanted.contains(word)).count()
    };
    let mut spare = words(&["end"]).saturating_sub(words(&["do", "fn"]));
    let mut template = template.to_owned();
    for (name, _) in metavars.iter().filter(|(_, value)| value.content.ends_with(" end")) {
        let second = format!("{name} end");
        while spare > 0 && template.contains(&second) {
            template = template.replacen(&second, name, 1);
            spare -= 1;
        }
    }
    template
}

/// Stable over moved lines: the rule, the matched text with white space folded, and how many equal findings came before it.
pub(crate) fn fingerprint(rule_id: &str, matched: &str, before: usize) -> String {
    // FNV-1a with 128 bits: a name for a finding, not a seal on it.
    let mut hash: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    let mut byte = |byte: u8| {
        hash ^= u128::from(byte);
        hash = hash.wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
    };
    rule_id.bytes().for_each(&mut byte);
    for word in matched.split_whitespace() {
        byte(0);
        word.bytes().for_each(&mut byte);
    }
    byte(0);
    before.to_string().bytes().for_each(&mut byte);
    format!("{hash:032x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_metavariables_that_fit_the_longest_is_filled_in() {
        let metavars = [
            ("$X", "x", None),
            ("$XS", "xs", None),
            ("$...A", "1, 2", None),
            ("$C", "c", Some("42")),
            ("$1", "g", None),
        ]
        .map(|(name, content, constant)| {
            let constant = constant.map(str::to_owned);
            (name.to_owned(), MetavarValue { span: Span::default(), content: content.to_owned(), constant })
        });
        for (template, expected) in [
            ("$X", "x"),
            ("f($X, $XS)", "f(x, xs)"),
            ("f($...A)", "f(1, 2)"),
            ("$C is value($C)", "c is 42"),
            ("value($X)", "x"),
            ("$Y $ $", "$Y $ $"),
            ("$12 and $1", "g2 and g"),
            ("$XY", "xY"),
            ("$$X", "$x"),
            ("costs 5$", "costs 5$"),
            ("ä$Xä", "äxä"),
        ] {
            assert_eq!(fill(template, &metavars), expected, "{template}");
        }
    }

    #[test]
    fn fingerprints_ignore_white_space_and_tell_repetitions_apart() {
        assert_eq!(fingerprint("r", "f( a,\n  b)", 0), fingerprint("r", "f( a, b)", 0));
        assert_ne!(fingerprint("r", "f(a)", 0), fingerprint("r", "f(a)", 1));
        assert_ne!(fingerprint("r", "f(a)", 0), fingerprint("s", "f(a)", 0));
    }
}
