//! Patterns.

use crate::run;
use weir_model::Format;
use weir_syntax::Pattern;

/// A language on the first line, then any text as a pattern of it: it compiles or says why not, and matches code within its time.
pub fn patterns(data: &[u8]) {
    let Some((Format::Code(language), text)) = run::split(data) else { return };
    let compiles = Pattern::parse(language, text).is_ok();
    let rule = serde_json::json!({"rules": [{
        "id": "r", "message": "$X $...A", "severity": "ERROR", "languages": [language.name()],
        "pattern": text, "fix": "$X",
    }]});
    let rules = run::compile(&rule.to_string());
    assert!(compiles || !rules.problems().is_empty(), "a pattern that is none is reported");
    let source = run::parse(language, &run::samples(language)[0]);
    run::analyze(&rules, &source);
}
