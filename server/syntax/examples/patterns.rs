//! Which of many patterns do not parse: reads patterns separated by NUL on stdin, prints each that fails with its error.
//! `patterns LANGUAGE < FILE`; with `--trees` after the language prints each with its tree as well.

use std::io::Read as _;
use std::process::ExitCode;
use weir_model::Language;
use weir_syntax::Pattern;

fn main() -> ExitCode {
    let name = std::env::args().nth(1).unwrap_or_default();
    let trees = std::env::args().nth(2).is_some_and(|flag| flag == "--trees");
    let languages = Language::from_rule_name(&name);
    if languages.is_empty() {
        println!("usage: patterns LANGUAGE < FILE (patterns separated by NUL)");
        return ExitCode::FAILURE;
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).expect("UTF-8 on stdin");
    for &language in languages {
        let (mut failed, mut all) = (0, 0);
        for pattern in text.split('\0').filter(|pattern| !pattern.trim().is_empty()) {
            all += 1;
            match Pattern::parse(language, pattern) {
                Ok(parsed) if trees => {
                    println!("---- {pattern}");
                    parsed.roots().for_each(|root| println!("  => {}", parsed.tree().sexp(root)));
                }
                Ok(_) => {}
                Err(error) => {
                    failed += 1;
                    println!("---- {}: {error}\n{pattern}", language.name());
                }
            }
        }
        println!("==== {}: {failed} of {all} patterns do not parse", language.name());
    }
    ExitCode::SUCCESS
}
