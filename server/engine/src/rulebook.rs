//! A set of rules as answers show it: what a rule is called, how sure it is, what to do about its findings.

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::sync::Arc;
use weir_model::{RuleInfo, RuleSource, Severity};

/// A set of rules that workers have read.
#[derive(Debug)]
pub(crate) struct Rulebook {
    /// The rule files.
    pub(crate) sources: Arc<[RuleSource]>,
    /// What spares the next worker reading them.
    pub(crate) kept: Arc<[u8]>,
    /// SHA-256 of names and texts, in hexadecimal digits.
    pub(crate) hash: String,
    /// What is to be said of each rule, in the order of the files.
    pub(crate) patterns: Vec<Pattern>,
    by_id: HashMap<Arc<str>, usize>,
}

/// A rule as clients see it.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    /// Id as written.
    pub(crate) id: Arc<str>,
    /// For people.
    pub(crate) name: String,
    /// Class of vulnerability.
    pub(crate) kind: String,
    /// How bad.
    pub(crate) severity: Severity,
    /// What it says, metavariables not filled in.
    pub(crate) message: String,
    /// The file it is in.
    pub(crate) source: String,
    /// Names of languages.
    pub(crate) languages: Vec<String>,
    /// How sure it is of all that it finds, between 0 and 1.
    pub(crate) confidence: f64,
    /// What to do.
    pub(crate) recommendation: String,
    /// Such as `CWE-89`.
    pub(crate) cwe: Option<String>,
    /// Such as `A03:2021 - Injection`.
    pub(crate) owasp: Option<String>,
    /// Regular expressions for texts without a tree.
    pub(crate) fallback: Vec<String>,
    /// All its metadata.
    pub(crate) metadata: Value,
}

impl Rulebook {
    /// What a worker said of rules.
    pub(crate) fn new(sources: Arc<[RuleSource]>, infos: Vec<RuleInfo>, kept: Arc<[u8]>) -> Self {
        let hash = hash(&sources);
        let patterns: Vec<_> = infos.into_iter().map(Pattern::new).collect();
        let by_id = patterns.iter().enumerate().map(|(at, pattern)| (Arc::clone(&pattern.id), at)).collect();
        Self { sources, kept, hash, patterns, by_id }
    }

    /// What is to be said of a rule.
    pub(crate) fn pattern(&self, id: &str) -> Option<&Pattern> {
        self.by_id.get(id).map(|&at| &self.patterns[at])
    }
}

/// Tells rule sets apart.
pub(crate) fn hash(sources: &[RuleSource]) -> String {
    let mut hash = Sha256::new();
    for part in sources.iter().flat_map(|source| [&source.name, &source.text]) {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    crate::hex::encode(&hash.finalize())
}

/// Classes of vulnerability by weakness, in the words of the contract's clients.
const KINDS: &[(u32, &str)] = &[
    (22, "path_traversal"),
    (23, "path_traversal"),
    (73, "path_traversal"),
    (77, "command_injection"),
    (78, "command_injection"),
    (79, "xss"),
    (80, "xss"),
    (89, "sql_injection"),
    (90, "ldap_injection"),
    (91, "xpath_injection"),
    (93, "crlf_injection"),
    (94, "code_injection"),
    (95, "code_injection"),
    (98, "code_injection"),
    (113, "crlf_injection"),
    (117, "log_injection"),
    (200, "information_disclosure"),
    (208, "information_disclosure"),
    (295, "insecure_transport"),
    (319, "insecure_transport"),
    (326, "weak_crypto"),
    (327, "weak_crypto"),
    (328, "weak_crypto"),
    (330, "weak_crypto"),
    (352, "csrf"),
    (400, "denial_of_service"),
    (489, "debug_mode"),
    (502, "insecure_deserialization"),
    (601, "open_redirect"),
    (611, "xxe"),
    (643, "xpath_injection"),
    (770, "denial_of_service"),
    (798, "hardcoded_secret"),
    (915, "mass_assignment"),
    (918, "ssrf"),
    (943, "nosql_injection"),
    (1321, "prototype_pollution"),
    (1333, "denial_of_service"),
    (1336, "template_injection"),
];

/// A rule that says nothing of how sure it is counts as one of medium confidence.
const UNSAID: f64 = 0.7;

impl Pattern {
    fn new(info: RuleInfo) -> Self {
        let metadata = serde_json::from_str(&info.metadata).ok().filter(Value::is_object);
        let metadata = metadata.unwrap_or_else(|| Value::Object(serde_json::Map::new()));
        let cwe = first(&metadata, "cwe").map(|cwe| cwe.split(':').next().unwrap_or(&cwe).trim().to_owned());
        let confidence = match metadata["confidence"].as_str().map(str::to_ascii_uppercase).as_deref() {
            Some("HIGH") => 0.9,
            Some("LOW") => 0.4,
            _ => UNSAID,
        };
        let recommendation = metadata.pointer("/weir/recommendation").and_then(Value::as_str).unwrap_or(&info.message);
        let fallback = metadata.pointer("/weir/fallback").map(strings).unwrap_or_default();
        Self {
            name: metadata["name"].as_str().map_or_else(|| title(&info.id), str::to_owned),
            kind: kind(&metadata, cwe.as_deref(), &info.source),
            severity: info.severity,
            source: info.source,
            languages: info.languages,
            confidence,
            recommendation: recommendation.trim().to_owned(),
            owasp: first(&metadata, "owasp"),
            cwe,
            fallback,
            message: info.message.trim().to_owned(),
            id: info.id,
            metadata,
        }
    }
}

/// The class of vulnerability: by weakness, by what the rule says, of our own rules by the folder they are in.
fn kind(metadata: &Value, cwe: Option<&str>, source: &str) -> String {
    let number = cwe.and_then(|cwe| cwe.strip_prefix("CWE-")?.parse::<u32>().ok());
    let known = number.and_then(|number| KINDS.iter().find(|(cwe, _)| *cwe == number));
    if let Some((_, kind)) = known {
        return (*kind).to_owned();
    }
    if let Some(class) = first(metadata, "vulnerability_class") {
        return snake(&class);
    }
    let folder = source.strip_prefix("built-in/").and_then(|path| path.rsplit('/').nth(1));
    folder.map_or_else(|| "other".to_owned(), snake)
}

fn snake(words: &str) -> String {
    let mut out = String::new();
    for c in words.chars() {
        if c.is_ascii_alphanumeric() {
            out.push(c.to_ascii_lowercase());
        } else if !out.ends_with('_') && !out.is_empty() {
            out.push('_');
        }
    }
    out.trim_end_matches('_').to_owned()
}

/// Words of ids that are not written as words.
const WRITTEN: &[(&str, &str)] = &[
    ("sql", "SQL"),
    ("nosql", "NoSQL"),
    ("xss", "XSS"),
    ("ssrf", "SSRF"),
    ("xml", "XML"),
    ("xxe", "XXE"),
    ("html", "HTML"),
    ("url", "URL"),
    ("php", "PHP"),
    ("javascript", "JavaScript"),
    ("typescript", "TypeScript"),
    ("yaml", "YAML"),
    ("json", "JSON"),
    ("jwt", "JWT"),
    ("ldap", "LDAP"),
    ("http", "HTTP"),
    ("tls", "TLS"),
    ("csrf", "CSRF"),
];

/// An id as a name for people: `python-sql-injection` is `Python SQL injection`.
fn title(id: &str) -> String {
    let last = id.rsplit('.').next().unwrap_or(id);
    let words = last.split(['-', '_']).filter(|word| !word.is_empty()).enumerate().map(|(at, word)| {
        let written = WRITTEN.iter().find(|(plain, _)| word.eq_ignore_ascii_case(plain));
        match written {
            Some((_, written)) => (*written).to_owned(),
            None if at == 0 => word[..1].to_ascii_uppercase() + &word[1..],
            None => word.to_owned(),
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Rules write one string or a list of them.
fn strings(value: &Value) -> Vec<String> {
    match value {
        Value::String(one) => vec![one.clone()],
        Value::Array(many) => many.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

fn first(metadata: &Value, key: &str) -> Option<String> {
    strings(&metadata[key]).into_iter().next()
}
