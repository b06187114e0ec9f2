//! What the client can do, and what we tell it we can.

use crate::lsp::requests::code_action::FIX_ALL;
use crate::lsp::requests::{author_action, command};
use tower_lsp_server::ls_types::{
    CodeActionKind, CodeActionOptions, CodeActionProviderCapability, CodeLensOptions, CompletionOptions,
    DiagnosticOptions, DiagnosticServerCapabilities, DiagnosticTag, ExecuteCommandOptions, HoverProviderCapability,
    InitializeParams, InitializeResult, MarkupKind, Notebook, NotebookDocumentSyncOptions, NotebookSelector, OneOf,
    PositionEncodingKind, ResourceOperationKind, ServerCapabilities, ServerInfo, TextDocumentSyncCapability,
    TextDocumentSyncKind, TextDocumentSyncOptions, TextDocumentSyncSaveOptions, WorkspaceFoldersServerCapabilities,
    WorkspaceServerCapabilities,
};
use weir_model::PositionEncoding;

/// What this client can do, as far as we use it. The default is a client that declares nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Client {
    /// What columns count.
    pub(crate) encoding: PositionEncoding,
    /// Diagnostics may carry places elsewhere: the taint path goes there, else into the message.
    pub(crate) related_information: bool,
    /// Diagnostics may carry a link.
    pub(crate) code_description: bool,
    /// Diagnostics may carry data that comes back with code action requests.
    pub(crate) data: bool,
    /// Diagnostics may be tagged as about something unnecessary.
    pub(crate) unnecessary: bool,
    /// Edits may name the version they are for.
    pub(crate) document_changes: bool,
    /// Code actions may be literals; without them only commands would do, and we have none.
    pub(crate) code_action_literals: bool,
    /// Code actions may be marked as preferred.
    pub(crate) is_preferred: bool,
    /// The edits of code actions are asked for when one is chosen.
    pub(crate) resolves_edits: bool,
    /// Code actions that cannot be taken are shown with the reason.
    pub(crate) shows_disabled: bool,
    /// Edits may carry a note, and be asked about.
    pub(crate) change_annotations: bool,
    /// Edits may create files.
    pub(crate) creates_files: bool,
    /// It knows documents that only the server has.
    pub(crate) shows_virtual: bool,
    /// The client shows a document when it is asked to.
    pub(crate) shows_documents: bool,
    /// We may show progress that we begin ourselves.
    pub(crate) progress: bool,
    /// Hovers may be Markdown.
    pub(crate) markdown: bool,
    /// The client asks for diagnostics itself: none are pushed then.
    pub(crate) pull: bool,
    /// It can be told to ask again.
    pub(crate) refresh: bool,
    /// It can be told to ask for code lenses again.
    pub(crate) refreshes_lenses: bool,
    /// It answers what its settings are.
    pub(crate) configuration: bool,
    /// It watches files for us.
    pub(crate) watches_files: bool,
    /// It does so outside of its folders, too.
    pub(crate) watches_anywhere: bool,
}

impl Client {
    /// Reads the client's declarations.
    pub(crate) fn new(params: &InitializeParams) -> Self {
        let text = params.capabilities.text_document.as_ref();
        let workspace = params.capabilities.workspace.as_ref();
        let published = text.and_then(|text| text.publish_diagnostics.as_ref());
        let pulled = text.and_then(|text| text.diagnostic.as_ref());
        let actions = text.and_then(|text| text.code_action.as_ref());
        let edits = workspace.and_then(|workspace| workspace.workspace_edit.as_ref());
        let hover = text.and_then(|text| text.hover.as_ref());
        let watched = workspace.and_then(|workspace| workspace.did_change_watched_files.as_ref());
        let yes = |ability: Option<bool>| ability.unwrap_or(false);
        // What diagnostics may hold is declared for either way since 3.18, and for the first alone before.
        let either = |published: Option<bool>, pulled: Option<bool>| yes(published) || yes(pulled);
        Self {
            encoding: encoding(params),
            related_information: either(
                published.and_then(|d| d.related_information),
                pulled.and_then(|d| d.related_information),
            ),
            code_description: either(
                published.and_then(|d| d.code_description_support),
                pulled.and_then(|d| d.code_description_support),
            ),
            data: either(published.and_then(|d| d.data_support), pulled.and_then(|d| d.data_support)),
            unnecessary: published
                .and_then(|d| d.tag_support.as_ref())
                .is_some_and(|tags| tags.value_set.contains(&DiagnosticTag::UNNECESSARY))
                || pulled.is_some_and(|d| d.tag_support.is_some()),
            document_changes: yes(edits.and_then(|edits| edits.document_changes)),
            code_action_literals: actions.is_some_and(|actions| actions.code_action_literal_support.is_some()),
            is_preferred: yes(actions.and_then(|actions| actions.is_preferred_support)),
            resolves_edits: yes(actions.and_then(|actions| actions.data_support))
                && actions
                    .and_then(|actions| actions.resolve_support.as_ref())
                    .is_some_and(|resolve| resolve.properties.iter().any(|property| property == "edit")),
            shows_disabled: yes(actions.and_then(|actions| actions.disabled_support)),
            change_annotations: yes(edits.and_then(|edits| edits.document_changes))
                && edits.is_some_and(|edits| edits.change_annotation_support.is_some()),
            creates_files: yes(edits.and_then(|edits| edits.document_changes))
                && edits
                    .and_then(|edits| edits.resource_operations.as_ref())
                    .is_some_and(|operations| operations.contains(&ResourceOperationKind::Create)),
            shows_documents: params
                .capabilities
                .window
                .as_ref()
                .and_then(|window| window.show_document.as_ref())
                .is_some_and(|show| show.support),
            // Declared in words that these types do not have yet: whoever reads them says so.
            shows_virtual: false,
            progress: yes(params.capabilities.window.as_ref().and_then(|window| window.work_done_progress)),
            markdown: hover
                .and_then(|hover| hover.content_format.as_ref())
                .is_some_and(|formats| formats.contains(&MarkupKind::Markdown)),
            pull: pulled.is_some(),
            refresh: yes(workspace.and_then(|workspace| workspace.diagnostics.as_ref()?.refresh_support)),
            refreshes_lenses: yes(workspace.and_then(|workspace| workspace.code_lens.as_ref()?.refresh_support)),
            configuration: yes(workspace.and_then(|workspace| workspace.configuration)),
            watches_files: yes(watched.and_then(|watched| watched.dynamic_registration)),
            watches_anywhere: yes(watched.and_then(|watched| watched.relative_pattern_support)),
        }
    }
}

/// UTF-8 where it is offered (no conversion), then UTF-32, else UTF-16, which every client must know. The setting
/// `positionEncoding` forces one of those offered: Neovim warns if two servers of a buffer differ.
fn encoding(params: &InitializeParams) -> PositionEncoding {
    let general = params.capabilities.general.as_ref();
    let offered = general.and_then(|general| general.position_encodings.as_deref()).unwrap_or_default();
    let wanted = params.initialization_options.as_ref().and_then(|options| options["positionEncoding"].as_str());
    let known = [
        (PositionEncodingKind::UTF8, PositionEncoding::Utf8),
        (PositionEncodingKind::UTF32, PositionEncoding::Utf32),
        (PositionEncodingKind::UTF16, PositionEncoding::Utf16),
    ];
    let usable = |kind: &PositionEncodingKind| offered.contains(kind) || *kind == PositionEncodingKind::UTF16;
    let forced = known.iter().find(|(kind, _)| wanted == Some(kind.as_str()) && usable(kind));
    forced.or_else(|| known.iter().find(|(kind, _)| usable(kind))).map_or(PositionEncoding::Utf16, |&(_, e)| e)
}

/// What we can do.
pub(crate) fn server(client: &Client) -> InitializeResult {
    InitializeResult {
        capabilities: ServerCapabilities {
            position_encoding: Some(match client.encoding {
                PositionEncoding::Utf8 => PositionEncodingKind::UTF8,
                PositionEncoding::Utf16 => PositionEncodingKind::UTF16,
                PositionEncoding::Utf32 => PositionEncodingKind::UTF32,
            }),
            text_document_sync: Some(TextDocumentSyncCapability::Options(TextDocumentSyncOptions {
                open_close: Some(true),
                change: Some(TextDocumentSyncKind::INCREMENTAL),
                save: Some(TextDocumentSyncSaveOptions::Supported(true)),
                ..TextDocumentSyncOptions::default()
            })),
            // Whatever kernel a notebook has: only cells of code in a language Weir reads are looked at.
            notebook_document_sync: Some(OneOf::Left(NotebookDocumentSyncOptions {
                notebook_selector: vec![NotebookSelector::ByNotebook {
                    notebook: Notebook::String("*".into()),
                    cells: None,
                }],
                save: None,
            })),
            diagnostic_provider: client.pull.then(|| {
                DiagnosticServerCapabilities::Options(DiagnosticOptions {
                    identifier: Some("weir".into()),
                    inter_file_dependencies: false,
                    workspace_diagnostics: true,
                    ..DiagnosticOptions::default()
                })
            }),
            code_action_provider: Some(CodeActionProviderCapability::Options(CodeActionOptions {
                code_action_kinds: Some(vec![CodeActionKind::QUICKFIX, FIX_ALL, author_action::RULES]),
                resolve_provider: Some(client.resolves_edits),
                ..CodeActionOptions::default()
            })),
            execute_command_provider: Some(ExecuteCommandOptions {
                commands: command::names().map(str::to_owned).collect(),
                ..ExecuteCommandOptions::default()
            }),
            // In rule files alone.
            completion_provider: Some(CompletionOptions {
                trigger_characters: Some(vec!["$".to_owned()]),
                ..CompletionOptions::default()
            }),
            code_lens_provider: Some(CodeLensOptions { resolve_provider: Some(false) }),
            hover_provider: Some(HoverProviderCapability::Simple(true)),
            workspace: Some(WorkspaceServerCapabilities {
                workspace_folders: Some(WorkspaceFoldersServerCapabilities {
                    supported: Some(true),
                    change_notifications: Some(OneOf::Left(true)),
                }),
                ..WorkspaceServerCapabilities::default()
            }),
            ..ServerCapabilities::default()
        },
        server_info: Some(ServerInfo { name: "weir".into(), version: Some(env!("CARGO_PKG_VERSION").into()) }),
        offset_encoding: None,
    }
}
