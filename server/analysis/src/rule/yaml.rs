//! YAML with places: every key and value knows its line, column and bytes, so that a rule's error can point at it.
//!
//! YAML 1.2 (JSON is a part of it): `yes` and `on` are strings. Scalars stay text until somebody asks for a number or a
//! boolean. Broken YAML is an answer, never a panic.

mod reading;
mod recovery;
mod within;

use reading::Lines;
pub(crate) use recovery::read;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use weir_model::Span;

/// Where something stands in a rule file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    /// In bytes.
    pub(crate) span: Span,
    /// One-based.
    pub(crate) line: u32,
    /// One-based, in characters.
    pub(crate) column: u32,
}

/// Of a rule without errors that is kept, places are asked for again only to explain what it does: by line, and in bytes.
impl Serialize for Place {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        (self.line, self.span).serialize(to)
    }
}

impl<'de> Deserialize<'de> for Place {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let (line, span) = Deserialize::deserialize(from)?;
        Ok(Self { span, line, column: 0 })
    }
}

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Yaml {
    pub(crate) place: Place,
    pub(crate) value: Value,
}

/// The kinds of value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Value {
    /// Text; `plain` if it was written without quotes, so that it may be a number, boolean or null.
    Scalar { text: String, plain: bool },
    /// A list.
    List(Vec<Yaml>),
    /// Keys and values in the order of the file. Keys are unique: of equal keys the first is kept.
    Map(Vec<(Key, Yaml)>),
}

/// A key of a map and where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Key {
    pub(crate) text: String,
    pub(crate) place: Place,
}

/// Something wrong in a file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) place: Place,
    /// Where in the scalar that stands there.
    pub(crate) inside: Option<Inside>,
    pub(crate) message: String,
}

/// A byte of a scalar's text, for whoever has the file to say where that stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Inside {
    pub(crate) text: String,
    pub(crate) at: usize,
}

impl Fault {
    /// A fault of what stands at a place.
    pub(crate) fn new(place: Place, message: impl Into<String>) -> Self {
        Self { place, inside: None, message: message.into() }
    }
}

/// What a file holds, and what is wrong. Of a list of rules with a syntax error in one, the others are there.
#[derive(Debug, Default)]
pub(crate) struct File {
    pub(crate) documents: Vec<Yaml>,
    /// Syntax errors.
    pub(crate) broken: Vec<Fault>,
    /// Keys that stand twice in one map.
    pub(crate) duplicates: Vec<Fault>,
}

impl Yaml {
    /// The text of a scalar.
    pub(crate) fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// A boolean.
    pub(crate) fn as_bool(&self) -> Option<bool> {
        match self.plain()? {
            "true" | "True" | "TRUE" => Some(true),
            "false" | "False" | "FALSE" => Some(false),
            _ => None,
        }
    }

    /// A whole number.
    pub(crate) fn as_int(&self) -> Option<i64> {
        self.plain().and_then(int)
    }

    /// Whether there is no value: nothing, `~` or `null`.
    pub(crate) fn is_null(&self) -> bool {
        matches!(self.plain(), Some("" | "~" | "null" | "Null" | "NULL"))
    }

    /// The items of a list.
    pub(crate) fn as_list(&self) -> Option<&[Yaml]> {
        match &self.value {
            Value::List(items) => Some(items),
            _ => None,
        }
    }

    /// The entries of a map.
    pub(crate) fn as_map(&self) -> Option<&[(Key, Yaml)]> {
        match &self.value {
            Value::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// The value under a key of a map.
    pub(crate) fn get(&self, key: &str) -> Option<&Yaml> {
        self.as_map()?.iter().find(|(k, _)| k.text == key).map(|(_, value)| value)
    }

    /// What kind of value this is, for messages.
    pub(crate) fn describe(&self) -> &'static str {
        match &self.value {
            Value::Scalar { .. } if self.is_null() => "nothing",
            Value::Scalar { .. } => "a text",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
        }
    }

    /// As JSON.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match &self.value {
            Value::List(items) => Json::Array(items.iter().map(Yaml::to_json).collect()),
            Value::Map(entries) => {
                Json::Object(entries.iter().map(|(key, value)| (key.text.clone(), value.to_json())).collect())
            }
            Value::Scalar { text, plain } => {
                if self.is_null() {
                    Json::Null
                } else if let Some(bool) = self.as_bool() {
                    Json::Bool(bool)
                } else if let Some(int) = self.as_int() {
                    Json::from(int)
                } else if let Some(float) = plain.then(|| float(text)).flatten() {
                    Json::from(float)
                } else {
                    Json::String(text.clone())
                }
            }
        }
    }

    fn plain(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar { text, plain: true } => Some(text),
            _ => None,
        }
    }

    /// Number of nodes.
    fn size(&self) -> usize {
        1 + match &self.value {
            Value::Scalar { .. } => 0,
            Value::List(items) => items.iter().map(Yaml::size).sum(),
            Value::Map(entries) => entries.iter().map(|(_, value)| 1 + value.size()).sum(),
        }
    }

    /// How many levels of lists and maps.
    fn depth(&self) -> usize {
        match &self.value {
            Value::Scalar { .. } => 0,
            Value::List(items) => 1 + items.iter().map(Yaml::depth).max().unwrap_or(0),
            Value::Map(entries) => 1 + entries.iter().map(|(_, value)| value.depth()).max().unwrap_or(0),
        }
    }
}

fn int(text: &str) -> Option<i64> {
    if let Some(hex) = text.strip_prefix("0x") {
        return i64::from_str_radix(hex, 16).ok();
    }
    if let Some(octal) = text.strip_prefix("0o") {
        return i64::from_str_radix(octal, 8).ok();
    }
    text.parse().ok()
}

/// YAML 1.2's core schema: what Rust reads as a float but starts like a word (`inf`, `nan`) is a string.
fn float(text: &str) -> Option<f64> {
    let digits = text.trim_start_matches(['+', '-']);
    digits.starts_with(|c: char| c.is_ascii_digit() || c == '.').then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> String {
        let file = read(text);
        assert_eq!(file.broken, [], "{text}");
        file.documents.iter().map(|yaml| yaml.to_json().to_string()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn values_follow_yaml_1_2() {
        for (yaml, expected) in [
            ("a: yes", r#"{"a":"yes"}"#),
            ("a: on\nb: off", r#"{"a":"on","b":"off"}"#),
            ("a: true\nb: 'true'", r#"{"a":true,"b":"true"}"#),
            ("a: 010\nb: 0x10\nc: 1.5\nd: 1e3", r#"{"a":10,"b":16,"c":1.5,"d":1000.0}"#),
            ("a: ~\nb:\nc: null\nd: 'null'", r#"{"a":null,"b":null,"c":null,"d":"null"}"#),
            ("a: inf\nb: nan", r#"{"a":"inf","b":"nan"}"#),
            ("a: !!str 1", r#"{"a":"1"}"#),
            ("a: |\n  x\n   y\nb: >-\n  x\n  y", r#"{"a":"x\n y\n","b":"x y"}"#),
            ("{\"a\": [1, \"b\", null]}", r#"{"a":[1,"b",null]}"#),
            (r#"{"a": "\ud83d\uDE00"}"#, r#"{"a":"😀"}"#),
            ("\u{feff}a: 1", r#"{"a":1}"#),
            ("a: 1\n---\nb: 2\n", r#"{"a":1} {"b":2}"#),
            ("a: &x [1, 2]\nb: *x", r#"{"a":[1,2],"b":[1,2]}"#),
            ("a: &x {k: 1, l: 2}\nb:\n  <<: *x\n  k: 3", r#"{"a":{"k":1,"l":2},"b":{"k":3,"l":2}}"#),
            ("a: 1\r\nb: 2\r\n", r#"{"a":1,"b":2}"#),
        ] {
            assert_eq!(json(yaml), expected, "{yaml}");
        }
    }

    #[test]
    fn places_are_lines_columns_and_bytes() {
        for (text, line, column) in
            [("a: 1\nkey: value", 2, 6), ("ä: ö\r\nkey: value", 2, 6), ("\u{feff}x: value", 1, 4)]
        {
            let file = read(text);
            let (_, value) = &file.documents[0].as_map().unwrap().last().unwrap();
            assert_eq!((value.place.line, value.place.column), (line, column), "{text}");
            assert_eq!(value.place.span.text(text), "value", "{text}");
        }
    }

    #[test]
    fn broken_files_say_where() {
        for (text, line) in
            [("a: [1", 1), ("a: 1\n\tb: 2", 1), ("a: 'x\nb: 1", 1), ("? [a]\n: 1", 1), ("a: *nobody", 1)]
        {
            let broken = read(text).broken;
            assert!(broken.first().is_some_and(|fault| fault.place.line >= line), "{text:?}: {broken:?}");
        }
    }

    #[test]
    fn keys_that_stand_twice_are_reported_where_the_second_stands() {
        let file = read("a: 1\nb: 2\na: 3\n");
        assert_eq!(file.duplicates.iter().map(|fault| fault.place.line).collect::<Vec<_>>(), [3]);
        assert_eq!(file.documents[0].get("a").and_then(Yaml::as_int), Some(1));
    }

    #[test]
    fn documents_that_grow_without_bound_are_refused() {
        use std::fmt::Write as _;
        let mut laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let _ = writeln!(laughs, "a{level}: &a{level} [{}]", format!("*a{},", level - 1).repeat(10));
        }
        assert_eq!(read(&laughs).broken.len(), 1);
        assert_eq!(read(&"[".repeat(100_000)).broken.len(), 1);
        let mut nested = format!("a0: &a0 {}{}\n", "[".repeat(100), "]".repeat(100));
        for level in 1..100 {
            let _ = writeln!(nested, "a{level}: &a{level} [*a{}]", level - 1);
        }
        assert_eq!(read(&nested).broken.len(), 1);
    }

    #[test]
    fn a_syntax_error_in_a_rule_leaves_the_others() {
        let ids = |text: &str| -> (Vec<String>, Vec<u32>) {
            let file = read(text);
            let rules = file.documents.iter().filter_map(|document| document.get("rules")?.as_list()).flatten();
            let ids = rules.filter_map(|rule| Some(format!("{}@{}", rule.get("id")?.as_str()?, rule.place.line)));
            (ids.collect(), file.broken.iter().map(|fault| fault.place.line).collect())
        };
        for (text, expected, lines) in [
            ("rules:\n- id: a\n- id: [b\n- id: c\n", &["a@2", "c@4"][..], 1),
            ("rules:\n  - id: a\n  - id: b\n\tx: 1\n  - id: c\n    x: 1\n", &["a@2", "c@5"], 1),
            ("rules:\n- id: 'a\n- id: b\n- id: c: d\n- id: e\n", &["b@3", "e@5"], 2),
            ("rules:\n- id: a\n- id: *nobody\n- id: c\n", &["a@2", "c@4"], 1),
            ("rules:\n- id: ä\n  x: }\n- id: ö\n", &["ö@4"], 1),
            ("rules:\n- id: a\n- {id: b\n", &["a@2"], 1),
            ("rules: [{id: a}, {id: b]", &["a@1"], 1),
            ("other:\n- id: [b\n- id: c\n", &[], 1),
        ] {
            let (found, broken) = ids(text);
            assert_eq!(
                (&found[..], broken.len()),
                (&expected.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>()[..], lines),
                "{text} {broken:?}"
            );
        }
        let many = format!("rules:\n{}", "- id: [b\n".repeat(1000));
        assert_eq!(ids(&many).1.len(), recovery::MAX_BROKEN);
    }
}
