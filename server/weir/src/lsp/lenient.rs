//! What a client declares in words that are not known here, newer ones say, counts as not declared: it is served without.

use serde_json::{Value, json};
use tower_lsp_server::ls_types::InitializeParams;

/// The parameters of `initialize` without what cannot be read.
pub(super) fn readable(mut params: Value) -> Value {
    prune(&mut params, &|params| {
        let mut params = params.clone();
        if params.is_object() && params.get("capabilities").is_none() {
            params["capabilities"] = json!({});
        }
        serde_json::from_value::<InitializeParams>(params).is_ok()
    });
    params
}

/// Takes out what does not fit where it stands; whether the rest does.
fn prune(value: &mut Value, fits: &dyn Fn(&Value) -> bool) -> bool {
    if fits(value) {
        return true;
    }
    match value {
        Value::Object(members) => {
            members.retain(|name, member| prune(member, &|member| fits(&json!({ name: member }))));
        }
        Value::Array(items) => items.retain_mut(|item| prune(item, &|item| fits(&json!([item])))),
        _ => return false,
    }
    fits(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_is_left_out_and_nothing_else() {
        let params = json!({
            "processId": "none",
            "rootUri": "",
            "trace": "compact",
            "clientInfo": {},
            "initializationOptions": { "trace": "compact" },
            "workspaceFolders": [{ "uri": "", "name": "a" }, { "uri": "file:///b", "name": "b" }],
            "capabilities": {
                "textDocument": {
                    "hover": { "contentFormat": ["asciidoc", "markdown"] },
                    "publishDiagnostics": { "tagSupport": {}, "relatedInformation": true },
                    "later": { "support": 1 },
                },
                "workspace": {
                    "workspaceEdit": { "failureHandling": "hope", "resourceOperations": ["create", "swap"] },
                    "configuration": "yes",
                },
            },
        });
        let expected = json!({
            "initializationOptions": { "trace": "compact" },
            "workspaceFolders": [{ "uri": "file:///b", "name": "b" }],
            "capabilities": {
                "textDocument": {
                    "hover": { "contentFormat": ["markdown"] },
                    "publishDiagnostics": { "relatedInformation": true },
                    "later": { "support": 1 },
                },
                "workspace": { "workspaceEdit": { "resourceOperations": ["create"] } },
            },
        });
        assert_eq!(readable(params), expected);
        assert_eq!(readable(expected.clone()), expected);
    }
}
