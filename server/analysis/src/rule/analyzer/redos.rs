//! Whether a backtracking engine may take very long for a regex: because one text can be matched in very many ways, all of
//! which are tried when what follows does not match.
//!
//! The regex becomes an automaton ([`automaton`]), in which ambiguity is a matter of reachability ([`ambiguity`]): it is
//! exponential if two different ways lead from a state back to it over one text, and polynomial if loops that read one text
//! follow each other. What an engine does not go back into (possessive and atomic groups, look-arounds) is judged by itself.

mod ambiguity;
mod automaton;
mod charset;
mod parse;

use crate::budget::{Budget, Stop};
use automaton::Automaton;
use parse::Node;

/// Longer regexes are not looked at: the automaton would be given up anyway.
const MAX_LENGTH: usize = 4096;

/// Whether a regex is vulnerable. One that cannot be read or is too large counts as safe.
pub(super) fn is_vulnerable(text: &str, budget: &Budget<'_>) -> Result<bool, Stop> {
    if text.len() > MAX_LENGTH {
        return Ok(false);
    }
    let Some(regex) = parse::regex(text) else { return Ok(false) };
    let mut apart = vec![&regex];
    while let Some(node) = apart.pop() {
        budget.look()?;
        if let Some(automaton) = Automaton::of(node)
            && ambiguity::is_vulnerable(&automaton, budget)?
        {
            return Ok(true);
        }
        apart.extend(judged_apart(node));
    }
    Ok(false)
}

/// The parts of a regex that are matched once and not gone back into, those within them left out.
fn judged_apart(node: &Node) -> Vec<&Node> {
    let mut out = Vec::new();
    let mut rest: Vec<&Node> = node.children().collect();
    while let Some(node) = rest.pop() {
        match node {
            Node::Atomic(inner) | Node::Look { inner, .. } => out.push(&**inner),
            _ => rest.extend(node.children()),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(vulnerable: bool, regexes: &[&str]) {
        for regex in regexes {
            assert!(parse::regex(regex).is_some(), "{regex} is not read");
            assert_eq!(is_vulnerable(regex, &Budget::unlimited()), Ok(vulnerable), "{regex}");
        }
    }

    #[test]
    fn a_loop_in_a_loop_over_the_same_text_is_exponential() {
        check(
            true,
            &[
                "(a+)+$",
                "(a*)*b",
                "((honk )+)+$",
                r"([a-z]+)*\d",
                r"^(\w+\s?)*$",
                "(x+x+)+y",
                "(.*)*$",
                "(a+b?)+$",
                "(a{1,5})+$",
                r"(\s*,?\s*)*$",
                "^(?:[a-z0-9]+-?)+$",
                "(?:(?:a)+?)+?b",
                r"^([a-zA-Z0-9])(([\-.]|[_]+)?([a-zA-Z0-9]+))*(@){1}[a-z0-9]+[.]{1}(([a-z]{2,3})|([a-z]{2,3}[.]{1}[a-z]{2,3}))$",
                "(?i)(?:A|a)+!",
                "(?<name>a+)+$",
                "(?x) ( a+ # letters\n )+ $",
            ],
        );
    }

    #[test]
    fn alternatives_that_begin_alike_in_a_loop_are_exponential() {
        check(true, &["(a|a)*$", "(a|aa)+$", "(ab|a|b)*c", "(foo|fo+|o)+$", r"(\d+|\d+x)+$", r"(?:.|\n|\s)*end"]);
    }

    #[test]
    fn what_has_one_way_only_is_safe() {
        check(
            false,
            &[
                "",
                "hello+",
                "(a|b)*$",
                r"(\w+\s)*$",
                r"^(\w+\.)+com$",
                "(a+b)+$",
                r#""([^"\\]|\\.)*""#,
                r"^[\w.]+@[\w.]+\.com$",
                "<[^>]+>",
                r"^([a-z]+(-[a-z]+)*)$",
                r"(\d{1,3}\.){3}\d{1,3}",
                r"(?:(?!end)a)*end",
                r"^(?:(?!-)[a-z-]{1,63}\.)+com$",
            ],
        );
    }

    #[test]
    fn what_cannot_fail_afterwards_is_safe() {
        check(false, &["(a+)+", "([a-zA-Z]+)*", "(a+)+b?", r"([a-z]+)+(?:;.*)?", r"((?:.|\n)+)*"]);
        check(true, &["((a+)+b)?x", "(a+)+b"]);
    }

    #[test]
    fn what_is_not_gone_back_into_is_judged_by_itself() {
        check(false, &["(?:a+)++$", "(?>a+)+$", "((honk )+)++$", "(?>(a+)+)$", "(a++)+$", "(?:[a-z]++-?)+$"]);
        check(true, &["(?=(a+)+b)c", "(?>(a+)+b)", "(?!(a+)+b)c"]);
    }

    #[test]
    fn many_loops_over_the_same_text_in_a_row_are_vulnerable() {
        check(true, &["(.*a){11}$", "^.*.*.*.*x$", r"\s*\s*\s*\s*$"]);
        check(false, &[r"\s+$", ".*=.*$", "a*a*$", r"^\d+\d+$", r"a+b+c+d+e+f+$"]);
    }

    #[test]
    fn what_is_no_regex_is_nothing() {
        let deep = "(".repeat(5_000);
        let wide = "(a?){16}".repeat(100);
        for text in ["(", "[a", "a**b(", r"\", &deep, &wide, "(?", "a{2", "(?P<", "[z-a]", "*a"] {
            assert_eq!(is_vulnerable(text, &Budget::unlimited()), Ok(false), "{text}");
        }
    }
}
