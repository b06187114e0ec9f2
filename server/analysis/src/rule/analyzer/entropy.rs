//! How random a text looks: in how many more bits it can be said than a text of words and names of the same length.
//!
//! A text is said character by character, each for as many bits as it is unexpected after the one before it, or as a copy of
//! what stands earlier in the text, or as the next step of a run (`abcd`, `1111`, `qwert`); the cheapest way counts. What
//! that costs above the ordinary is its surprise, and the most surprising stretch decides, so that words around a secret do
//! not hide it.

use super::Mode;
use crate::budget::{Budget, Stop};

/// Only so many characters are looked at: copies are searched in quadratic time, and no secret begins later.
const MAX_CHARS: usize = 512;

/// What a character of ordinary text costs at most on average. Words of English and names in code cost about 3.5 bits.
const ORDINARY: f64 = 4.0;

/// A stretch this many bits more surprising than ordinary text is random: some ten random letters, digits or both. Words
/// stay below 12.
const RANDOM: f64 = 22.0;

/// Costs that are not in the table, in bits.
const DIGIT: f64 = 3.3;
const DIGIT_AMONG_LETTERS: f64 = 6.0;
const SEPARATOR: f64 = 3.5;
const PUNCTUATION: f64 = 5.0;
const OTHER: f64 = 4.0;
const CASE_CHANGE: f64 = 2.0;
const STEP_OF_A_RUN: f64 = 1.0;
const COPY: f64 = 8.0;

/// Shorter repetitions are chance.
const MIN_COPY: usize = 4;

/// Numbers of more digits are no counts, years or ports.
const ORDINARY_NUMBER: usize = 8;

/// What stands for masked characters: the first character for private use, and those after it.
const HIDDEN: char = '\u{e000}';

/// Shorter runs of `x` are no mask.
const MIN_MASK: usize = 4;

/// Whether some stretch of a text looks random. A key of which a part is masked (`AKIAxxxxxxxxxxxxxxxx`) counts as the key.
pub(super) fn is_high(text: &str, budget: &Budget<'_>) -> Result<bool, Stop> {
    let mut chars: Vec<char> = text.chars().take(MAX_CHARS).collect();
    hide_masks(&mut chars);
    Ok(surprise(&chars, budget)? >= RANDOM)
}

/// Whether some word of a text looks random.
pub(super) fn is_high_in_a_word(text: &str, mode: Mode, budget: &Budget<'_>) -> Result<bool, Stop> {
    let wanted = match mode {
        Mode::Lax => RANDOM,
        Mode::Default => 1.4 * RANDOM,
        Mode::Strict => 2.5 * RANDOM,
    };
    for word in text.split_whitespace() {
        if surprise(&word.chars().take(MAX_CHARS).collect::<Vec<_>>(), budget)? >= wanted {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The surprise of the most surprising stretch, in bits.
fn surprise(chars: &[char], budget: &Budget<'_>) -> Result<f64, Stop> {
    let costs = costs(chars, budget)?;
    let (mut most, mut here) = (0.0_f64, 0.0_f64);
    for cost in costs {
        here = (here + cost - ORDINARY).max(0.0);
        most = most.max(here);
    }
    Ok(most)
}

/// What each character costs in the cheapest way to say them all; a copy's cost is spread over it.
fn costs(chars: &[char], budget: &Budget<'_>) -> Result<Vec<f64>, Stop> {
    let copies = copies(chars, budget)?;
    let numbers = ordinary_digits(chars);
    // By end: the cheapest way to get there, and where its last step began.
    let mut ways = vec![(f64::INFINITY, 0); chars.len() + 1];
    ways[0].0 = 0.0;
    for at in 0..chars.len() {
        budget.tick()?;
        let so_far = ways[at].0;
        let mut reach = |end: usize, cost: f64| {
            if cost < ways[end].0 {
                ways[end] = (cost, at);
            }
        };
        reach(at + 1, so_far + literal(chars, at, numbers[at]));
        for length in MIN_COPY..=copies[at] {
            reach(at + length, so_far + COPY);
        }
    }
    let mut costs = vec![0.0; chars.len()];
    let mut end = chars.len();
    while end > 0 {
        let (cost, start) = ways[end];
        let each = (cost - ways[start].0) / (end - start) as f64;
        costs[start..end].fill(each);
        end = start;
    }
    Ok(costs)
}

/// Puts characters that nothing is like in the place of masks: of every `x` in a run of them within a word that has more.
fn hide_masks(chars: &mut [char]) {
    let is_mask = |c: &char| matches!(c, 'x' | 'X');
    for word in chars.split_mut(|c| !c.is_ascii_alphanumeric()).filter(|word| !word.iter().all(is_mask)) {
        for run in word.chunk_by_mut(|a, b| a == b && is_mask(a)).filter(|run| run.len() >= MIN_MASK) {
            for (at, c) in (0..).zip(run) {
                // Two apart: one after the other would be a run.
                *c = char::from_u32(u32::from(HIDDEN) + 2 * at).unwrap_or(HIDDEN);
            }
        }
    }
}

/// By place: how many characters from there on stand somewhere before too.
fn copies(chars: &[char], budget: &Budget<'_>) -> Result<Vec<usize>, Stop> {
    let mut longest = vec![0; chars.len()];
    for distance in 1..chars.len() {
        budget.tick()?;
        let mut length = 0;
        for at in (distance..chars.len()).rev() {
            length = if chars[at] == chars[at - distance] { length + 1 } else { 0 };
            longest[at] = longest[at].max(length);
        }
    }
    Ok(longest)
}

/// By place: whether a digit there is part of an ordinary number, by itself or at the end of a name.
fn ordinary_digits(chars: &[char]) -> Vec<bool> {
    let mut ordinary = vec![false; chars.len()];
    let mut start = 0;
    while start < chars.len() {
        if !chars[start].is_ascii_alphanumeric() {
            start += 1;
            continue;
        }
        let length = chars[start..].iter().take_while(|c| c.is_ascii_alphanumeric()).count();
        let word = &chars[start..start + length];
        let digits = word.iter().rev().take_while(|c| c.is_ascii_digit()).count();
        let only_letters_before = word[..length - digits].iter().all(char::is_ascii_alphabetic);
        if only_letters_before && digits <= ORDINARY_NUMBER / if digits < length { 2 } else { 1 } {
            ordinary[start + length - digits..start + length].fill(true);
        }
        start += length;
    }
    ordinary
}

/// What a character costs after those before it.
fn literal(chars: &[char], at: usize, is_ordinary_digit: bool) -> f64 {
    if is_step(chars, at) {
        return STEP_OF_A_RUN;
    }
    let c = chars[at];
    let before = at.checked_sub(1).map(|at| chars[at]);
    match c {
        '0'..='9' if is_ordinary_digit => DIGIT,
        '0'..='9' | HIDDEN..='\u{f8ff}' => DIGIT_AMONG_LETTERS,
        'a'..='z' | 'A'..='Z' => letter(before, c, at.checked_sub(2).map(|at| chars[at])),
        ' ' | '_' | '-' | '.' | '/' | ':' => SEPARATOR,
        _ if c.is_ascii() => PUNCTUATION,
        _ => OTHER,
    }
}

fn letter(before: Option<char>, c: char, before_that: Option<char>) -> f64 {
    let after_letter = before.filter(char::is_ascii_alphabetic);
    match after_letter {
        // A word begins: at a hump of `camelCase` too.
        Some(before) if before.is_ascii_lowercase() && c.is_ascii_uppercase() => CASE_CHANGE + table(None, c),
        Some(before) => {
            let first_capital = before_that.is_none_or(|before| !before.is_ascii_uppercase());
            let changes = before.is_ascii_uppercase() && c.is_ascii_lowercase() && !first_capital;
            table(Some(before), c) + if changes { CASE_CHANGE } else { 0.0 }
        }
        None if before.is_some_and(|before| before.is_ascii_digit()) => CASE_CHANGE + table(None, c),
        None => table(None, c),
    }
}

/// Whether a character goes on as the two before it did, in the alphabet or on the keyboard.
fn is_step(chars: &[char], at: usize) -> bool {
    const KEYBOARD: &str = "qwertyuiop asdfghjkl zxcvbnm";
    let Some(first) = at.checked_sub(2) else { return false };
    let is_run = |place: &dyn Fn(char) -> Option<i64>| {
        let [Some(a), Some(b), Some(c)] = [first, first + 1, at].map(|at| place(chars[at])) else { return false };
        b - a == c - b && (-1..=1).contains(&(c - b))
    };
    is_run(&|c| Some(i64::from(u32::from(c))))
        || is_run(&|c| KEYBOARD.find(c.to_ascii_lowercase()).and_then(|at| i64::try_from(at).ok()))
}

/// How unexpected a letter is after another, or at a word's beginning, in bits.
fn table(before: Option<char>, c: char) -> f64 {
    let number = |c: char| usize::from(c.to_ascii_lowercase() as u8 - b'a');
    let half_bits = LETTERS[before.map_or(0, |before| 1 + number(before))][number(c)];
    f64::from(char::from(half_bits).to_digit(36).unwrap_or(0)) / 2.0
}

/// Half bits, as digits in base 36, of each letter at a word's beginning (the first row) and after each letter. Counted in the
/// words of 75 MB of English documentation and source code, names taken apart at their humps.
const LETTERS: [&[u8; 26]; 27] = [
    b"897999a98cc9a999ca87bbabcb",
    b"ha99gfbi9he785iaj666ccgfdi",
    b"7e7d6eeg98d7ff7eg96d6fgd9f",
    b"8gcf7gh7bg96fh4aiac7bfh9ei",
    b"8ee92eff6ggcff7fgcbcafggdh",
    b"9d88a9dhebh8a6ebd568hbe9cj",
    b"8ddc88ef5ffaed5ef8a95fefcf",
    b"aece5eb85ff6c8acf89b9eefee",
    b"6ggg4ggg7gg8df89g8f68gggfg",
    b"b78abaaihih8a57cib76hbcdid",
    b"8ddc6dddbdcddd9cdd2dbcdddd",
    b"8bcb3cbc8ccbc9bccc6bbcbccc",
    b"6dgb5aeh4ah7hg8figa99fhibi",
    b"59fc4efg7ff98f76gfafaefgeg",
    b"8h677c6hahcefc6fih66adhici",
    b"fb96f9diehda75a9j5999cbghf",
    b"5gfe6ggc9hd8fg87h6888hhgah",
    b"98bbabbbabbabbbaaaaa4abbbb",
    b"7gbb4ebi6ibdaa7ei989bdgiai",
    b"bhbg5fgb7ifbef96hd64aggici",
    b"8hec5fi56jicdg79j698ahdg9i",
    b"b7b98achagg786e9g776gggegg",
    b"5dcd3ddd7dddbcadddcbdddddd",
    b"5ddc7dc75ddcca6dd8adddaddd",
    b"8d8c8cddadddadd8dc76ddd4cd",
    b"accdadbdbdd9a884d778cc8dcc",
    b"9ccc6cbb7ccab4bbbba8bbbcbb",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_random_is_told_from_what_people_write() {
        let budget = Budget::unlimited();
        for text in [
            "feoi7n978faseduy987ybf67t4ni867fased6tbi6fa34nf97",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
            "sk_live_4eC39HqLyjWDarjtT1zdp7dc",
            "3b6e9fea-2cea-d93b-d269-01d0844520f4",
            "1d8aaa70cb88f1e2",
            "kwvefknjdgsxbotavdpo",
            "C7W2D4C5QMT7",
            "AKIAxxxxxxxxxxxxxxxx",
            "jWnyxxxxxxxxxxxxxxxxX7ZQxxxxxxxxxxxxxxxx",
            "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
        ] {
            assert_eq!(is_high(text, &budget), Ok(true), "{text}");
        }
        for text in [
            "",
            "secret",
            "password123",
            "correct horse battery staple",
            "The quick brown fox jumps over the lazy dog.",
            "Lorem ipsum dolor sit amet, consectetur adipiscing elit",
            "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
            "xxxxxxxx-xxxx-xxxx-xxxxxxxxxxxx",
            "0x00000000000000000000",
            "abababababababababab",
            "abcdefghijklmnopqrstuvwxyz0123456789",
            "qwertyuiop",
            "00000000-0000-0000-0000-000000000000",
            "org.springframework.web.bind.annotation.RequestMapping",
            "SELECT * FROM users WHERE id = ?",
            "https://example.com/path/to/resource?id=1&name=foo",
            "postgres://user:pass@localhost:5432/db",
            "application/json; charset=utf-8",
            "MyVeryLongCamelCaseIdentifierName",
            "SOME_CONSTANT_NAME_HERE",
            "your-api-key-here",
            "127.0.0.1:8080",
            "2024-01-15 10:30:00",
            "Zürich Straße größer",
        ] {
            assert_eq!(is_high(text, &budget), Ok(false), "{text}");
        }
    }

    #[test]
    fn a_stricter_mode_asks_for_more_in_one_word() {
        let budget = Budget::unlimited();
        for (text, expected) in [
            ("C7W2D4C5QMT7", [true, false, false]),
            ("1d8aaa70cb88f1e2", [true, true, false]),
            ("ghp_16C7e42F292c6912E7710c838347Ae178B4a", [true, true, true]),
            ("C7W2 D4C5 QMT7", [false, false, false]),
            ("AKIAxxxxxxxxxxxxxxxx", [false, false, false]),
            ("secret", [false, false, false]),
        ] {
            let found =
                [Mode::Lax, Mode::Default, Mode::Strict].map(|mode| is_high_in_a_word(text, mode, &budget) == Ok(true));
            assert_eq!(found, expected, "{text}");
        }
    }
}
