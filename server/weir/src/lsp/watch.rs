//! Files whose changes matter: configuration, rules, ignore files and the code itself.
//!
//! A client that watches files for us is asked to. For one that does not (Neovim on Linux) Weir itself watches the few files that
//! decide what is found; of code it hears when it is saved.

use crate::config::FILE_NAME;
use crate::lsp::Client;
use crate::lsp::outbox::Outbox;
use crate::main_loop::Message;
use crate::walk::folder_of;
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use serde_json::json;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::mpsc;
use tower_lsp_server::ls_types::{
    DidChangeWatchedFilesRegistrationOptions, FileSystemWatcher, GlobPattern, OneOf, RelativePattern, Uri,
};

/// Writing a file makes several events, and a checkout of a branch hundreds: they are told together when it is quiet for so long.
const QUIET: Duration = Duration::from_millis(100);

/// What the client watches: all there is. Rules, which may be for any text, scripts that have no extension, and folders, which go with
/// all that is in them: what counts of that is decided where it is scanned, and nowhere else.
const ALL: &str = "**/*";

/// What is to be watched.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Watched {
    /// The workspace's folders.
    pub(crate) folders: Vec<PathBuf>,
    /// Files that decide what is found: configuration, baselines.
    pub(crate) files: Vec<PathBuf>,
    /// Rule files and folders of rules.
    pub(crate) rules: Vec<PathBuf>,
    /// Git's own folders, which no client watches; none unless what was changed is asked for.
    pub(crate) git: Vec<PathBuf>,
}

/// What is watched now.
pub(crate) struct Watch {
    messages: mpsc::WeakUnboundedSender<Message>,
    now: Option<Watched>,
    /// Ours, where the client has none.
    own: Option<RecommendedWatcher>,
    /// What the client's watchers are registered as.
    registered: Option<String>,
    registrations: u64,
}

impl Watch {
    /// Watches nothing yet.
    pub(crate) fn new(messages: mpsc::WeakUnboundedSender<Message>) -> Self {
        Self { messages, now: None, own: None, registered: None, registrations: 0 }
    }

    /// Has these watched in place of those before.
    pub(crate) fn set(&mut self, watched: Watched, client: &Client, outbox: &Outbox) {
        if self.now.as_ref() == Some(&watched) {
            return;
        }
        if client.watches_files {
            // A name of its own each time: whatever a client makes of the order, the end of one registration is not that of the next.
            self.registrations += 1;
            let id = format!("weir-watched-files-{}", self.registrations);
            if let Some(before) = self.registered.replace(id.clone()) {
                outbox.unregister_watchers(before);
            }
            outbox.register_watchers(id, json!(registration(&watched, client)));
        }
        self.own = self.watch(&watched, client);
        self.now = Some(watched);
    }

    /// Watches what the client does not.
    fn watch(&self, watched: &Watched, client: &Client) -> Option<RecommendedWatcher> {
        let mut folders: BTreeSet<(PathBuf, bool)> = BTreeSet::new();
        let in_workspace = |path: &Path| watched.folders.iter().any(|folder| path.starts_with(folder));
        let client_watches = |path: &Path| client.watches_files && (in_workspace(path) || client.watches_anywhere);
        if !client.watches_files {
            folders.extend(watched.folders.iter().map(|folder| (folder.clone(), false)));
        }
        for file in watched.files.iter().filter(|file| !client_watches(file)) {
            // An editor that writes a file anew replaces it: its folder is what stays.
            folders.insert((folder_of(file).to_owned(), false));
        }
        for rules in watched.rules.iter().filter(|rules| !client_watches(rules)) {
            let is_folder = rules.is_dir();
            folders.insert((if is_folder { rules.clone() } else { folder_of(rules).to_owned() }, is_folder));
        }
        folders.extend(watched.git.iter().map(|folder| (folder.clone(), false)));
        if folders.is_empty() {
            return None;
        }
        let (send, events) = mpsc::unbounded_channel();
        tokio::spawn(gather(events, self.messages.clone()));
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            let changes = |event: &notify::Event| !matches!(event.kind, EventKind::Access(_));
            if let Some(event) = event.ok().filter(changes) {
                let _ = send.send(event.paths);
            }
        });
        let mut watcher = watcher.map_err(|error| tracing::warn!("cannot watch files: {error}")).ok()?;
        for (folder, deep) in folders {
            let mode = if deep { RecursiveMode::Recursive } else { RecursiveMode::NonRecursive };
            if let Err(error) = watcher.watch(&folder, mode) {
                tracing::debug!("cannot watch a folder: {error}");
            }
        }
        Some(watcher)
    }
}

/// Tells the main loop what changed, when it is quiet.
async fn gather(mut events: mpsc::UnboundedReceiver<Vec<PathBuf>>, messages: mpsc::WeakUnboundedSender<Message>) {
    while let Some(first) = events.recv().await {
        let mut paths: BTreeSet<PathBuf> = first.into_iter().collect();
        while let Ok(Some(more)) = tokio::time::timeout(QUIET, events.recv()).await {
            paths.extend(more);
        }
        let Some(messages) = messages.upgrade() else { return };
        let _ = messages.send(Message::Changed(paths.into_iter().collect()));
    }
}

fn registration(watched: &Watched, client: &Client) -> DidChangeWatchedFilesRegistrationOptions {
    let watcher = |glob_pattern| FileSystemWatcher { glob_pattern, kind: None };
    let mut watchers = vec![watcher(GlobPattern::String(ALL.to_owned()))];
    let anywhere = |folder: &Path, pattern: &str| {
        let base_uri = OneOf::Right(Uri::from_file_path(folder)?);
        Some(watcher(GlobPattern::Relative(RelativePattern { base_uri, pattern: pattern.to_owned() })))
    };
    if client.watches_anywhere {
        let outside = |path: &&PathBuf| !watched.folders.iter().any(|folder| path.starts_with(folder));
        for rules in watched.rules.iter().filter(outside) {
            match rules.file_name().and_then(|name| name.to_str()).filter(|_| !rules.is_dir()) {
                Some(name) => watchers.extend(anywhere(folder_of(rules), name)),
                None => watchers.extend(anywhere(rules, ALL)),
            }
        }
        for file in watched.files.iter().filter(outside) {
            let name = file.file_name().and_then(|name| name.to_str()).unwrap_or(FILE_NAME);
            watchers.extend(anywhere(folder_of(file), name));
        }
    }
    DidChangeWatchedFilesRegistrationOptions { watchers }
}
