//! What clients send.

use super::strict;
use serde::Deserialize;
use std::borrow::Cow;
use utoipa::ToSchema;

/// `POST /api/v1/ast/analyze`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ASTAnalysisRequest)]
pub struct AnalyzeRequest<'a> {
    /// Unique request ID for tracking; comes back in the answer.
    #[serde(borrow)]
    #[schema(value_type = String, min_length = 1, max_length = 256, example = "ast-1732617600000-x1y2z3")]
    pub request_id: Cow<'a, str>,
    /// The session to go on with; a new one is opened if nothing is said.
    #[serde(borrow, default)]
    #[schema(value_type = Option<String>)]
    pub session_id: Option<Cow<'a, str>>,
    /// The files to analyse, at most ten.
    #[serde(borrow, deserialize_with = "strict::objects")]
    #[schema(min_items = 1, max_items = 10)]
    pub files: Vec<AnalysisFile<'a>>,
    /// How to analyse them.
    #[serde(deserialize_with = "strict::object")]
    pub options: AnalysisOptions,
}

/// One sealed file.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AnalysisFile<'a> {
    /// Path relative to the repository's root.
    #[serde(borrow)]
    #[schema(value_type = String, min_length = 1, max_length = 4096, example = "src/auth/login.js")]
    pub path: Cow<'a, str>,
    /// The content, encrypted, in base64.
    #[serde(borrow)]
    #[schema(value_type = String, format = Byte)]
    pub encrypted_content: Cow<'a, str>,
    /// How it is encrypted.
    #[serde(borrow, deserialize_with = "strict::object")]
    pub encryption: Encryption<'a>,
    /// What it is.
    #[serde(borrow, deserialize_with = "strict::object")]
    pub metadata: FileMetadata<'a>,
}

/// How a file is encrypted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Encryption<'a> {
    /// Initialization vector of 12 or 16 bytes, in base64.
    #[serde(borrow)]
    #[schema(value_type = String, format = Byte)]
    pub iv: Cow<'a, str>,
    /// The only algorithm there is.
    #[serde(deserialize_with = "strict::word")]
    pub algorithm: Algorithm,
    /// Authentication tag of 16 bytes, in base64.
    #[serde(borrow)]
    #[schema(value_type = String, format = Byte)]
    pub auth_tag: Cow<'a, str>,
}

/// The only algorithm there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
pub enum Algorithm {
    /// AES-256 in Galois/Counter mode.
    #[serde(rename = "aes-256-gcm")]
    Aes256Gcm,
}

/// What a file is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FileMetadata<'a> {
    /// Its language; told from the path, then from `#!`, if nothing is said.
    #[serde(default, deserialize_with = "strict::some_word")]
    pub language: Option<FileLanguage>,
    /// Bytes of the content before encryption.
    #[serde(deserialize_with = "strict::whole")]
    #[schema(maximum = 10_485_760, example = 1024)]
    pub size: u64,
    /// SHA-256 of the content before encryption, in hexadecimal digits.
    #[serde(borrow)]
    #[schema(value_type = String, pattern = "^[0-9a-fA-F]{64}$")]
    pub content_hash: Cow<'a, str>,
}

/// The languages of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "a name says all there is to say")]
pub enum FileLanguage {
    JavaScript,
    TypeScript,
    Python,
    Ruby,
    Php,
    Java,
    Elixir,
}

/// How to analyse.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AnalysisOptions {
    /// `standard` runs regexes, `enhanced` the whole analysis.
    #[serde(deserialize_with = "strict::word")]
    pub pattern_format: PatternFormat,
    /// Whether to look for vulnerabilities at all; if not, only statistics come back.
    pub include_security_patterns: bool,
    /// How long it may take, and how much.
    #[serde(default, deserialize_with = "strict::some_object")]
    pub performance: Option<PerformanceOptions>,
    /// What else to answer.
    #[serde(default, deserialize_with = "strict::some_object")]
    pub debug: Option<DebugOptions>,
}

/// The two kinds of patterns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum PatternFormat {
    /// Regular expressions.
    Standard,
    /// Rules with syntax and dataflow.
    Enhanced,
}

/// How long it may take, and how much.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PerformanceOptions {
    /// Most milliseconds per file: past it its status is `timeout`.
    #[serde(default, deserialize_with = "strict::some_whole")]
    pub max_parse_time: Option<u64>,
    /// Larger files are skipped, in bytes.
    #[serde(default, deserialize_with = "strict::some_whole")]
    pub max_file_size: Option<u64>,
}

/// What else to answer.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DebugOptions {
    /// The trees: kinds and places, without text.
    #[serde(default)]
    pub include_raw_ast: Option<bool>,
    /// Where the time went.
    #[serde(default)]
    pub include_timing: Option<bool>,
}

impl FileLanguage {
    /// Its name in answers and rules.
    pub const fn name(self) -> &'static str {
        match self {
            Self::JavaScript => "javascript",
            Self::TypeScript => "typescript",
            Self::Python => "python",
            Self::Ruby => "ruby",
            Self::Php => "php",
            Self::Java => "java",
            Self::Elixir => "elixir",
        }
    }
}
