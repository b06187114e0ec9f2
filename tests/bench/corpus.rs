//! Files to type into, and what is typed.

use std::fmt::Write as _;
use std::path::Path;
use weir_tests::binary;

/// A file, and where in it the argument of a call is typed.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) language_id: &'static str,
    pub(crate) text: String,
    line: u32,
    column: u32,
    typed: &'static str,
}

/// One change: a character typed or deleted.
pub(crate) struct Keystroke {
    /// Line and column, twice. The line holds ASCII only, so columns are the same in every encoding.
    pub(crate) range: [u32; 4],
    /// Bytes: start and old end.
    pub(crate) bytes: (usize, usize),
    pub(crate) text: String,
}

impl Case {
    /// The argument typed, deleted from its end, typed again, and so on.
    pub(crate) fn keystrokes(&self) -> impl Iterator<Item = Keystroke> {
        let line_start: usize = self.text.split_inclusive('\n').take(self.line as usize).map(str::len).sum();
        let typed: Vec<char> = self.typed.chars().collect();
        let (line, column, count) = (self.line, self.column, typed.len());
        (0usize..).map(move |at| {
            let within = at % (2 * count);
            let (start, end, text) = if within < count {
                (within, within, typed[within].to_string())
            } else {
                let last = 2 * count - within - 1;
                (last, last + 1, String::new())
            };
            let (from, to) = (column + start as u32, column + end as u32);
            let byte = line_start + column as usize;
            Keystroke { range: [line, from, line, to], bytes: (byte + start, byte + end), text }
        })
    }
}

/// What is typed in a language: name of the extension, editor's id, a call with `@` where the argument goes, the argument.
const LANGUAGES: &[(&str, &str, &str, &str)] = &[
    ("py", "python", "subprocess.call(@)", "\"ls \" + cmd, shell=True"),
    ("js", "javascript", "eval(@);", "\"a\" + code"),
    ("ts", "typescript", "eval(@);", "\"a\" + code"),
    ("tsx", "typescriptreact", "eval(@);", "\"a\" + code"),
    ("rb", "ruby", "eval(@)", "\"a\" + code"),
    ("php", "php", "eval(@);", "\"a\" . $code"),
    ("java", "java", "Runtime.getRuntime().exec(@);", "\"sh -c \" + cmd"),
    ("ex", "elixir", "Code.eval_string(@)", "\"a\" <> code"),
];

/// A file given by its path.
pub(crate) fn read(path: &str) -> Case {
    let text = std::fs::read_to_string(path).expect("a readable file");
    let name = Path::new(path).file_name().expect("a file name").to_string_lossy().into_owned();
    case(name, &text)
}

/// For each language files of about 300, 2,000, 8,000 and 14,000 lines, made of its demo application's own files over and
/// over, so that the code is real and anyone can make the same.
pub(crate) fn generated() -> Vec<Case> {
    let mut cases = Vec::new();
    for (folder, extension) in [("python", "py"), ("javascript", "js"), ("typescript", "ts")] {
        let mut files = Vec::new();
        collect(&binary::root().join("tests/apps").join(folder), extension, &mut files);
        files.sort();
        let source: Vec<String> =
            files.iter().map(|file| std::fs::read_to_string(file).expect("a readable file")).collect();
        for lines in [300, 2_000, 8_000, 14_000] {
            let mut text = String::new();
            let mut count = 0;
            for part in source.iter().cycle() {
                let _ = writeln!(text, "{part}");
                count += part.lines().count() + 1;
                if count >= lines {
                    break;
                }
            }
            cases.push(case(format!("apps-{lines}.{extension}"), &text));
        }
    }
    cases
}

fn collect(folder: &Path, extension: &str, files: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("the demo application is there").flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, extension, files);
        } else if path.extension().is_some_and(|found| found == extension) {
            files.push(path);
        }
    }
}

/// Puts the call in front of the `return` nearest to the middle (else after the middle line's block opener).
fn case(name: String, text: &str) -> Case {
    let extension = name.rsplit('.').next().unwrap_or_default();
    let &(_, language_id, scaffold, typed) =
        LANGUAGES.iter().find(|language| language.0 == extension).expect("a language Weir reads");
    let lines: Vec<&str> = text.lines().collect();
    let middle = lines.len() / 2;
    let is_place = |line: &str| line.starts_with([' ', '\t']) && line.trim_start().starts_with("return");
    let at = (0..lines.len())
        .filter(|&at| is_place(lines[at]))
        .min_by_key(|at| at.abs_diff(middle))
        .expect("a file with an indented return");
    let indent: String = lines[at].chars().take_while(|c| c.is_whitespace()).collect();
    let (before, after) = scaffold.split_once('@').expect("a place to type");
    let call = format!("{indent}{before}{after}");
    let column = (indent.len() + before.len()) as u32;
    let mut out = lines[..at].to_vec();
    out.push(&call);
    out.extend(&lines[at..]);
    Case { name, language_id, text: out.join("\n") + "\n", line: at as u32, column, typed }
}
