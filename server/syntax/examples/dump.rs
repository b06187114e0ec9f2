//! Shows the generic tree of a file or pattern: `dump FILE`, or `dump --pattern LANGUAGE TEXT`.

use std::path::Path;
use weir_model::Language;
use weir_syntax::{Limits, Pattern, Source};

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--pattern", language, text] => {
            for &language in Language::from_rule_name(language) {
                match Pattern::parse(language, text) {
                    Ok(pattern) => print!("{}", pattern.tree().dump()),
                    Err(error) => println!("{error}"),
                }
            }
        }
        [file] => {
            let text = std::fs::read_to_string(file).expect("a readable file");
            let language = Language::from_path(Path::new(file)).expect("a language Weir reads");
            let source = Source::parse(language, text, Limits::NONE);
            print!("{}", source.tree().dump());
            println!("{:?}", source.notes());
        }
        _ => println!("usage: dump FILE | dump --pattern LANGUAGE TEXT"),
    }
}
