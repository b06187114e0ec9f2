//! The types of the HTTP API, word for word as its contract has them.
//!
//! Requests: what the contract asks for must be there, what it does not know is passed over, `null` counts as absent.
//! Answers have every field that the contract names; what they have beyond it is said where it stands.

mod batch;
mod error;
mod request;
mod response;
mod strict;

pub use batch::{BatchPage, BatchProgress, BatchRequest, BatchResult, BatchState, BatchStatus};
pub use error::{ApiError, Code, ErrorBody, ErrorResponse};
pub use request::{
    Algorithm, AnalysisFile, AnalysisOptions, AnalyzeRequest, DebugOptions, Encryption, FileLanguage, FileMetadata,
    PatternFormat, PerformanceOptions,
};
pub use response::{
    AnalysisSummary, AnalyzeResponse, AstStats, Breakdown, Fallback, FallbackReason, FileAnalysisResult, FileError,
    FileNote, FileStatus, FindingContext, FindingSeverity, FindingsBySeverity, Location, Place, References,
    SecurityFinding, SessionInfo, SummaryPerformance, Timing,
};
