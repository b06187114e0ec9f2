//! What a rule says of itself beyond its message: the `metadata:` that reports show.

use serde_json::Value;
use weir_model::{RuleInfo, Severity, Weakness};

/// A rule that ran.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    /// What the worker says of it.
    pub(crate) info: RuleInfo,
    /// Its `metadata:`, always an object.
    pub(crate) metadata: Value,
}

impl Rule {
    pub(crate) fn new(info: RuleInfo) -> Self {
        let metadata = serde_json::from_str(&info.metadata).ok().filter(Value::is_object);
        Self { info, metadata: metadata.unwrap_or_else(|| Value::Object(serde_json::Map::new())) }
    }

    /// Its weaknesses as written, such as `CWE-89: Improper Neutralization ...`.
    pub(crate) fn cwe(&self) -> Vec<String> {
        self.strings("cwe")
    }

    /// Its weaknesses, as tools tell them apart.
    pub(crate) fn weaknesses(&self) -> Vec<Weakness> {
        self.cwe().iter().filter_map(|cwe| Weakness::read(cwe)).collect()
    }

    /// Its OWASP categories as written.
    pub(crate) fn owasp(&self) -> Vec<String> {
        self.strings("owasp")
    }

    /// Where to read more.
    pub(crate) fn references(&self) -> Vec<String> {
        self.strings("references")
    }

    /// What to do about its findings.
    pub(crate) fn recommendation(&self) -> Option<&str> {
        self.metadata.pointer("/weir/recommendation").and_then(Value::as_str).map(str::trim)
    }

    /// How sure it is, as written.
    pub(crate) fn confidence(&self) -> Option<&str> {
        self.metadata.get("confidence").and_then(Value::as_str)
    }

    /// Whether its repairs may be made without asking: unless it says `weir: {fix: unsafe}` or is not sure of what it finds.
    pub(crate) fn is_fix_safe(&self) -> bool {
        !self.says_fix_is_unsafe()
            && !self.confidence().is_some_and(|confidence| confidence.eq_ignore_ascii_case("low"))
    }

    /// Whether it says that its repairs may change what the code does.
    pub(crate) fn says_fix_is_unsafe(&self) -> bool {
        self.metadata.pointer("/weir/fix").and_then(Value::as_str) == Some("unsafe")
    }

    /// SARIF's `precision`; none if the rule does not say how sure it is.
    pub(crate) fn precision(&self) -> Option<&'static str> {
        Some(match self.confidence()?.to_ascii_uppercase().as_str() {
            "HIGH" => "high",
            "MEDIUM" => "medium",
            "LOW" => "low",
            _ => return None,
        })
    }

    /// A number in the middle of the band that code hosts give the severity (critical from 9, high from 7, medium from
    /// 4). A rule may state its own as `security-severity`.
    pub(crate) fn security_severity(&self) -> String {
        match self.metadata.get("security-severity") {
            Some(Value::String(own)) if own.parse::<f64>().is_ok() => own.clone(),
            Some(Value::Number(own)) => own.to_string(),
            _ => match self.info.severity {
                Severity::Critical => "9.5",
                Severity::Error => "8.0",
                Severity::Warning => "5.5",
                Severity::Info => "2.0",
            }
            .to_owned(),
        }
    }

    /// The page that says most about it: its own, the first reference, its weakness.
    pub(crate) fn page(&self) -> Option<String> {
        let own = ["shortlink", "url", "source"].iter().find_map(|key| self.metadata.get(key)?.as_str());
        own.map(str::to_owned)
            .or_else(|| self.references().into_iter().next())
            .filter(|page| page.starts_with("http"))
            .or_else(|| self.cwe().first().and_then(|cwe| cwe_page(cwe)))
    }

    /// Rules write one string or a list of them.
    fn strings(&self, key: &str) -> Vec<String> {
        match self.metadata.get(key) {
            Some(Value::String(one)) => vec![one.clone()],
            Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => Vec::new(),
        }
    }
}

/// OWASP's page of a category written as `A03:2021 - Injection`.
pub(crate) fn owasp_page(owasp: &str) -> Option<String> {
    let (number, name) = owasp.split_once(" - ")?;
    let (number, year) = number.trim().split_once(':')?;
    let digits = number.strip_prefix('A')?;
    let is_number = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    // Brackets would end a link.
    let name = name.trim().replace(' ', "_").replace('(', "%28").replace(')', "%29");
    let is_plain = name.chars().all(|c| c.is_ascii_alphanumeric() || "_-%,".contains(c));
    (is_number && year == "2021" && is_plain).then(|| format!("https://owasp.org/Top10/{number}_2021-{name}/"))
}

/// MITRE's page of a weakness written as `CWE-89` or `CWE-89: ...`.
pub(crate) fn cwe_page(cwe: &str) -> Option<String> {
    let number = cwe.strip_prefix("CWE-")?;
    let digits = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
    (digits > 0).then(|| format!("https://cwe.mitre.org/data/definitions/{}.html", &number[..digits]))
}
