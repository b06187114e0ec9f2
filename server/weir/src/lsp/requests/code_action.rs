//! `textDocument/codeAction` and `codeAction/resolve`: repair what a rule can repair, ignore a finding, show more about it.
//!
//! Actions are computed from the range, not from the diagnostics the client sends along: some clients send none. A repair is
//! offered when it was tried on a copy of the text; those of a whole file are tried when somebody asks for their edits, if the
//! client asks for these apart.

use crate::config::Level;
use crate::lsp::requests::{author_action, command, project_file};
use crate::lsp::view::View;
use crate::lsp::{from_proto, hints, to_proto};
use crate::project::Project;
use crate::repairs::{Set, Trial};
use crate::report::rule::Rule;
use crate::session::OpenDocument;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::sync::Arc;
use tower_lsp_server::ls_types::{
    CodeAction, CodeActionDisabled, CodeActionKind, CodeActionOrCommand, CodeActionParams, CodeActionResponse,
    CodeActionTriggerKind, Uri,
};
use weir_model::{Edit, Finding, Mended};

/// The kind of the action that repairs all there is to repair without asking.
pub(crate) const FIX_ALL: CodeActionKind = CodeActionKind::new("source.fixAll.weir");

/// A finding that actions are asked for.
struct Here<'a> {
    at: usize,
    finding: &'a Finding,
    level: Level,
}

/// What must be tried before actions can be given.
pub(crate) fn trials(view: &View<'_>, open: &OpenDocument, params: &CodeActionParams) -> Vec<Trial> {
    let mut trials = Vec::new();
    if wants(params, &CodeActionKind::QUICKFIX) {
        let here = here(view, open, params);
        let untried = |here: &&Here<'_>| here.finding.fix.is_some() && open.repairs.alone(here.at).is_none();
        let alone: Vec<usize> = here.iter().filter(untried).map(|here| here.at).collect();
        if !alone.is_empty() {
            trials.push(Trial::Alone(alone));
        }
        if !view.client.resolves_edits {
            trials.extend(rules_of(&here).filter_map(|rule| trial(view, open, Set::Rule(rule))));
        }
    }
    if wants_fix_all(view, params) && !view.client.resolves_edits {
        trials.extend(trial(view, open, Set::Safe));
    }
    trials
}

/// What can be done about the findings that touch the range, once what is offered was tried; `rules` are those of open rule files,
/// `settings` is the project's file if it is open.
pub(crate) fn actions(
    view: &View<'_>,
    open: &OpenDocument,
    project: &Project,
    settings: Option<&OpenDocument>,
    params: &CodeActionParams,
    rules: &[(String, Uri)],
) -> CodeActionResponse {
    let mut actions: Vec<CodeAction> = Vec::new();
    if !view.client.code_action_literals {
        return Vec::new();
    }
    if wants(params, &CodeActionKind::QUICKFIX) {
        let here = here(view, open, params);
        let is_asked_for = params.context.trigger_kind != Some(CodeActionTriggerKind::AUTOMATIC);
        actions.extend(here.iter().filter_map(|here| fix(view, open, here, is_asked_for)));
        // Where none of those here can be repaired it would be an offer of nothing.
        let is_good = |here: &&Here<'_>| open.repairs.alone(here.at).is_none_or(|mended| mended == Mended::Yes);
        let good: Vec<&Here<'_>> = here.iter().filter(is_good).collect();
        actions.extend(rules_of(good.iter().copied()).filter_map(|rule| {
            let title = format!("Fix all of {rule} in this file");
            all(view, open, title, CodeActionKind::QUICKFIX, &Set::Rule(rule))
        }));
        actions.extend(here.iter().filter_map(|here| ignore(view, here)));
        let range = view.client.encoding.span(view.text, from_proto::range(params.range));
        actions.extend(hints::actions(view, &open.hints, range));
        actions.extend(rules_of(&here).flat_map(|rule| project_file::actions(view, project, settings, &rule)));
        actions.extend(here.iter().flat_map(|here| command::actions(view, project, here.finding, is_asked_for)));
    }
    if wants_fix_all(view, params) {
        let title = "Fix all that Weir can repair safely".to_owned();
        actions.extend(all(view, open, title, FIX_ALL, &Set::Safe));
    }
    actions.extend(author_action::actions(view, open, params, rules));
    actions.into_iter().map(CodeActionOrCommand::CodeAction).collect()
}

/// What must be tried before an action's edit can be given.
pub(crate) fn trial_to_resolve(view: &View<'_>, open: &OpenDocument, action: &CodeAction) -> Option<Trial> {
    trial(view, open, set_of(action)?)
}

/// The action with its edit, once that was tried; of another version of the text there is none.
pub(crate) fn resolved(view: &View<'_>, open: &OpenDocument, mut action: CodeAction) -> CodeAction {
    if action.edit.is_none()
        && let Some(set) = set_of(&action)
    {
        let places = open.repairs.together(&set).unwrap_or_default();
        action.edit = Some(to_proto::workspace_edit(view, &edits(open, places)));
    }
    action
}

/// The document that an action to be resolved is about.
pub(crate) fn document_of(action: &CodeAction) -> Option<&str> {
    action.data.as_ref()?["uri"].as_str()
}

/// Whether actions of a kind are asked for.
pub(crate) fn wants(params: &CodeActionParams, kind: &CodeActionKind) -> bool {
    let only = params.context.only.as_deref();
    only.is_none_or(|only| only.iter().any(|asked| covers(asked, kind)))
}

/// As the cursor moves nobody asks to repair the whole file, and trying that costs something unless it waits to be resolved.
fn wants_fix_all(view: &View<'_>, params: &CodeActionParams) -> bool {
    let is_named = params.context.only.is_some();
    let is_invoked = params.context.trigger_kind == Some(CodeActionTriggerKind::INVOKED);
    wants(params, &FIX_ALL) && (is_named || is_invoked || view.client.resolves_edits)
}

/// Whether a kind asked for includes another: `source` includes `source.fixAll`; the empty kind includes all.
fn covers(asked: &CodeActionKind, kind: &CodeActionKind) -> bool {
    let (asked, kind) = (asked.as_str(), kind.as_str());
    kind.strip_prefix(asked).is_some_and(|rest| asked.is_empty() || rest.is_empty() || rest.starts_with('.'))
}

fn here<'a>(view: &View<'_>, open: &'a OpenDocument, params: &CodeActionParams) -> Vec<Here<'a>> {
    let range = view.client.encoding.span(view.text, from_proto::range(params.range));
    let shown = open.shown.iter().map(|&(at, level)| Here { at, finding: &open.findings[at], level });
    shown.filter(|here| here.finding.span.touches(range)).collect()
}

/// The rules of findings, each once.
fn rules_of<'a>(here: impl IntoIterator<Item = &'a Here<'a>>) -> impl Iterator<Item = Arc<str>> {
    let mut seen = HashSet::new();
    let rules: Vec<_> =
        here.into_iter().map(|here| &here.finding.rule_id).filter(|rule| seen.insert(*rule)).cloned().collect();
    rules.into_iter()
}

/// The findings of a set that could be repaired; none if there are not several.
fn members(view: &View<'_>, open: &OpenDocument, set: &Set) -> Vec<usize> {
    let is_member = |finding: &Finding| match set {
        Set::Rule(rule) => finding.rule_id == *rule,
        Set::Safe => view.is_fix_safe(finding),
    };
    let shown = open.shown.iter().map(|&(at, _)| at);
    shown.filter(|&at| open.findings[at].fix.is_some() && is_member(&open.findings[at])).collect()
}

/// One repair is all of its rule; all safe ones may be one.
fn is_enough(set: &Set, members: &[usize]) -> bool {
    members.len() > usize::from(matches!(set, Set::Rule(_)))
}

fn trial(view: &View<'_>, open: &OpenDocument, set: Set) -> Option<Trial> {
    let members = members(view, open, &set);
    let is_new = is_enough(&set, &members) && open.repairs.together(&set).is_none();
    is_new.then_some(Trial::Together(set, members))
}

fn edits(open: &OpenDocument, findings: &[usize]) -> Vec<Edit> {
    let mut edits: Vec<Edit> =
        findings.iter().filter_map(|&at| open.findings[at].fix.as_ref()).flat_map(|fix| fix.edits.clone()).collect();
    edits.sort_by_key(|edit| edit.span);
    edits
}

/// The repair of one finding. One that was tried and is not good is shown with the reason to who asks, and else not at all.
fn fix(view: &View<'_>, open: &OpenDocument, here: &Here<'_>, is_asked_for: bool) -> Option<CodeAction> {
    let fix = here.finding.fix.as_ref()?;
    let action = action(view, here, format!("Fix {}", here.finding.rule_id));
    let reason = match open.repairs.alone(here.at)? {
        Mended::Yes => {
            let is_safe = view.is_fix_safe(here.finding);
            // Who chose it has seen it; only what its rule warns of is asked about once more.
            let asks = view.rules.get(&here.finding.rule_id).is_some_and(Rule::says_fix_is_unsafe);
            let edit = if asks && view.client.change_annotations {
                to_proto::annotated_edit(view, &fix.edits, "May change what the code does", &here.finding.rule_id)
            } else {
                to_proto::workspace_edit(view, &fix.edits)
            };
            let is_preferred = (is_safe && view.client.is_preferred).then_some(true);
            return Some(CodeAction { edit: Some(edit), is_preferred, ..action });
        }
        Mended::BreaksSyntax => "the code would not parse any more",
        Mended::FindingStays => "the rule would still report it",
        Mended::Unknown => "there was no time to try it",
    };
    let disabled = Some(CodeActionDisabled { reason: reason.to_owned() });
    (is_asked_for && view.client.shows_disabled).then_some(CodeAction { disabled, ..action })
}

/// The repairs of a set together; their edits at once, or when they are asked for.
fn all(view: &View<'_>, open: &OpenDocument, title: String, kind: CodeActionKind, set: &Set) -> Option<CodeAction> {
    if !is_enough(set, &members(view, open, set)) {
        return None;
    }
    let action = CodeAction { title, kind: Some(kind), ..CodeAction::default() };
    if view.client.resolves_edits {
        let data = json!({ "uri": view.uri.as_str(), "version": view.version, "set": name_of(set) });
        return Some(CodeAction { data: Some(data), ..action });
    }
    let places = open.repairs.together(set).filter(|places| !places.is_empty())?;
    Some(CodeAction { edit: Some(to_proto::workspace_edit(view, &edits(open, places))), ..action })
}

fn name_of(set: &Set) -> Value {
    match set {
        Set::Rule(rule) => json!({ "rule": &**rule }),
        Set::Safe => json!("safe"),
    }
}

fn set_of(action: &CodeAction) -> Option<Set> {
    let set = &action.data.as_ref()?["set"];
    if set == "safe" { Some(Set::Safe) } else { Some(Set::Rule(set["rule"].as_str()?.into())) }
}

/// The comment that asks to ignore a finding. Whoever does not parse cannot know where one may stand: the worker wrote it.
fn ignore(view: &View<'_>, here: &Here<'_>) -> Option<CodeAction> {
    let edit = here.finding.ignore.as_ref()?;
    let edit = Some(to_proto::workspace_edit(view, std::slice::from_ref(edit)));
    Some(CodeAction { edit, ..action(view, here, format!("Ignore {} here", here.finding.rule_id)) })
}

fn action(view: &View<'_>, here: &Here<'_>, title: String) -> CodeAction {
    CodeAction {
        title,
        kind: Some(CodeActionKind::QUICKFIX),
        diagnostics: Some(vec![to_proto::diagnostic(view, here.finding, here.level)]),
        ..CodeAction::default()
    }
}
