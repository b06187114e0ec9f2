//! Batch jobs: many files, analysed while nobody waits.

use super::strict;
use super::{AnalysisFile, AnalysisOptions, FileAnalysisResult};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;
use utoipa::ToSchema;

/// `POST /api/v1/ast/batch`: opens a job or adds files to one.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BatchRequest<'a> {
    /// Unique request ID for tracking; comes back in the answer.
    #[serde(borrow)]
    #[schema(value_type = String, min_length = 1, max_length = 256)]
    pub request_id: Cow<'a, str>,
    /// The job to add to; a new one is opened if nothing is said.
    #[serde(borrow, default)]
    #[schema(value_type = Option<String>)]
    pub batch_id: Option<Cow<'a, str>>,
    /// The number of the first of these files in the job: how many were sent before. An upload that is sent again with the
    /// same number adds nothing twice. As many as the job has, if nothing is said.
    #[serde(default)]
    pub first_index: Option<u32>,
    /// Files, as in an analysis. None is fine with `complete: true`.
    #[serde(borrow, default, deserialize_with = "strict::objects")]
    pub files: Vec<AnalysisFile<'a>>,
    /// How to analyse them. Needed to open a job; it then holds for the whole job.
    #[serde(default, deserialize_with = "strict::some_object")]
    pub options: Option<AnalysisOptions>,
    /// Whether these are the last files, so that the job begins: true, if nothing is said.
    #[serde(default)]
    pub complete: Option<bool>,
}

/// Where a job stands.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BatchStatus {
    /// As in the request; in answers to uploads only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The job.
    pub batch_id: String,
    /// How far it is.
    pub status: BatchState,
    /// Why it failed, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Its files.
    pub progress: BatchProgress,
    /// When it was opened (ISO 8601, UTC).
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When it and its results are forgotten.
    #[schema(format = DateTime)]
    pub expires_at: String,
}

/// How far a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum BatchState {
    /// Files are added.
    Receiving,
    /// Files are analysed, or wait for it.
    Running,
    /// All results are there.
    Done,
    /// It was given up.
    Failed,
    /// Its customer no longer wants it.
    Cancelled,
}

/// The files of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BatchProgress {
    /// Files that were added.
    pub files: u32,
    /// Their encrypted bytes.
    pub bytes: u64,
    /// Files of which the result is there.
    pub finished: u32,
}

/// `GET /api/v1/ast/batch/{id}`: where a job stands, and a page of its results.
#[derive(Debug, Serialize, ToSchema)]
pub struct BatchPage {
    /// Where it stands.
    #[serde(flatten)]
    pub status: BatchStatus,
    /// Results in the order of the files; those that are not there yet are left out.
    #[schema(value_type = Vec<BatchResult>)]
    pub results: Vec<Box<RawValue>>,
    /// Where the next page begins (`?from=`); not there on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u32>,
}

/// What became of one file of a job.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct BatchResult {
    /// Its number in the job.
    pub index: u32,
    /// As in an analysis.
    #[serde(flatten)]
    pub result: FileAnalysisResult,
}
