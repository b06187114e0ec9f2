//! `GET /api/v1/patterns`: the rules, for clients that run them themselves.

use super::body::takes_json;
use super::trace::RequestId;
use super::{Engine, Shared};
use crate::contract::{ApiError, FindingSeverity};
use crate::findings::severity_of;
use crate::rulebook::{Pattern, Rulebook};
use crate::sessions::failed;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Extension, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Value, json};
use std::sync::Arc;
use utoipa::ToSchema;
use weir_model::Language;

/// The answer.
#[derive(Debug, Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "the pattern API's name")]
pub(crate) struct Patterns {
    /// The patterns for the language, in the order of the rule files.
    pub(crate) patterns: Vec<PatternData>,
    /// What they are.
    pub(crate) metadata: PatternsMetadata,
    /// With `enhanced`: the rule files, in Semgrep's rule language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rule_files: Option<Vec<RuleFile>>,
}

/// One pattern. Names are those of the pattern API that clients know.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PatternData {
    /// The rule's id.
    pub(crate) id: String,
    /// The rule's name, for people.
    pub(crate) name: String,
    /// The class of vulnerability.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// What it finds.
    pub(crate) description: String,
    /// How bad that is.
    pub(crate) severity: FindingSeverity,
    /// Regular expressions, to be read without regard to case and with `^` and `$` at every line.
    pub(crate) regex_patterns: Vec<String>,
    /// For which languages.
    pub(crate) languages: Vec<String>,
    /// What to do.
    pub(crate) recommendation: String,
    /// Such as `CWE-89`.
    pub(crate) cwe_id: Option<String>,
    /// Such as `A03:2021 - Injection`.
    pub(crate) owasp_category: Option<String>,
    /// With `enhanced`: how sure the rule is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub(crate) confidence_rules: Option<Value>,
    /// With `enhanced`: all that the rule says of itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub(crate) metadata: Option<Value>,
}

/// What the patterns are.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PatternsMetadata {
    pub(crate) count: usize,
    pub(crate) language: String,
    pub(crate) format: &'static str,
    pub(crate) enhanced: bool,
    pub(crate) access_level: &'static str,
}

/// A rule file.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RuleFile {
    pub(crate) name: String,
    pub(crate) text: String,
}

/// What is asked for.
struct Asked {
    language: Option<&'static str>,
    enhanced: bool,
}

type Pairs = Query<Vec<(String, String)>>;

/// The rules of the caller's team.
#[utoipa::path(
    get, path = "/api/v1/patterns", tag = "patterns",
    params(
        ("language" = Option<String>, Query, description = "Only patterns for this language"),
        ("format" = Option<String>, Query, description = "`standard` (regular expressions, the default) or `enhanced` (the rules themselves as well)"),
    ),
    security(("apiKey" = []), ("bearer" = [])),
    responses(
        (status = 200, description = "The patterns", body = Patterns, headers(("ETag" = String, description = "Send it back as If-None-Match"))),
        (status = 304, description = "They are as they were"),
        (status = 400, description = "INVALID_REQUEST", body = crate::contract::ErrorResponse),
        (status = 401, description = "AUTH_REQUIRED, INVALID_API_KEY", body = crate::contract::ErrorResponse),
        (status = 406, description = "INVALID_REQUEST", body = crate::contract::ErrorResponse),
        (status = 500, description = "INTERNAL_ERROR", body = crate::contract::ErrorResponse),
        (status = 503, description = "INTERNAL_ERROR: the store is away; `Retry-After` says when to come back", body = crate::contract::ErrorResponse),
    )
)]
pub(super) async fn patterns(
    State(engine): State<Shared>,
    Extension(id): Extension<RequestId>,
    query: Result<Pairs, QueryRejection>,
    headers: HeaderMap,
) -> Response {
    match answer(&engine, query, &headers).await {
        Ok(response) => response,
        Err(error) => error.of_request(&id.0).into_response(),
    }
}

async fn answer(
    engine: &Engine,
    query: Result<Pairs, QueryRejection>,
    headers: &HeaderMap,
) -> Result<Response, ApiError> {
    let caller = engine.caller(headers).await?;
    takes_json(headers)?;
    let Query(pairs) = query.map_err(|_| ApiError::invalid("the query cannot be read"))?;
    let asked = Asked::of(&pairs)?;
    let team = engine.store.tenants().team(&caller.tenant.team).await.map_err(|error| failed(&error))?;
    let rules = engine.rules.of(team.as_deref()).await.map_err(|_| ApiError::internal())?;
    let format = if asked.enhanced { "enhanced" } else { "standard" };
    let version = env!("CARGO_PKG_VERSION");
    let tag = format!("\"{version}-{}-{}-{format}\"", &rules.hash[..16], asked.language.unwrap_or("all"));
    let mut response = if knows(headers, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Json(told(&rules, &asked, format)).into_response()
    };
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    // The rules of a team are its own; whoever keeps them asks whether they are still in force.
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    Ok(response)
}

/// Whether the client has what this tag stands for.
fn knows(headers: &HeaderMap, tag: &str) -> bool {
    let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    known
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|known| known == "*" || known.trim_start_matches("W/") == tag)
}

impl Asked {
    fn of(pairs: &[(String, String)]) -> Result<Self, ApiError> {
        let mut asked = Self { language: None, enhanced: false };
        for (name, value) in pairs {
            match (name.as_str(), value.as_str()) {
                ("language", "" | "all") => {}
                ("language", name) => match Language::from_rule_name(name) {
                    [] => {
                        return Err(wrong(
                            "language",
                            "must be javascript, typescript, python, ruby, php, java or elixir",
                        ));
                    }
                    [language, ..] => asked.language = Some(language.name()),
                },
                ("format", "standard") => asked.enhanced = false,
                ("format", "enhanced") => asked.enhanced = true,
                ("format", _) => return Err(wrong("format", "must be standard or enhanced")),
                // Others may be meant for a proxy.
                _ => {}
            }
        }
        Ok(asked)
    }

    fn wants(&self, pattern: &Pattern) -> bool {
        let is_for = |name: &String| {
            Language::from_rule_name(name).iter().any(|language| Some(language.name()) == self.language)
        };
        self.language.is_none() || pattern.languages.iter().any(is_for)
    }
}

fn told(rules: &Arc<Rulebook>, asked: &Asked, format: &'static str) -> Patterns {
    let wanted = rules.patterns.iter().filter(|pattern| asked.wants(pattern));
    // Whoever asks for regular expressions has no use for a rule without any.
    let wanted: Vec<_> = wanted.filter(|pattern| asked.enhanced || !pattern.fallback.is_empty()).collect();
    let files = |sources: &[weir_model::RuleSource]| {
        let named = |source: &&weir_model::RuleSource| wanted.iter().any(|pattern| pattern.source == source.name);
        sources.iter().filter(named).map(|file| RuleFile { name: file.name.clone(), text: file.text.clone() }).collect()
    };
    Patterns {
        metadata: PatternsMetadata {
            count: wanted.len(),
            language: asked.language.unwrap_or("all").to_owned(),
            format,
            enhanced: asked.enhanced,
            access_level: "full",
        },
        rule_files: asked.enhanced.then(|| files(&rules.sources)),
        patterns: wanted.iter().map(|pattern| data(pattern, asked.enhanced)).collect(),
    }
}

fn data(pattern: &Pattern, enhanced: bool) -> PatternData {
    PatternData {
        id: pattern.id.to_string(),
        name: pattern.name.clone(),
        kind: pattern.kind.clone(),
        description: pattern.message.clone(),
        severity: severity_of(pattern.severity),
        regex_patterns: pattern.fallback.clone(),
        languages: pattern.languages.clone(),
        recommendation: pattern.recommendation.clone(),
        cwe_id: pattern.cwe.clone(),
        owasp_category: pattern.owasp.clone(),
        confidence_rules: enhanced.then(|| json!({ "base": pattern.confidence })),
        metadata: enhanced.then(|| pattern.metadata.clone()),
    }
}

fn wrong(field: &str, problem: &str) -> ApiError {
    ApiError::invalid(format!("{field}: {problem}")).with_details(json!({ "field": field, "problem": problem }))
}
