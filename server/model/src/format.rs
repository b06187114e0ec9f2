//! What a file is: code, a page, template or notebook with code in it, or any other text.

use crate::{Language, notebook};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// What a text is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Format {
    /// Code in one language.
    Code(Language),
    /// A page, template or notebook with code of other languages in it.
    Host(Host),
    /// Anything else: only rules for any text look at it.
    Text,
}

/// A page or template: how code is put into it, and into what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Host {
    /// What reads its tags.
    pub engine: Engine,
    /// What stands around the tags.
    pub around: Around,
    /// Whether what it puts out is escaped unless it says otherwise.
    pub escapes: bool,
}

/// What reads the tags of a page or template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Engine {
    /// Nothing: only scripts and event handlers are code. If it holds `{% … %}` it is read as [`Engine::Jinja`].
    Html,
    /// Vue's single file components.
    Vue,
    /// Svelte's components.
    Svelte,
    /// Ruby in `<% … %>`.
    Erb,
    /// Elixir in `<% … %>`.
    Eex,
    /// Elixir in `<% … %>` and `{…}`.
    Heex,
    /// Jinja, Django's templates, Nunjucks, Twig: `{{ … }}` and `{% … %}`.
    Jinja,
    /// A notebook as it is on disk: JSON with the cells in it.
    Notebook,
}

/// What stands around the tags of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Around {
    /// HTML.
    Html,
    /// A script.
    Script,
    /// Something that no browser shows.
    Other,
}

impl Format {
    /// The format of a file by its name.
    pub fn from_path(path: &Path) -> Self {
        match Language::from_path(path) {
            Some(language) => Self::Code(language),
            None => Host::from_path(path).map_or(Self::Text, Self::Host),
        }
    }

    /// The format by the identifier that an editor sends (`languageId`).
    pub fn from_lsp_id(id: &str) -> Self {
        match Language::from_lsp_id(id) {
            Some(language) => Self::Code(language),
            None => Host::from_lsp_id(id).map_or(Self::Text, Self::Host),
        }
    }

    /// The format of a document. A known file name outranks the editor's word: editors name languages differently, files do
    /// not. Only whose page an `.html` is, the editor may know better.
    pub fn of_document(path: &Path, lsp_id: &str) -> Self {
        match (Self::from_path(path), Self::from_lsp_id(lsp_id)) {
            (Self::Text, by_id) => by_id,
            (Self::Host(Host { engine: Engine::Html, .. }), Self::Host(by_id)) => Self::Host(by_id),
            // A cell of it, by itself.
            (Self::Host(Host { engine: Engine::Notebook, .. }), Self::Code(by_id)) => Self::Code(by_id),
            (by_path, _) => by_path,
        }
    }

    /// The languages of which it may hold code.
    pub fn languages(self) -> Vec<Language> {
        match self {
            Self::Code(language) => vec![language],
            Self::Host(host) => host.languages(),
            Self::Text => Vec::new(),
        }
    }
}

impl From<Language> for Format {
    fn from(language: Language) -> Self {
        Self::Code(language)
    }
}

impl From<Host> for Format {
    fn from(host: Host) -> Self {
        Self::Host(host)
    }
}

impl From<Option<Language>> for Format {
    fn from(language: Option<Language>) -> Self {
        language.map_or(Self::Text, Self::Code)
    }
}

impl Host {
    /// A notebook on disk.
    pub const NOTEBOOK: Self = Self { engine: Engine::Notebook, around: Around::Other, escapes: false };

    /// One whose output is escaped and stands in HTML.
    pub const fn page(engine: Engine) -> Self {
        Self { engine, around: Around::Html, escapes: true }
    }

    fn from_path(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?.to_ascii_lowercase();
        let (stem, extension) = name.rsplit_once('.')?;
        // `show.html.erb`: what the template makes is named before what makes it.
        let made = stem.rsplit_once('.').map_or("", |(_, made)| made);
        let around = match made {
            "html" | "htm" | "xhtml" | "xml" | "svg" | "turbo_stream" => Around::Html,
            "js" | "mjs" | "cjs" => Around::Script,
            "" if extension != "j2" => Around::Html,
            // `list.mobile.heex`
            _ if matches!(extension, "heex" | "leex") => Around::Html,
            _ => Around::Other,
        };
        // Rails and Phoenix escape what they know to be HTML; Sinatra's ERB and plain EEx nothing; Jinja in Flask goes by
        // the last extension.
        let named_html = around == Around::Html && !made.is_empty();
        let (engine, escapes) = match extension {
            "html" | "htm" | "xhtml" if is_in_templates(path) => return Some(Self::page(Engine::Jinja)),
            "html" | "htm" | "xhtml" => return Some(Self::page(Engine::Html)),
            "vue" => return Some(Self::page(Engine::Vue)),
            "svelte" => return Some(Self::page(Engine::Svelte)),
            "ipynb" => return Some(Self::NOTEBOOK),
            "erb" => (Engine::Erb, named_html),
            "eex" => (Engine::Eex, named_html),
            "leex" => (Engine::Eex, true),
            "heex" => (Engine::Heex, true),
            "j2" | "jinja" | "jinja2" => (Engine::Jinja, named_html),
            "djhtml" | "njk" | "nunjucks" | "twig" => (Engine::Jinja, around == Around::Html),
            _ => return None,
        };
        Some(Self { engine, around, escapes })
    }

    fn from_lsp_id(id: &str) -> Option<Self> {
        let engine = match id.to_ascii_lowercase().as_str() {
            "html" | "xhtml" => Engine::Html,
            "vue" => Engine::Vue,
            "svelte" => Engine::Svelte,
            "erb" | "eruby" | "html.erb" => Engine::Erb,
            "eelixir" | "eex" | "html-eex" | "leex" => Engine::Eex,
            "heex" | "phoenix-heex" => Engine::Heex,
            "jinja" | "jinja2" | "jinja-html" | "django-html" | "htmldjango" | "django" | "nunjucks" | "njk"
            | "twig" => Engine::Jinja,
            _ => return None,
        };
        Some(Self::page(engine))
    }

    fn languages(self) -> Vec<Language> {
        let own = match self.engine {
            Engine::Notebook => return notebook::LANGUAGES.to_vec(),
            Engine::Html | Engine::Jinja => Some(Language::Python),
            Engine::Vue | Engine::Svelte => None,
            Engine::Erb => Some(Language::Ruby),
            Engine::Eex | Engine::Heex => Some(Language::Elixir),
        };
        let scripts = [Language::JavaScript, Language::TypeScript, Language::Tsx];
        let scripts = scripts.into_iter().filter(|_| self.around != Around::Other);
        own.into_iter().chain(scripts).collect()
    }
}

/// Where Flask, Django and others look for templates that are named as what they make.
fn is_in_templates(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == "templates")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_what_a_template_makes_and_whether_it_escapes() {
        let told = |path: &str| match Format::from_path(Path::new(path)) {
            Format::Code(language) => language.name().to_owned(),
            Format::Host(host) => {
                format!("{:?} in {:?}{}", host.engine, host.around, if host.escapes { ", escaped" } else { "" })
            }
            Format::Text => "text".to_owned(),
        };
        for (path, expected) in [
            ("a.py", "python"),
            ("a.html", "Html in Html, escaped"),
            ("app/templates/a.html", "Jinja in Html, escaped"),
            ("A.vue", "Vue in Html, escaped"),
            ("a/+page.svelte", "Svelte in Html, escaped"),
            ("show.html.erb", "Erb in Html, escaped"),
            ("show.erb", "Erb in Html"),
            ("create.js.erb", "Erb in Script"),
            ("database.yml.erb", "Erb in Other"),
            ("index.html.eex", "Eex in Html, escaped"),
            ("mail.text.eex", "Eex in Other"),
            ("live.html.leex", "Eex in Html, escaped"),
            ("index.html.heex", "Heex in Html, escaped"),
            ("list.mobile.heex", "Heex in Html, escaped"),
            ("nginx.conf.j2", "Jinja in Other"),
            ("hosts.j2", "Jinja in Other"),
            ("a.html.j2", "Jinja in Html, escaped"),
            ("a.jinja", "Jinja in Html"),
            ("a.njk", "Jinja in Html, escaped"),
            ("a.twig", "Jinja in Html, escaped"),
            ("a.ipynb", "Notebook in Other"),
            ("nginx.conf", "text"),
            ("Makefile", "text"),
        ] {
            assert_eq!(told(path), expected, "{path}");
        }
    }

    #[test]
    fn an_editor_may_know_whose_page_it_is() {
        let engine = |path: &str, id: &str| match Format::of_document(Path::new(path), id) {
            Format::Host(host) => Some(host.engine),
            _ => None,
        };
        assert_eq!(engine("a.html", "django-html"), Some(Engine::Jinja));
        assert_eq!(engine("a.html", "html"), Some(Engine::Html));
        assert_eq!(engine("a.html.erb", "html"), Some(Engine::Erb));
        assert_eq!(engine("untitled", "vue"), Some(Engine::Vue));
        assert_eq!(Format::of_document(Path::new("a.rb"), "html"), Format::Code(Language::Ruby));
        assert_eq!(Format::of_document(Path::new("a.conf"), "nginx"), Format::Text);
    }
}
