//! What the engine answers.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The answer to `POST /api/v1/ast/analyze`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ASTAnalysisResponse)]
pub struct AnalyzeResponse {
    /// As in the request.
    pub request_id: String,
    /// The session for requests to come.
    pub session: SessionInfo,
    /// One for each file, in the order of the request.
    pub results: Vec<FileAnalysisResult>,
    /// All of them together.
    pub summary: AnalysisSummary,
    /// Where the time went, if that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timing: Option<Timing>,
}

/// A session.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionInfo {
    /// For the next request.
    pub session_id: String,
    /// When it ends unless it is used again (ISO 8601, UTC).
    #[schema(format = DateTime)]
    pub expires_at: String,
}

/// What became of one file.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FileAnalysisResult {
    /// As in the request.
    pub path: String,
    /// What became of it.
    pub status: FileStatus,
    /// Why, unless it was a success.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<FileError>,
    /// Its language; `unknown` if nothing tells.
    pub language: String,
    /// What was found.
    pub findings: Vec<SecurityFinding>,
    /// Its tree in numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ast_stats: Option<AstStats>,
    /// The tree, if it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub raw_ast: Option<Box<RawValue>>,
    /// Beyond the contract: there if regular expressions ran in the place of the analysis that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fallback: Option<Fallback>,
    /// Beyond the contract: what could not be done in this file, if anything.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<FileNote>,
}

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum FileStatus {
    /// It was analysed.
    Success,
    /// It could not be opened or analysed.
    Error,
    /// Time was up.
    Timeout,
    /// It was not looked at: too large for this request, or in a language that is not known.
    Skipped,
}

impl FileStatus {
    /// As it is written.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Error => "error",
            Self::Timeout => "timeout",
            Self::Skipped => "skipped",
        }
    }
}

/// Why a file was no success.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct FileError {
    /// One of `DECRYPTION_FAILED`, `SIZE_MISMATCH`, `HASH_MISMATCH`, `PARSER_ERROR`, `TIMEOUT`, `FILE_TOO_LARGE`,
    /// `UNKNOWN_LANGUAGE`, `INTERNAL_ERROR`.
    #[serde(rename = "type")]
    pub kind: String,
    /// For people.
    pub message: String,
    /// Where, from one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// Where, from one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
}

/// Regular expressions ran in the place of the analysis that was asked for.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Fallback {
    /// What ran instead: always `standard`.
    pub pattern_format: String,
    /// Why.
    pub reason: FallbackReason,
    /// For people.
    pub message: String,
}

/// Why regular expressions ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FallbackReason {
    /// The text could not be parsed.
    ParserError,
    /// Parsing or analysis took too long.
    Timeout,
}

/// Something that could not be done in a file.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FileNote {
    /// What.
    #[serde(rename = "type")]
    pub kind: String,
    /// For people.
    pub message: String,
    /// Where, if it is about a place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    /// The pattern it is about, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern_id: Option<String>,
}

/// A finding.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecurityFinding {
    /// The rule's id.
    pub pattern_id: String,
    /// The rule's name, for people.
    pub pattern_name: String,
    /// The class of vulnerability, such as `sql_injection`.
    #[serde(rename = "type")]
    pub kind: String,
    /// How bad it is.
    pub severity: FindingSeverity,
    /// Where.
    pub location: Location,
    /// The lines of the finding, encrypted with the session's key: base64 of IV (12 bytes), ciphertext and tag (16 bytes).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = Byte)]
    pub encrypted_snippet: Option<String>,
    /// How sure it is that it matters.
    #[schema(minimum = 0, maximum = 1)]
    pub confidence: f64,
    /// What stands around it; not there if only regular expressions ran.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<FindingContext>,
    /// What to do.
    pub recommendation: String,
    /// Where to read more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub references: Option<References>,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "a name says all there is to say")]
pub enum FindingSeverity {
    Low,
    Medium,
    High,
    Critical,
}

/// A place in a file. Lines and columns count from one; columns count UTF-16 code units, the end is one past the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "names say all there is to say")]
pub struct Location {
    pub start_line: u32,
    pub start_column: u32,
    pub end_line: u32,
    pub end_column: u32,
    /// The same for clients that read it nested.
    pub start: Place,
    /// The same for clients that read it nested.
    pub end: Place,
}

/// A line and column, from one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[allow(missing_docs, reason = "names say all there is to say")]
pub struct Place {
    pub line: u32,
    pub column: u32,
}

impl From<weir_model::Range> for Location {
    fn from(range: weir_model::Range) -> Self {
        let place = |at: weir_model::Position| Place { line: at.line + 1, column: at.column + 1 };
        let (start, end) = (place(range.start), place(range.end));
        Self {
            start_line: start.line,
            start_column: start.column,
            end_line: end.line,
            end_column: end.column,
            start,
            end,
        }
    }
}

/// What stands around a finding: guesses from names.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FindingContext {
    /// The kind of the smallest node around it.
    pub node_type: String,
    /// The kind of the node around that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_node_type: Option<String>,
    /// The path is that of a test.
    pub in_test_file: bool,
    /// A value that reaches it was looked at before.
    pub has_validation: bool,
    /// Something that makes values harmless is part of it.
    pub uses_secure_pattern: bool,
}

/// Where to read more.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct References {
    /// Such as `CWE-89`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cwe: Option<String>,
    /// Such as `A03:2021 - Injection`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owasp: Option<String>,
}

/// A tree in numbers.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AstStats {
    /// Its nodes.
    pub node_count: u32,
    /// The most nodes on a way from the root to a leaf.
    pub max_depth: u32,
    /// How long parsing took.
    pub parse_time_ms: f64,
}

/// All results together.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AnalysisSummary {
    /// Files with status `success`.
    pub files_analyzed: u32,
    /// Files in which something was found.
    pub files_with_findings: u32,
    /// All findings.
    pub total_findings: u32,
    /// By severity.
    pub findings_by_severity: FindingsBySeverity,
    /// By language, for each language of a file that was analysed.
    pub findings_by_language: BTreeMap<String, u32>,
    /// How long it took.
    pub performance: SummaryPerformance,
}

/// Findings by severity.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, ToSchema)]
#[allow(missing_docs, reason = "names say all there is to say")]
pub struct FindingsBySeverity {
    pub critical: u32,
    pub high: u32,
    pub medium: u32,
    pub low: u32,
}

/// How long it took.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SummaryPerformance {
    /// Parsing, on average over the files that were parsed.
    pub avg_parse_time_ms: f64,
    /// From the first byte of the request's body being known to the answer.
    pub total_time_ms: f64,
}

/// Where the time went.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Timing {
    /// The whole request.
    pub total_ms: f64,
    /// Its parts, added up over all files.
    pub breakdown: Breakdown,
}

/// Parts of the time, in milliseconds.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, ToSchema)]
#[allow(missing_docs, reason = "names say all there is to say")]
pub struct Breakdown {
    pub decryption: f64,
    pub parsing: f64,
    pub analysis: f64,
    pub encryption: f64,
}
