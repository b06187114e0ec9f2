//! The `generic_*` options.

use super::Reader;
use crate::generic::{Comments, Engine};
use crate::rule::yaml::{Key, Yaml};

/// Takes an option over if it is one of these.
pub(super) fn option(reader: &mut Reader, key: &Key, value: &Yaml) -> bool {
    let name = key.text.as_str();
    let wrong = match name {
        "generic_engine" => {
            set(&mut reader.generic_config.engine, value.as_str().and_then(Engine::from_name), "spacegrep or aliengrep")
        }
        "generic_ellipsis_max_span" => {
            let lines = value.as_int().and_then(|lines| u32::try_from(lines).ok());
            set(&mut reader.generic_config.ellipsis_max_span, lines, "a number of lines")
        }
        "generic_comment_style" => {
            let style = value.as_str().and_then(Comments::from_name);
            set(&mut reader.generic_config.comments, style, "none, c, cpp or shell")
        }
        "generic_multiline" => set(&mut reader.generic_config.multiline, value.as_bool(), "`true` or `false`"),
        "generic_caseless" => set(&mut reader.generic_config.caseless, value.as_bool(), "`true` or `false`"),
        "generic_braces" => set(&mut reader.generic_config.braces, braces(value), BRACES),
        "generic_extra_braces" => set(&mut reader.generic_config.extra_braces, braces(value), BRACES),
        "generic_extra_word_characters" => {
            let characters = value.as_list().and_then(|list| list.iter().map(character).collect());
            set(&mut reader.generic_config.extra_word_characters, characters, "a list of characters")
        }
        _ => return false,
    };
    if let Some(wanted) = wrong {
        reader.error(value.place, format!("the option `{name}` must be {wanted}"));
    }
    true
}

const BRACES: &str = "a list of pairs of characters";

/// Sets an option; where the value is not what it must be, says what that is.
fn set<T>(option: &mut T, value: Option<T>, wanted: &'static str) -> Option<&'static str> {
    match value {
        Some(value) => {
            *option = value;
            None
        }
        None => Some(wanted),
    }
}

fn braces(value: &Yaml) -> Option<Vec<(char, char)>> {
    let pair = |pair: &Yaml| match pair.as_list()? {
        [open, close] => Some((character(open)?, character(close)?)),
        _ => None,
    };
    value.as_list()?.iter().map(pair).collect()
}

fn character(value: &Yaml) -> Option<char> {
    let mut characters = value.as_str()?.chars();
    characters.next().filter(|_| characters.next().is_none())
}
