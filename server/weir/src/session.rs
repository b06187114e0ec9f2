//! What is open: the one owner of the editor's documents and of what is known about them.

use crate::lsp::{Client, from_proto};
use crate::report::rule::Rule;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tower_lsp_server::ls_types::{TextDocumentContentChangeEvent, Uri};
use weir_model::{DocId, Document, Edit, Finding, Language, Note, Version};

/// One open document.
pub(crate) struct OpenDocument {
    pub(crate) uri: Uri,
    pub(crate) id: DocId,
    /// Path for rules' `paths:`, relative to the workspace folder.
    pub(crate) path: Arc<str>,
    /// The text; its version is Weir's own count of changes, which always grows.
    pub(crate) document: Document,
    /// The version the editor gave the text.
    pub(crate) client_version: i32,
    /// The findings of `analyzed`.
    pub(crate) findings: Vec<Finding>,
    /// What could not be analysed in `analyzed`.
    pub(crate) notes: Vec<Note>,
    /// The version the findings belong to.
    pub(crate) analyzed: Option<Version>,
}

impl OpenDocument {
    /// Whether the findings belong to the text as it is now.
    pub(crate) fn is_current(&self) -> bool {
        self.analyzed == Some(self.document.version())
    }

    /// The findings to show.
    pub(crate) fn visible(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| !finding.suppressed)
    }
}

/// Everything open in one editor, the rules in force and the client's abilities.
pub(crate) struct Session {
    pub(crate) client: Client,
    pub(crate) rules: HashMap<Arc<str>, Rule>,
    folders: Vec<PathBuf>,
    documents: HashMap<DocId, OpenDocument>,
    by_uri: HashMap<Uri, DocId>,
    /// How many versions were given out.
    versions: i64,
}

impl Session {
    /// A session with nothing open.
    pub(crate) fn new() -> Self {
        Self {
            client: Client::default(),
            rules: HashMap::new(),
            folders: Vec::new(),
            documents: HashMap::new(),
            by_uri: HashMap::new(),
            versions: 0,
        }
    }

    /// Sets the workspace folders, the longest path first, so that the innermost folder names a file.
    pub(crate) fn set_folders(&mut self, mut folders: Vec<PathBuf>) {
        folders.sort_by_key(|folder| std::cmp::Reverse(folder.components().count()));
        self.folders = folders;
    }

    /// The workspace folders.
    pub(crate) fn folders(&self) -> &[PathBuf] {
        &self.folders
    }

    /// Opens a document; one that is open already is replaced.
    pub(crate) fn open(&mut self, uri: Uri, language_id: &str, client_version: i32, text: &str) -> &OpenDocument {
        let file = is_file(&uri).then(|| uri.to_file_path()).flatten();
        // A known file name outranks the editor's word: editors name languages differently, files do not.
        let language = file
            .as_deref()
            .and_then(Language::from_path)
            .or_else(|| Language::from_lsp_id(language_id))
            .or_else(|| Language::from_path(Path::new(uri.path().as_str())));
        let path = match file.as_deref() {
            Some(file) => self.relative(file),
            None => uri.path().as_str().trim_start_matches('/').into(),
        };
        let version = self.next_version();
        let id = *self.by_uri.entry(uri.clone()).or_insert(DocId(version.0.unsigned_abs()));
        let document = Document::new(text, version, language);
        let open = OpenDocument {
            uri,
            id,
            path,
            document,
            client_version,
            findings: Vec::new(),
            notes: Vec::new(),
            analyzed: None,
        };
        self.documents.insert(id, open);
        &self.documents[&id]
    }

    /// Applies the editor's changes in order. Gives the document, the version the edits were made on and the edits as
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
        let edits: Vec<Edit> = changes
            .iter()
            .map(|change| {
                let edit = from_proto::edit(open.document.text(), encoding, change);
                open.document
                    .apply(std::slice::from_ref(&edit), version)
                    .expect("offsets computed from this very text fit it");
                edit
            })
            .collect();
        if edits.is_empty() {
            // Nothing changed but the version: the findings stay, under the new number.
            open.document.apply(&[], version).expect("no edit always fits");
        }
        open.client_version = client_version;
        Some((open, base, edits))
    }

    /// Closes a document; gives its id if it was open.
    pub(crate) fn close(&mut self, uri: &Uri) -> Option<DocId> {
        let id = self.by_uri.remove(uri)?;
        self.documents.remove(&id);
        Some(id)
    }

    /// The document with this address.
    pub(crate) fn by_uri(&self, uri: &Uri) -> Option<&OpenDocument> {
        self.documents.get(self.by_uri.get(uri)?)
    }

    /// The document with this id.
    pub(crate) fn get(&self, id: DocId) -> Option<&OpenDocument> {
        self.documents.get(&id)
    }

    /// Takes the findings of a version. `false` if the document has moved on or is closed: they are dropped.
    pub(crate) fn take_findings(
        &mut self,
        id: DocId,
        version: Version,
        findings: Vec<Finding>,
        notes: Vec<Note>,
    ) -> bool {
        let Some(open) = self.documents.get_mut(&id).filter(|open| open.document.version() == version) else {
            return false;
        };
        open.findings = findings;
        open.notes = notes;
        open.analyzed = Some(version);
        true
    }

    fn next_version(&mut self) -> Version {
        self.versions += 1;
        Version(self.versions)
    }

    fn relative(&self, file: &Path) -> Arc<str> {
        let inside = self.folders.iter().find_map(|folder| file.strip_prefix(folder).ok());
        let path = inside.unwrap_or_else(|| file.file_name().map_or(file, Path::new));
        path.to_string_lossy().replace('\\', "/").into()
    }
}

fn is_file(uri: &Uri) -> bool {
    uri.scheme().as_str() == "file"
}
