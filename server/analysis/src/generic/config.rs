//! What a rule asks of the engines under `options:`.

/// How patterns over text are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Engine {
    /// `spacegrep`.
    #[default]
    Space,
    /// `aliengrep`.
    Alien,
}

impl Engine {
    /// The engine of a name under `generic_engine`.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        match name {
            "spacegrep" => Some(Self::Space),
            "aliengrep" => Some(Self::Alien),
            _ => None,
        }
    }

    /// The engine of the `language` of a `metavariable-pattern`, whatever engine its rule is for.
    pub(crate) fn from_language(name: &str) -> Option<Self> {
        if name == "generic" { Some(Self::Space) } else { Self::from_name(name) }
    }
}

/// The `generic_*` options, by their names and defaults.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    /// `generic_engine`.
    pub(crate) engine: Engine,
    /// `generic_ellipsis_max_span` (spacegrep): how many line ends an ellipsis may pass.
    pub(crate) ellipsis_max_span: u32,
    /// `generic_comment_style` (spacegrep): which comments count as white space.
    pub(crate) comments: Comments,
    /// `generic_multiline` (aliengrep): line ends are white space.
    pub(crate) multiline: bool,
    /// `generic_caseless` (aliengrep).
    pub(crate) caseless: bool,
    /// `generic_braces` (aliengrep): what opens and closes a group.
    pub(crate) braces: Vec<(char, char)>,
    /// `generic_extra_braces` (aliengrep): what does so too.
    pub(crate) extra_braces: Vec<(char, char)>,
    /// `generic_extra_word_characters` (aliengrep).
    pub(crate) extra_word_characters: Vec<char>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            engine: Engine::default(),
            ellipsis_max_span: 10,
            comments: Comments::default(),
            multiline: true,
            caseless: false,
            braces: vec![('(', ')'), ('[', ']'), ('{', '}')],
            extra_braces: Vec::new(),
            extra_word_characters: Vec::new(),
        }
    }
}

impl Config {
    /// All pairs of braces; an error where the options contradict each other.
    pub(super) fn all_braces(&self) -> Result<Vec<(char, char)>, String> {
        let braces = [self.braces.as_slice(), &self.extra_braces].concat();
        let repeated = |part: fn(&(char, char)) -> char| {
            let mut all: Vec<char> = braces.iter().map(part).collect();
            all.sort_unstable();
            all.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0])
        };
        if let Some(brace) = repeated(|(open, _)| *open).or_else(|| repeated(|(_, close)| *close)) {
            return Err(format!("the brace `{brace}` stands twice in the options of the rule"));
        }
        match braces.iter().flat_map(|(open, close)| [*open, *close]).find(|c| self.is_word(*c)) {
            Some(both) => Err(format!("`{both}` cannot be a brace and a word character at once")),
            None => Ok(braces),
        }
    }

    /// Whether words are made of this character.
    pub(super) fn is_word(&self, c: char) -> bool {
        is_word(c) || self.extra_word_characters.contains(&c)
    }
}

/// Whether words are made of this character, with nothing added.
pub(super) fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// The comments that count as white space.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Comments {
    /// None.
    #[default]
    None,
    /// `/* */`.
    C,
    /// `/* */` and `//`.
    Cpp,
    /// `#`.
    Shell,
}

impl Comments {
    /// How many styles there are.
    pub(super) const COUNT: usize = 4;

    /// The style of a name under `generic_comment_style`.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "none" => Self::None,
            "c" => Self::C,
            "cpp" => Self::Cpp,
            "shell" => Self::Shell,
            _ => return None,
        })
    }
}
