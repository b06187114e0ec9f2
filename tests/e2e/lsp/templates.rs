//! Code in pages, and texts in no language.

use super::Project;
use serde_json::json;

const RULES: &str = "rules:
- {id: eval, languages: [javascript], severity: ERROR, message: no, pattern: eval($X), fix: parse($X)}
- {id: raw, languages: [ruby], severity: ERROR, message: no, pattern: 'weir_output($X, \"raw\", ...)'}
- {id: tls, languages: [generic], severity: ERROR, message: no, pattern: ssl_protocols ... TLSv1, paths: {include: ['*.conf', '*.erb']}}
";

/// A page with the first code of two languages in it.
const PAGE: &str = "<p>👩🏽é <%== a %></p>\r\n<script>\r\n  eval(a)\r\n</script>\r\n";

fn told(diagnostics: &[serde_json::Value]) -> Vec<(String, serde_json::Value)> {
    let told = |diagnostic: &serde_json::Value| {
        (diagnostic["code"].as_str().unwrap_or_default().to_owned(), diagnostic["range"]["start"].clone())
    };
    diagnostics.iter().map(told).collect()
}

#[test]
fn code_in_a_page_is_followed_as_it_is_typed() {
    let project = Project::new();
    project.write("rules.yaml", RULES);
    let mut server = project.server();
    let uri = project.uri("a.html.erb");
    server.open(&uri, "erb", PAGE);
    let script = ("eval".to_owned(), json!({ "line": 2, "character": 2 }));
    // UTF-16: the woman takes four units, `é` one.
    let output = ("raw".to_owned(), json!({ "line": 0, "character": 9 }));
    assert_eq!(told(&server.diagnostics(&uri, 1)), [output.clone(), script.clone()]);

    // The script becomes data, and a script again.
    server.change(&uri, 2, [1, 7, 1, 7], " type='text/x-data'");
    assert_eq!(told(&server.diagnostics(&uri, 2)), std::slice::from_ref(&output));
    server.change(&uri, 3, [1, 7, 1, 26], "");
    assert_eq!(told(&server.diagnostics(&uri, 3)), [output, script.clone()]);
    // What is put out is escaped.
    server.change(&uri, 4, [0, 11, 0, 12], "");
    assert_eq!(told(&server.diagnostics(&uri, 4)), [script]);
}

#[test]
fn a_text_in_no_language_has_the_findings_of_rules_for_any_text() {
    let project = Project::new();
    project.write("rules.yaml", RULES);
    let mut server = project.server();
    let uri = project.uri("nginx.conf");
    server.open(&uri, "nginx", "ssl_protocols TLSv1;\n");
    let found = ("tls".to_owned(), json!({ "line": 0, "character": 0 }));
    assert_eq!(told(&server.diagnostics(&uri, 1)), [found]);
    server.change(&uri, 2, [0, 18, 0, 19], "2");
    assert!(server.diagnostics(&uri, 2).is_empty());
    // Others of which no rule says anything are analysed as well, and have none.
    let other = project.uri("notes.txt");
    server.open(&other, "plaintext", "ssl_protocols TLSv1;\n");
    assert!(server.diagnostics(&other, 1).is_empty());
}
