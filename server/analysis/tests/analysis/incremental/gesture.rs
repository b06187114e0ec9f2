//! What a person does to a text. All places and sizes fit any text.

/// Something a person does.
#[derive(Clone, Debug)]
pub(crate) enum Gesture {
    /// Letter by letter.
    Type {
        at: Place,
        text: Text,
    },
    /// At once.
    Insert {
        at: Place,
        text: Text,
    },
    Delete {
        at: Place,
        length: u16,
    },
    /// Letter by letter.
    Backspace {
        at: Place,
        count: u8,
    },
    DeleteLines {
        at: Place,
        lines: u8,
    },
    /// A line, all that are indented deeper below it, and what closes them.
    DeleteBlock {
        at: Place,
    },
    MoveLines {
        from: Place,
        lines: u8,
        to: Place,
    },
    MoveBlock {
        from: Place,
        to: Place,
    },
    /// Another word in the place of a word, or of all words like it.
    Rename {
        word: Place,
        to: Text,
        all: bool,
    },
    /// Another value behind the `=` of a line.
    Assign {
        at: Place,
        text: Text,
    },
    ToggleComment {
        at: Place,
        lines: u8,
    },
    Indent {
        at: Place,
        lines: u8,
        deeper: bool,
    },
    /// Letter by letter at several places at once.
    Cursors {
        at: Vec<Place>,
        text: Text,
    },
    /// The whole text becomes another one.
    Replace(u16),
    /// The whole text becomes itself with other white space.
    Reformat,
    /// Lines end otherwise.
    LineEnds,
    Undo(u8),
    Redo(u8),
}

/// A place in a text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) region: Region,
    /// How far into the region, in 65536ths.
    pub(crate) at: u16,
    pub(crate) edge: Edge,
}

/// Kinds of lines; all lines count where there is none of the kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Region {
    Any,
    Imports,
    /// Assignments at the top level.
    Constants,
    /// Lines deep within something.
    Nested,
}

/// What a place snaps to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Edge {
    Here,
    Word,
    WordEnd,
    Line,
    LineEnd,
}

/// Where text comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Text {
    /// One of [`FRAGMENTS`].
    Fragment(u16),
    /// A word of this text.
    Word(Place),
    /// Lines of this text.
    Lines { from: Place, lines: u8 },
    /// Lines of another text.
    Elsewhere { seed: u16, from: u16, lines: u8 },
}

/// Text that breaks a file, mends it, opens what it does not close, or is simply more code.
pub(crate) const FRAGMENTS: &[&str] = &[
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "\"",
    "'",
    "`",
    "/*",
    "*/",
    "\"\"\"",
    "#",
    "//",
    "<%",
    "?>",
    "<?php ",
    "<?= ",
    "\n",
    "\r\n",
    "\r",
    "\t",
    "    ",
    ";",
    ":",
    ",",
    ".",
    "=",
    "==",
    "+",
    "$",
    "@",
    "\\",
    "é",
    "👩🏽",
    "\u{feff}",
    "\0",
    "x",
    "1",
    "\"a\"",
    "'b'",
    " do\n",
    "end\n",
    "def f(a):\n",
    "def f(a)\n",
    "function f(a) {\n",
    "if (a) {\n",
    "}\n",
    "if a:\n",
    "else:\n",
    "return x;\n",
    "return ",
    "class A {\n",
    "class A:\n",
    "try {\n",
    "(a) => a",
    "fn a -> a end",
    "<<EOS\n",
    "<<~'EOS'\n",
    "EOS\n",
    "__END__\n",
    "${",
    "#{",
    "f\"{",
    "</div>",
    "<div>",
    "...",
    "=>",
    "->",
    "|>",
    "?.",
    "import ",
    "import os as x\n",
    "from a import b as c\n",
    "import a from 'b';\n",
    "const a = require('b');\n",
    "use A\\B;\n",
    "alias A.B\n",
    "# nosemgrep\n",
    "// nosemgrep: a\n",
    "  # nosec",
    "  # noqa: S",
    "# ruff: disable[S608]\n",
    "# rubocop:disable Security/Eval\n",
    "/* eslint-disable */",
    "// NOSONAR",
    "/* DevSkim: ignore all until 2001-01-01 */",
    "@SuppressWarnings(\"all\") ",
    "# sobelow_skip [\"XSS\"]\n",
    "async ",
    "await ",
    "lambda: ",
    "<script>",
    "<script lang=\"ts\">",
    "</script>",
    "<!--",
    "-->",
    "%>",
    "<%= ",
    "<%== params[:a] %>",
    "<% end %>",
    "{{",
    "}}",
    "{{ x | safe }}",
    "{%",
    "%}",
    "{% if a %}",
    "{% endif %}",
    "{% autoescape false %}",
    "{% comment %}",
    "{% endcomment %}",
    "{@html x}",
    " onclick=\"",
    " v-html=\"x\"",
    " href=",
    "<style>",
    "<template>",
];
