//! The small languages within rules.

use crate::run;
use arbitrary::Arbitrary;
use weir_model::Language;

/// What people write into a rule besides patterns.
#[derive(Arbitrary, Debug)]
pub struct Conditions {
    comparison: String,
    regex: String,
    anywhere: String,
    replacement: String,
    message: String,
    /// What `$X` is bound to.
    value: String,
}

/// Any comparison, regex, replacement and message in an otherwise good rule.
pub fn conditions(input: &Conditions) {
    let Conditions { comparison, regex, anywhere, replacement, message, value } = input;
    let conditions = [
        serde_json::json!({"metavariable-comparison": {"metavariable": "$X", "comparison": comparison}}),
        serde_json::json!({"metavariable-regex": {"metavariable": "$X", "regex": regex}}),
        serde_json::json!({"pattern-not-regex": regex}),
    ];
    let mut rules: Vec<_> = conditions
        .iter()
        .enumerate()
        .map(|(nth, condition)| {
            serde_json::json!({
                "id": format!("r{nth}"), "message": message, "severity": "ERROR", "languages": ["python"],
                "patterns": [{"pattern": "f($X)"}, condition], "fix": replacement,
            })
        })
        .collect();
    rules.push(serde_json::json!({
        "id": "any", "message": message, "severity": "ERROR", "languages": ["regex"], "pattern-regex": anywhere,
        "fix-regex": {"regex": regex, "replacement": replacement},
    }));
    let rules = run::compile(&serde_json::json!({ "rules": rules }).to_string());
    let text = format!("f({value})\nf(1)\nf('é')\nf(-0x1f + 2 ** 3 / 0)\n");
    run::analyze(&rules, &run::parse(Language::Python, &text));
    run::analyze_text(&rules, &text);
}
