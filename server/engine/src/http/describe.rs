//! What the API is, for programs (`/openapi.json`) and people (`/docs`).

use super::{analyze, batch, health, patterns, session};
use crate::contract;
use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};
use std::fmt::Write as _;
use std::sync::LazyLock;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

/// The description of the API.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Weir engine",
        description = "Finds security holes in code that this service cannot read: files come encrypted, are opened in isolated analysis processes, and are forgotten.",
    ),
    paths(
        analyze::analyze,
        session::end,
        batch::upload,
        batch::page,
        batch::events,
        batch::cancel,
        patterns::patterns,
        health::health,
        health::live,
        health::ready,
        super::metrics::metrics,
        openapi,
        page,
    ),
    components(schemas(
        contract::AnalyzeRequest<'static>,
        contract::AnalyzeResponse,
        contract::BatchRequest<'static>,
        contract::BatchPage,
        contract::BatchResult,
        contract::ErrorResponse,
        contract::Code,
        patterns::Patterns,
    )),
    modifiers(&Keys),
    tags(
        (name = "analysis", description = "Files in, findings out"),
        (name = "patterns", description = "The rules, for clients that run them themselves"),
        (name = "operation", description = "For who runs the engine"),
    )
)]
struct Description;

/// The two ways to show an API key.
struct Keys;

impl Modify for Keys {
    fn modify(&self, api: &mut utoipa::openapi::OpenApi) {
        let components = api.components.get_or_insert_default();
        components.add_security_scheme("apiKey", SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::new("x-api-key"))));
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    }
}

static JSON: LazyLock<String> = LazyLock::new(|| Description::openapi().to_json().unwrap_or_default());

static PAGE: LazyLock<String> = LazyLock::new(|| serde_json::from_str(&JSON).map(|api| html(&api)).unwrap_or_default());

/// This description.
#[utoipa::path(
    get, path = "/openapi.json", tag = "operation",
    responses((status = 200, description = "OpenAPI 3.1", content_type = "application/json"))
)]
pub(super) async fn openapi() -> Response {
    let json = HeaderValue::from_static("application/json");
    ([(header::CONTENT_TYPE, json)], JSON.as_str()).into_response()
}

/// The same for people.
#[utoipa::path(
    get, path = "/docs", tag = "operation",
    responses((status = 200, description = "A page", content_type = "text/html"))
)]
pub(super) async fn page() -> Response {
    // The page brings all that it needs and runs nothing.
    let policy = HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'");
    ([(header::CONTENT_SECURITY_POLICY, policy)], Html(PAGE.as_str())).into_response()
}

const STYLE: &str = "\
:root{color-scheme:light dark;--dim:color-mix(in srgb,currentColor 60%,transparent);--line:color-mix(in srgb,currentColor 18%,transparent)}
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:2rem 1rem}
h1{margin:0}h2{margin-top:3rem;border-bottom:1px solid var(--line)}
article{margin:1.5rem 0;padding:1rem 1.2rem;border:1px solid var(--line);border-radius:.5rem}
code,.path{font-family:ui-monospace,monospace;font-size:.92em}
.path{font-weight:600}.verb{display:inline-block;min-width:4.5rem;font-weight:700}
table{border-collapse:collapse;width:100%;margin:.5rem 0}td,th{text-align:left;vertical-align:top;padding:.25rem .8rem .25rem 0;border-top:1px solid var(--line)}
small,.dim{color:var(--dim)}a{color:inherit}";

fn html(api: &serde_json::Value) -> String {
    let mut out = format!(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width\">\
         <title>Weir engine API</title><style>{STYLE}</style><h1>{}</h1><p>{}<p><small>Version {} · \
         <a href=/openapi.json>OpenAPI description</a></small><h2>Requests</h2>",
        text(&api["info"]["title"]),
        text(&api["info"]["description"]),
        text(&api["info"]["version"]),
    );
    for (path, verbs) in api["paths"].as_object().into_iter().flatten() {
        for (verb, operation) in verbs.as_object().into_iter().flatten() {
            operation_html(&mut out, path, verb, operation);
        }
    }
    out += "<h2>Types</h2>";
    for (name, schema) in api["components"]["schemas"].as_object().into_iter().flatten() {
        schema_html(&mut out, name, schema);
    }
    out += "</html>";
    out
}

fn operation_html(out: &mut String, path: &str, verb: &str, operation: &serde_json::Value) {
    let _ = write!(
        out,
        "<article><span class=verb>{}</span> <span class=path>{}</span><p>{} {}",
        escaped(&verb.to_ascii_uppercase()),
        escaped(path),
        text(&operation["summary"]),
        text(&operation["description"]),
    );
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let mut rows = String::new();
    for parameter in parameters {
        let required = if parameter["required"] == true { "required" } else { "" };
        let _ = write!(
            rows,
            "<tr><td><code>{}</code><td class=dim>{} {required}<td>{}",
            text(&parameter["name"]),
            text(&parameter["in"]),
            text(&parameter["description"])
        );
    }
    if !rows.is_empty() {
        let _ = write!(out, "<table>{rows}</table>");
    }
    if let Some(body) = operation["requestBody"]["content"]["application/json"].get("schema") {
        let _ = write!(out, "<p>Body: {}", kind(body));
    }
    let _ = write!(out, "<table>");
    for (status, response) in operation["responses"].as_object().into_iter().flatten() {
        let content = response["content"].as_object().into_iter().flatten().next();
        let body = content.map(|(_, content)| kind(&content["schema"])).unwrap_or_default();
        let _ = write!(out, "<tr><td><code>{}</code><td>{}<td>{body}", escaped(status), text(&response["description"]));
    }
    let _ = write!(out, "</table></article>");
}

fn schema_html(out: &mut String, name: &str, schema: &serde_json::Value) {
    let _ = write!(
        out,
        "<article id=\"{0}\"><span class=path>{0}</span><p>{1}",
        escaped(name),
        text(&schema["description"])
    );
    if let Some(values) = schema["enum"].as_array() {
        let values: Vec<_> = values.iter().map(|value| format!("<code>{}</code>", text(value))).collect();
        let _ = write!(out, "<p>{}", values.join(" · "));
    }
    let required = |field: &str| schema["required"].as_array().is_some_and(|all| all.iter().any(|one| one == field));
    let mut rows = String::new();
    for (field, about) in schema["properties"].as_object().into_iter().flatten() {
        let optional = if required(field) { "" } else { "?" };
        let _ = write!(
            rows,
            "<tr><td><code>{}{optional}</code><td>{}<td>{}",
            escaped(field),
            kind(about),
            text(&about["description"])
        );
    }
    if !rows.is_empty() {
        let _ = write!(out, "<table>{rows}</table>");
    }
    let _ = write!(out, "</article>");
}

/// A schema in a word or two.
fn kind(schema: &serde_json::Value) -> String {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = escaped(reference.rsplit('/').next().unwrap_or_default());
        return format!("<a href=\"#{name}\">{name}</a>");
    }
    for any in ["oneOf", "anyOf", "allOf"] {
        if let Some(of) = schema[any].as_array() {
            let of: Vec<_> = of.iter().filter(|one| one["type"] != "null").map(kind).collect();
            return of.join(" or ");
        }
    }
    match &schema["type"] {
        serde_json::Value::String(name) if name == "array" => format!("list of {}", kind(&schema["items"])),
        serde_json::Value::String(name) => escaped(name),
        serde_json::Value::Array(names) => {
            let names: Vec<_> = names.iter().filter(|name| *name != "null").map(text).collect();
            names.join(" or ")
        }
        _ => "anything".to_owned(),
    }
}

fn text(value: &serde_json::Value) -> String {
    escaped(value.as_str().unwrap_or_default())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_description_names_what_there_is() {
        let api: serde_json::Value = serde_json::from_str(&JSON).expect("JSON");
        assert!(api["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")));
        let analyze = &api["paths"]["/api/v1/ast/analyze"]["post"];
        for status in ["200", "400", "401", "406", "408", "413", "415", "429", "500", "504"] {
            assert!(analyze["responses"][status].is_object(), "{status}");
        }
        for schema in ["ASTAnalysisRequest", "ASTAnalysisResponse", "ErrorResponse", "SecurityFinding", "Location"] {
            assert!(api["components"]["schemas"][schema].is_object(), "{schema}");
        }
        // Every reference leads somewhere.
        for reference in JSON.split("\"$ref\":\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(api.pointer(&reference[1..]).is_some(), "{reference}");
        }
        assert!(PAGE.contains("/api/v1/ast/analyze"));
    }
}
