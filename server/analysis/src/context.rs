//! One file as the analysis sees it.

use crate::flow::Constants;
use crate::matching::Names;
use weir_model::Language;
use weir_syntax::Tree;

/// What matching, flow and taint know of a file.
pub(crate) struct FileContext<'a> {
    /// The text.
    pub(crate) text: &'a str,
    /// Its language.
    pub(crate) language: Language,
    /// Its generic tree.
    pub(crate) tree: &'a Tree,
    /// What its names stand for.
    pub(crate) names: Names,
    /// What its variables are known to hold.
    pub(crate) constants: Constants,
}
