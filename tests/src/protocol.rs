//! What the protocol allows: every message of the server is held against the protocol's own model (`tests/protocol/model.py`).

use crate::binary;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::LazyLock;

static MODEL: LazyLock<Value> = LazyLock::new(|| {
    let path = binary::root().join("target/tools/protocol/model.json");
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|_| panic!("{} is missing: run tests/setup once", path.display()));
    serde_json::from_str(&text).expect("the model is JSON")
});

/// One conversation: which requests of the client wait for an answer.
#[derive(Default)]
pub struct Protocol {
    asked: HashMap<i64, String>,
}

impl Protocol {
    /// The client asks something.
    pub fn asked(&mut self, id: i64, method: &str) {
        self.asked.insert(id, method.to_owned());
    }

    /// What is wrong with a message of the server, if something is.
    pub fn check(&mut self, message: &Value) -> Result<(), String> {
        if message["jsonrpc"] != "2.0" {
            return Err("no `jsonrpc`".to_owned());
        }
        if let Some(method) = message["method"].as_str() {
            let known = &MODEL["methods"][method];
            if known["direction"] == "clientToServer" || known.is_null() {
                return Err(format!("a server does not send {method}"));
            }
            return check(&known["params"], &message["params"], method);
        }
        if message["id"].is_null() && [-32700, -32600].iter().any(|code| message["error"]["code"] == *code) {
            // What could not be read has no number that could be given back.
            return Ok(());
        }
        let id = message["id"].as_i64().ok_or("an answer without a number")?;
        let method = self.asked.remove(&id).ok_or_else(|| format!("an answer to {id}, which nobody asked"))?;
        if let Some(error) = message.get("error") {
            let is_error = error["code"].is_i64() && error["message"].is_string();
            return if is_error { Ok(()) } else { Err(format!("no error of the protocol: {error}")) };
        }
        let known = &MODEL["methods"][&method]["result"];
        if known.is_null() {
            // Methods of a later version of the protocol, and `shutdown`.
            return Ok(());
        }
        check(known, message.get("result").ok_or("an answer without a result")?, &method)
    }
}

/// Whether a value is of a type; `place` says where it stands.
fn check(kind: &Value, value: &Value, place: &str) -> Result<(), String> {
    let fits = |fits: bool| if fits { Ok(()) } else { Err(format!("{place}: {value} is no {kind}")) };
    let Some(parts) = kind.as_array() else {
        return fits(match kind.as_str() {
            Some("any") => true,
            Some("object") => value.is_object(),
            Some("null") => value.is_null(),
            Some("boolean") => value.is_boolean(),
            Some("integer") => value.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
            Some("uinteger") => value.as_u64().is_some_and(|number| i32::try_from(number).is_ok()),
            Some("decimal") => value.is_number(),
            Some("string") => value.is_string(),
            // Methods without parameters.
            None => value.is_null() || value.as_object().is_some_and(serde_json::Map::is_empty),
            Some(_) => false,
        });
    };
    let rest = &parts[1..];
    match parts[0].as_str().unwrap_or_default() {
        "or" => {
            let each: Vec<_> = rest.iter().map(|kind| check(kind, value, place)).collect();
            let all = || each.iter().filter_map(|tried| tried.clone().err()).collect::<Vec<_>>().join("; or ");
            if each.iter().any(Result::is_ok) { Ok(()) } else { Err(all()) }
        }
        "array" => each(&rest[0], value.as_array().ok_or_else(|| format!("{place}: {value} is no list"))?, place),
        "tuple" => {
            let values = value.as_array().filter(|values| values.len() == rest.len());
            let pairs = values.ok_or_else(|| format!("{place}: {value} is no {kind}"))?.iter().zip(rest);
            pairs.into_iter().try_for_each(|(value, kind)| check(kind, value, place))
        }
        "map" => {
            let map = value.as_object().ok_or_else(|| format!("{place}: {value} is no map"))?;
            map.iter().try_for_each(|(key, value)| check(&rest[0], value, &format!("{place}.{key}")))
        }
        "literal" => fits(rest.contains(value)),
        "type" => of_type(rest[0].as_str().unwrap_or_default(), value, place),
        _ => fits(false),
    }
}

fn each(kind: &Value, values: &[Value], place: &str) -> Result<(), String> {
    values.iter().enumerate().try_for_each(|(at, value)| check(kind, value, &format!("{place}[{at}]")))
}

/// A structure has all it must have and nothing the protocol does not know; an enumeration's value is one of its values.
fn of_type(name: &str, value: &Value, place: &str) -> Result<(), String> {
    let known = &MODEL["types"][name];
    if let Some(values) = known["values"].as_array() {
        return if values.contains(value) { Ok(()) } else { Err(format!("{place}: {value} is no {name}")) };
    }
    let properties = known["properties"].as_object().ok_or_else(|| format!("{place}: there is no type {name}"))?;
    let object = value.as_object().ok_or_else(|| format!("{place}: {value} is no {name}"))?;
    for (key, property) in properties {
        match object.get(key) {
            Some(value) => check(&property["type"], value, &format!("{place}.{key}"))?,
            None if property["required"] == true => return Err(format!("{place}: a {name} without {key}")),
            None => {}
        }
    }
    match object.keys().find(|key| !properties.contains_key(*key)) {
        Some(unknown) => Err(format!("{place}: a {name} has no {unknown}")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::Protocol;
    use serde_json::json;

    fn check(message: &serde_json::Value) -> Result<(), String> {
        let mut protocol = Protocol::default();
        protocol.asked(1, "textDocument/hover");
        protocol.check(message)
    }

    #[test]
    fn messages_are_held_against_the_model() {
        let place = json!({ "start": { "line": 0, "character": 1 }, "end": { "line": 0, "character": 2 } });
        let published = |diagnostic: serde_json::Value| {
            let params = json!({ "uri": "file:///a", "diagnostics": [diagnostic] });
            json!({ "jsonrpc": "2.0", "method": "textDocument/publishDiagnostics", "params": params })
        };
        let answer = |result: serde_json::Value| json!({ "jsonrpc": "2.0", "id": 1, "result": result });
        for good in [
            published(json!({ "range": place, "message": "m", "severity": 2, "code": "c" })),
            answer(json!(null)),
            answer(json!({ "contents": { "kind": "markdown", "value": "v" } })),
            json!({ "jsonrpc": "2.0", "id": 1, "error": { "code": -32800, "message": "m" } }),
        ] {
            assert_eq!(check(&good), Ok(()), "{good}");
        }
        for (bad, why) in [
            (published(json!({ "range": place })), "a Diagnostic without message"),
            (published(json!({ "range": place, "message": "m", "severity": 9 })), "9 is no DiagnosticSeverity"),
            (published(json!({ "range": place, "message": "m", "severity": null })), "null is no DiagnosticSeverity"),
            (published(json!({ "range": place, "message": "m", "colour": 1 })), "a Diagnostic has no colour"),
            (
                published(
                    json!({ "range": { "start": { "line": -1, "character": 0 }, "end": { "line": 0, "character": 0 } }, "message": "m" }),
                ),
                "-1 is no",
            ),
            (answer(json!({ "contents": 1 })), "hover"),
            (json!({ "jsonrpc": "2.0", "id": 2, "result": null }), "nobody asked"),
            (json!({ "jsonrpc": "2.0", "method": "textDocument/hover", "params": {} }), "a server does not send"),
        ] {
            let said = check(&bad).expect_err("it is wrong");
            assert!(said.contains(why), "{bad}: {said}");
        }
    }
}
