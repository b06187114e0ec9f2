//! Files as they come in: what the contract asks of them is checked here, once, before anybody works on them.

use crate::contract::{
    AnalysisFile, AnalysisOptions, AnalyzeRequest, ApiError, Code, DebugOptions, FileLanguage, PatternFormat,
};
use crate::limits::Limits;
use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::json;
use std::path::Path;
use std::sync::Arc;
use weir_model::{Analysed, Engine, Format, JudgeOptions, Language, Sealing, SecretKey};
use weir_seal::{SessionKey, file};
use weir_worker::SealedFile;

/// A request that is well formed.
pub(crate) struct Intake {
    pub(crate) request_id: String,
    pub(crate) session_id: Option<String>,
    pub(crate) files: Vec<File>,
    pub(crate) wanted: Wanted,
    pub(crate) debug: Option<DebugOptions>,
}

/// A file that is well formed.
pub(crate) struct File {
    pub(crate) named: Named,
    /// `None` for one that is larger than the request wants to have looked at.
    pub(crate) sealed: Option<Sealed>,
}

/// What answers say of a file whatever became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) path: String,
    /// What was said of its language, or what its path tells.
    pub(crate) format: Option<Format>,
    pub(crate) size: u64,
}

/// A file that is still sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sealed {
    pub(crate) path: Arc<str>,
    pub(crate) format: Option<Format>,
    pub(crate) iv: Vec<u8>,
    pub(crate) tag: [u8; file::TAG_LEN],
    pub(crate) size: u64,
    pub(crate) hash: [u8; 32],
    pub(crate) ciphertext: Vec<u8>,
}

/// What is wanted of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) options: JudgeOptions,
    /// Larger files are not looked at.
    pub(crate) max_bytes: Option<u64>,
}

/// Base64 with or without padding, as both are in the field.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What a request has beside its files' contents, at most: paths, hashes and a generous rest.
const REST_BYTES: usize = 1 << 20;

/// Longest path, in bytes: what operating systems take.
const PATH_BYTES: usize = 4_096;

/// Most bytes of a request of a customer.
pub(crate) fn most_bytes(limits: &Limits) -> usize {
    let contents = u64::from(limits.files).saturating_mul(limits.file_bytes.div_ceil(3).saturating_mul(4));
    usize::try_from(contents).unwrap_or(usize::MAX).saturating_add(REST_BYTES)
}

impl Intake {
    /// Checks a request.
    pub(crate) fn of(request: &AnalyzeRequest<'_>, limits: &Limits) -> Result<Self, ApiError> {
        if !crate::http::is_request_id(&request.request_id) {
            return Err(wrong("requestId", "must have 1 to 256 characters"));
        }
        let wanted = Wanted::of(&request.options);
        let count = request.files.len();
        if count == 0 {
            return Err(wrong("files", "at least one file is required"));
        }
        if count > limits.files as usize {
            let message = format!("maximum {} files allowed, {count} were sent", limits.files);
            return Err(ApiError::new(Code::TooManyFiles, message)
                .with_details(json!({ "maxFiles": limits.files, "files": count })));
        }
        let files = request.files.iter().enumerate();
        let files = files.map(|(at, file)| File::of(file, at, limits, wanted.max_bytes)).collect::<Result<_, _>>()?;
        Ok(Self {
            request_id: request.request_id.to_string(),
            session_id: request.session_id.as_deref().map(str::to_owned),
            files,
            wanted,
            debug: request.options.debug,
        })
    }
}

impl Wanted {
    /// What options ask for.
    pub(crate) fn of(options: &AnalysisOptions) -> Self {
        let performance = options.performance.unwrap_or_default();
        let options = JudgeOptions {
            patterns: options.include_security_patterns,
            regexes_only: options.pattern_format == PatternFormat::Standard,
            without_tree: false,
            raw_ast: options.debug.is_some_and(|debug| debug.include_raw_ast == Some(true)),
            within_ms: performance.max_parse_time.map(|ms| u32::try_from(ms).unwrap_or(u32::MAX)),
        };
        Self { options, max_bytes: performance.max_file_size }
    }
}

impl File {
    /// Checks a file of a list.
    pub(crate) fn of(
        file: &AnalysisFile<'_>,
        at: usize,
        limits: &Limits,
        max_bytes: Option<u64>,
    ) -> Result<Self, ApiError> {
        let field = |name: &str| format!("files[{at}].{name}");
        check_path(&file.path).map_err(|why| wrong(&field("path"), why))?;
        let iv = base64(&file.encryption.iv).map_err(|why| wrong(&field("encryption.iv"), why))?;
        if ![file::IV_LEN, file::LONG_IV_LEN].contains(&iv.len()) {
            return Err(wrong(&field("encryption.iv"), "must have 12 or 16 bytes"));
        }
        let tag = base64(&file.encryption.auth_tag).map_err(|why| wrong(&field("encryption.authTag"), why))?;
        let tag = tag.try_into().map_err(|_| wrong(&field("encryption.authTag"), "must have 16 bytes"))?;
        let hash = crate::hex::decode(&file.metadata.content_hash.to_ascii_lowercase())
            .ok_or_else(|| wrong(&field("metadata.contentHash"), "must be a SHA-256 of 64 hexadecimal digits"))?;
        let size = file.metadata.size;
        let format = format_of(&file.path, file.metadata.language);
        let named = Named { path: file.path.to_string(), format, size };
        // Four characters carry three bytes: what is too large is not decoded first.
        let sent = file.encrypted_content.len() as u64 / 4 * 3;
        if size > limits.file_bytes || sent > limits.file_bytes + 3 {
            let message = format!("file too large (max {} bytes)", limits.file_bytes);
            return Err(ApiError::new(Code::FileTooLarge, message)
                .with_details(json!({ "field": field("metadata.size"), "maxFileSize": limits.file_bytes })));
        }
        let ciphertext = base64(&file.encrypted_content).map_err(|why| wrong(&field("encryptedContent"), why))?;
        if max_bytes.is_some_and(|most| size > most) {
            return Ok(Self { named, sealed: None });
        }
        let path = Arc::from(file.path.strip_prefix("./").unwrap_or(&file.path));
        Ok(Self { named, sealed: Some(Sealed { path, format, iv, tag, size, hash, ciphertext }) })
    }
}

impl Sealed {
    /// With what a worker needs to open it.
    pub(crate) fn for_worker(&self, key: &SessionKey, options: JudgeOptions, known: Option<Analysed>) -> SealedFile {
        let Self { path, format, iv, tag, size, hash, ciphertext } = self.clone();
        let sealing = Box::new(Sealing { key: SecretKey(*key.as_bytes()), iv, tag, size, hash });
        SealedFile { path, format, sealing, ciphertext, options, known: known.map(Box::new) }
    }
}

/// What a file is made of: as its path tells, unless a language is given that such a file cannot hold.
fn format_of(path: &str, said: Option<FileLanguage>) -> Option<Format> {
    let by_path = Format::from_path(Path::new(path));
    let Some(said) = said else {
        return (by_path != Format::Text).then_some(by_path);
    };
    if by_path.languages().iter().any(|language| language.name() == said.name()) {
        return Some(by_path);
    }
    Language::from_lsp_id(said.name()).map(Format::Code)
}

/// What answers call a file's language.
pub(crate) fn language_name(format: Option<Format>) -> &'static str {
    match format {
        Some(Format::Code(language)) => language.name(),
        Some(Format::Host(host)) => match host.engine {
            Engine::Html => "html",
            Engine::Vue => "vue",
            Engine::Svelte => "svelte",
            Engine::Erb => "erb",
            Engine::Eex => "eex",
            Engine::Heex => "heex",
            Engine::Jinja => "jinja",
            Engine::Notebook => "notebook",
        },
        Some(Format::Text) | None => "unknown",
    }
}

fn check_path(path: &str) -> Result<(), &'static str> {
    if path.is_empty() || path.len() > PATH_BYTES {
        return Err("must have 1 to 4096 bytes");
    }
    if path.chars().any(char::is_control) {
        return Err("must not have control characters");
    }
    let is_drive = path.as_bytes().get(1) == Some(&b':') && path.as_bytes()[0].is_ascii_alphabetic();
    if path.starts_with(['/', '\\']) || is_drive {
        return Err("must be relative to the repository's root");
    }
    if path.split(['/', '\\']).any(|part| part == "..") {
        return Err("must not lead out of the repository");
    }
    Ok(())
}

fn base64(text: &str) -> Result<Vec<u8>, &'static str> {
    BASE64.decode(text).map_err(|_| "must be base64")
}

fn wrong(field: &str, problem: &str) -> ApiError {
    ApiError::invalid(format!("{field}: {problem}")).with_details(json!({ "field": field, "problem": problem }))
}
