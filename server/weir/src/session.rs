//! What is open: the one owner of the editor's documents and of what is known about them.

use crate::changed::Base;
use crate::config::Level;
use crate::engines::EngineId;
use crate::history::History;
use crate::lsp::Client;
use crate::project::ProjectId;
use crate::repairs::Repairs;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tower_lsp_server::ls_types::{TextDocumentContentChangeEvent, TextDocumentItem, Uri};
use weir_model::{DocId, Document, Edit, Finding, Format, Hint, Note, Version};

/// One open document.
pub(crate) struct OpenDocument {
    pub(crate) uri: Uri,
    pub(crate) id: DocId,
    /// The file, if it is one.
    pub(crate) file: Option<PathBuf>,
    /// Path for rules' `paths:` and for filters, relative to the project's root.
    pub(crate) path: Arc<str>,
    /// What it belongs to, and who analyses it; `None` before the configuration is known.
    pub(crate) place: Option<(ProjectId, EngineId)>,
    /// The text; its version is Weir's own count of changes, which always grows.
    pub(crate) document: Document,
    /// The last changes, for one that comes too late.
    history: History,
    /// The editor calls it YAML.
    pub(crate) is_yaml: bool,
    /// The version the editor gave the text.
    pub(crate) client_version: i32,
    /// What it was in the commit that is compared with, once that is known.
    pub(crate) base: Option<Base>,
    /// The findings of `analyzed`.
    pub(crate) findings: Vec<Finding>,
    /// Which of them are shown, and as what.
    pub(crate) shown: Vec<(usize, Level)>,
    /// What there is to say about marks in `analyzed`.
    pub(crate) hints: Vec<Hint>,
    /// What is known of their repairs.
    pub(crate) repairs: Repairs,
    /// What could not be analysed in `analyzed`.
    pub(crate) notes: Vec<Note>,
    /// The version the findings belong to, if they are those of the rules in force.
    pub(crate) analyzed: Option<Version>,
}

impl OpenDocument {
    /// Whether the findings belong to the text as it is now.
    pub(crate) fn is_current(&self) -> bool {
        self.analyzed == Some(self.document.version())
    }

    /// The findings to show, and as what.
    pub(crate) fn visible(&self) -> impl Iterator<Item = (&Finding, Level)> {
        self.shown.iter().map(|&(at, level)| (&self.findings[at], level))
    }
}

/// Everything open in one editor and the client's abilities.
pub(crate) struct Session {
    pub(crate) client: Client,
    documents: HashMap<DocId, OpenDocument>,
    by_uri: HashMap<Uri, DocId>,
    /// How many versions were given out.
    versions: i64,
}

impl Session {
    /// A session with nothing open.
    pub(crate) fn new() -> Self {
        Self { client: Client::default(), documents: HashMap::new(), by_uri: HashMap::new(), versions: 0 }
    }

    /// Opens a document; one that is open already is replaced.
    pub(crate) fn open(&mut self, item: TextDocumentItem, format: Format) -> DocId {
        let TextDocumentItem { uri, language_id, version: client_version, text } = item;
        let file = file_of(&uri);
        let version = self.next_version();
        let id = *self.by_uri.entry(uri.clone()).or_insert(DocId(version.0.unsigned_abs()));
        let place = self.documents.get(&id).and_then(|open| open.place);
        let open = OpenDocument {
            path: uri.path().as_str().trim_start_matches('/').into(),
            uri,
            id,
            file,
            place,
            document: Document::new(&text, version, format),
            history: History::default(),
            is_yaml: matches!(language_id.as_str(), "yaml" | "yml"),
            client_version,
            base: None,
            findings: Vec::new(),
            shown: Vec::new(),
            hints: Vec::new(),
            repairs: Repairs::default(),
            notes: Vec::new(),
            analyzed: None,
        };
        self.documents.insert(id, open);
        id
    }

    /// Applies the editor's changes, in the order of their numbers where they overtook each other. Gives the document, the version the edits were made on and the edits as
    /// bytes; `None` if it is not open.
    pub(crate) fn change(
        &mut self,
        uri: &Uri,
        client_version: i32,
        changes: &[TextDocumentContentChangeEvent],
    ) -> Option<(&OpenDocument, Version, Vec<Edit>)> {
        let version = self.next_version();
        let encoding = self.client.encoding;
        let open = self.documents.get_mut(self.by_uri.get(uri)?)?;
        let base = open.document.version();
        let edits = open.history.make(open.document.text(), encoding, client_version, changes);
        // Without edits nothing changed but the version: the findings stay, under the new number.
        open.document.apply(&edits, version).expect("offsets computed from this very text fit it");
        // A change that was late makes the text what its successors were about.
        let last = open.history.last_version();
        open.client_version = last.unwrap_or(client_version);
        Some((open, base, edits))
    }

    /// Closes a document; gives what it was if it was open.
    pub(crate) fn close(&mut self, uri: &Uri) -> Option<OpenDocument> {
        self.by_uri.remove(uri).and_then(|id| self.documents.remove(&id))
    }

    /// The document with this address.
    pub(crate) fn by_uri(&self, uri: &Uri) -> Option<&OpenDocument> {
        self.documents.get(self.by_uri.get(uri)?)
    }

    /// The document of this file.
    pub(crate) fn by_file(&self, file: &Path) -> Option<&OpenDocument> {
        self.documents.values().find(|open| open.file.as_deref() == Some(file))
    }

    /// The document with this id.
    pub(crate) fn get(&self, id: DocId) -> Option<&OpenDocument> {
        self.documents.get(&id)
    }

    /// As [`get`](Self::get).
    pub(crate) fn get_mut(&mut self, id: DocId) -> Option<&mut OpenDocument> {
        self.documents.get_mut(&id)
    }

    /// All documents' ids.
    pub(crate) fn ids(&self) -> Vec<DocId> {
        self.documents.keys().copied().collect()
    }

    /// Takes the findings of a version. `None` if the document has moved on or is closed: they are dropped.
    pub(crate) fn take_findings(
        &mut self,
        id: DocId,
        version: Version,
        findings: Vec<Finding>,
        hints: Vec<Hint>,
        notes: Vec<Note>,
    ) -> Option<&mut OpenDocument> {
        let open = self.documents.get_mut(&id).filter(|open| open.document.version() == version)?;
        open.findings = findings;
        open.shown.clear();
        open.hints = hints;
        open.repairs = Repairs::default();
        open.notes = notes;
        open.analyzed = Some(version);
        Some(open)
    }

    fn next_version(&mut self) -> Version {
        self.versions += 1;
        Version(self.versions)
    }
}

/// What a document is made of, by its name and what its editor says.
pub(crate) fn format_of(uri: &Uri, language_id: &str) -> Format {
    let file = file_of(uri);
    Format::of_document(file.as_deref().unwrap_or(Path::new(uri.path().as_str())), language_id)
}

/// The file that an address names, if it names one.
pub(crate) fn file_of(uri: &Uri) -> Option<PathBuf> {
    if uri.scheme().as_str() != "file" {
        return None;
    }
    uri.to_file_path().map(std::borrow::Cow::into_owned)
}
