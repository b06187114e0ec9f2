//! Rule files.

use crate::run;
use weir_model::Language;

/// Any text as a rule file: it compiles or says why not, and what compiles runs.
pub fn rules(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let rules = run::compile(text);
    if rules.rules().is_empty() {
        return;
    }
    for language in Language::ALL {
        let source = run::parse(language, &run::samples(language)[0]);
        run::analyze(&rules, &source);
    }
    run::analyze_text(&rules, &run::samples(Language::Php)[0]);
}
