//! How a comment is written on a line of its own.

use ropey::Rope;
use weir_model::{Engine, Format, Host, Language};

/// How a comment opens and closes that is put before a line; `None` where there can be none.
pub(crate) fn before(format: Format, text: &Rope, line: usize) -> Option<(&'static str, &'static str)> {
    let content = text.line(line).to_string();
    match format {
        Format::Code(language) => Some(in_code(language, content.trim())),
        Format::Host(host) => in_page(host, &text.slice(..text.line_to_char(line)).to_string()),
        Format::Text => None,
    }
}

fn in_code(language: Language, line: &str) -> (&'static str, &'static str) {
    match language {
        Language::Python | Language::Ruby | Language::Elixir => ("#", ""),
        // Outside of PHP's tags text is output: the comment brings its own tags.
        Language::Php if line.starts_with('<') || line.contains("?>") => ("<?php //", " ?>"),
        Language::JavaScript | Language::Tsx if line.starts_with('<') => ("{/*", " */}"),
        _ => ("//", ""),
    }
}

/// In a page with this text before the line.
fn in_page(host: Host, before: &str) -> Option<(&'static str, &'static str)> {
    if before.rfind("<script") > before.rfind("</script") {
        return Some(("//", ""));
    }
    match host.engine {
        // A template's own comments leave nothing in the page, wherever they stand.
        Engine::Erb | Engine::Eex => Some(("<%#", " %>")),
        Engine::Heex => Some(("<%!--", " --%>")),
        Engine::Jinja => Some(("{#", " #}")),
        Engine::Html | Engine::Vue | Engine::Svelte if before.rfind('<') > before.rfind('>') => None,
        Engine::Html | Engine::Vue | Engine::Svelte => Some(("<!--", " -->")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_the_comments_of_what_stands_there() {
        let page = Rope::from_str("<p>\n<script>\nf()\n</script>\n<a\nb>\n");
        let comment = |engine, line| before(Format::Host(Host::page(engine)), &page, line).map(|(open, _)| open);
        assert_eq!(comment(Engine::Html, 1), Some("<!--"));
        assert_eq!(comment(Engine::Vue, 2), Some("//"));
        assert_eq!(comment(Engine::Erb, 4), Some("<%#"));
        assert_eq!(comment(Engine::Jinja, 5), Some("{#"));
        assert_eq!(comment(Engine::Svelte, 5), None, "within a tag");
        assert_eq!(before(Format::Text, &page, 0), None);
        assert_eq!(before(Language::Ruby.into(), &page, 1), Some(("#", "")));
    }
}
