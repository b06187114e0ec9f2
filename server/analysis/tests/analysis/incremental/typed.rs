//! Code as it comes to be: from nothing, a character at a time, in an editor that closes what is opened.

use super::strategy::Then;
use super::{Session, config, look};
use proptest::prelude::*;
use weir_model::{Edit, Language, Span};

/// Text as a person types it where the editor closes what is opened, and types over what it has closed.
fn keystrokes(text: &str) -> Vec<Vec<Edit>> {
    let mut closers: Vec<char> = Vec::new();
    let mut at = 0;
    let mut keystrokes = Vec::new();
    for c in text.chars() {
        let here = Span::new(at, at);
        if closers.last() == Some(&c) {
            closers.pop();
        } else if let Some(closer) = match c {
            '(' => Some(')'),
            '{' => Some('}'),
            '[' => Some(']'),
            '\'' | '"' | '`' => Some(c),
            _ => None,
        } {
            closers.push(closer);
            keystrokes.push(vec![Edit::new(here, format!("{c}{closer}"))]);
        } else {
            keystrokes.push(vec![Edit::new(here, c)]);
        }
        at += c.len_utf8() as u32;
    }
    keystrokes
}

const TYPED: &[(Language, &str)] = &[
    (Language::JavaScript, "app.get('/', (req, res) => { res.send('<p>' + req.query.n); });"),
    (
        Language::Python,
        "def f(c):\n    n = request.args['n']\n    c.execute(\"SELECT \" + n)\n    os.system(f'ls {n}')",
    ),
    (Language::Php, "<?php $n = $_GET['n']; echo \"<p>\" . $n; system('ls ' . $n);"),
    (Language::Ruby, "def show\n  n = params[:n]\n  system(\"ls #{n}\")\nend"),
];

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_line_is_typed_in_any_batches(which in 0..TYPED.len(), pauses in prop::collection::vec(0..5u8, 160)) {
        let (language, text) = TYPED[which];
        let mut session = Session::open(language.into(), "");
        for (edits, pause) in keystrokes(text).into_iter().zip(pauses) {
            session.edit(&edits);
            let then = match pause {
                0 | 1 => Then::TypeOn,
                2 => Then::Analyze,
                3 => Then::CallOff { after: 9 },
                _ => Then::Rest,
            };
            look(&mut session, &then).map_err(TestCaseError::fail)?;
        }
        prop_assert_eq!(session.source.text(), text);
        look(&mut session, &Then::Rest).map_err(TestCaseError::fail)?;
    }
}
