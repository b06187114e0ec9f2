//! The languages Weir reads.

use serde::{Deserialize, Serialize};
use std::path::Path;

/// A language Weir reads, by grammar: TSX is apart because its grammar is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Language {
    /// JavaScript, JSX included.
    JavaScript,
    /// TypeScript without JSX.
    TypeScript,
    /// TypeScript with JSX.
    Tsx,
    /// Python.
    Python,
    /// Ruby.
    Ruby,
    /// PHP, with the HTML around it.
    Php,
    /// Java.
    Java,
    /// Elixir.
    Elixir,
}

impl Language {
    /// Every language, in the order of the declaration.
    pub const ALL: [Self; 8] =
        [Self::JavaScript, Self::TypeScript, Self::Tsx, Self::Python, Self::Ruby, Self::Php, Self::Java, Self::Elixir];

    /// The language of a file by its name, or `None` if Weir does not read it.
    pub fn from_path(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?;
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension).to_ascii_lowercase();
        Some(match extension.as_str() {
            "js" | "jsx" | "mjs" | "cjs" => Self::JavaScript,
            "ts" | "mts" | "cts" => Self::TypeScript,
            "tsx" => Self::Tsx,
            "py" | "pyi" | "pyw" => Self::Python,
            "rb" | "rake" | "ru" | "gemspec" => Self::Ruby,
            "php" | "php3" | "php4" | "php5" | "phtml" | "phps" | "inc" | "tpl" => Self::Php,
            "java" => Self::Java,
            "ex" | "exs" => Self::Elixir,
            _ => match name {
                "Rakefile" | "Gemfile" | "Capfile" | "Vagrantfile" | "Guardfile" => Self::Ruby,
                _ => return None,
            },
        })
    }

    /// The language by the identifier an editor sends (`languageId`). Editors differ: fall back to the path.
    pub fn from_lsp_id(id: &str) -> Option<Self> {
        Some(match id.to_ascii_lowercase().as_str() {
            "javascript" | "javascriptreact" | "js" | "jsx" => Self::JavaScript,
            "typescript" | "ts" => Self::TypeScript,
            "typescriptreact" | "tsx" => Self::Tsx,
            "python" | "py" => Self::Python,
            "ruby" | "rb" => Self::Ruby,
            "php" => Self::Php,
            "java" => Self::Java,
            "elixir" | "ex" => Self::Elixir,
            _ => return None,
        })
    }

    /// The languages that a name under a rule's `languages:` stands for; empty for a language Weir does not read.
    pub fn from_rule_name(name: &str) -> &'static [Self] {
        match name.to_ascii_lowercase().as_str() {
            "js" | "javascript" | "jsx" => &[Self::JavaScript],
            "ts" | "typescript" | "tsx" => &[Self::TypeScript, Self::Tsx],
            "py" | "python" | "python2" | "python3" => &[Self::Python],
            "rb" | "ruby" => &[Self::Ruby],
            "php" => &[Self::Php],
            "java" => &[Self::Java],
            "ex" | "elixir" => &[Self::Elixir],
            _ => &[],
        }
    }

    /// The name rules and reports use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::JavaScript => "javascript",
            Self::TypeScript | Self::Tsx => "typescript",
            Self::Python => "python",
            Self::Ruby => "ruby",
            Self::Php => "php",
            Self::Java => "java",
            Self::Elixir => "elixir",
        }
    }
}
