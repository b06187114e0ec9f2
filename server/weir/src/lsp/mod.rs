//! The door for editors.

use crate::args::LspArgs;
use crate::cli::Exit;

/// Serves one editor until it says goodbye.
pub(crate) fn main(_args: &LspArgs) -> anyhow::Result<Exit> {
    anyhow::bail!("the editor's server is not part of this build")
}
