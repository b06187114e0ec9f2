//! How addresses are written. One file has many: what one client escapes another leaves as it is, and some leave what no address may
//! hold (`[`, a space, `é`). Inside there is one spelling for each, Weir's own; clients are answered in theirs.

use futures_util::stream::{self, Stream, StreamExt as _};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, PoisonError, RwLock};
use tower_lsp_server::jsonrpc::{Request, Response};
use tower_lsp_server::ls_types::Uri;
use tower_lsp_server::ls_types::notification::{Notification, PublishDiagnostics};
use tower_lsp_server::{ClientSocket, Loopback};

/// Members of the protocol that are addresses where they are strings: `document` is that of a notebook's cell.
const ADDRESSES: [&str; 8] = ["uri", "rootUri", "scopeUri", "baseUri", "targetUri", "oldUri", "newUri", "document"];

/// Members whose values are not the protocol's: ours, the person's, an editor's.
const FOREIGN: [&str; 5] = ["data", "arguments", "settings", "initializationOptions", "metadata"];

/// Messages that name what is there from here on: the client's spelling is the one in the last of them.
const NAMING: [&str; 5] = [
    "initialize",
    "workspace/didChangeWorkspaceFolders",
    "textDocument/didOpen",
    "notebookDocument/didOpen",
    "notebookDocument/didChange",
];

/// What stands as it is in any part of an address: RFC 3986, `pchar`, and what separates.
const PLAIN: &[u8] = b"-._~!$&'()*+,;=:@/?";

/// What stands as it is in the path of a file, as the addresses made of paths have it.
const PLAIN_IN_FILES: &[u8] = b"-._~/";

/// An address in Weir's own spelling; what is no address stays as it is. Of files it is that of [`Uri::from_file_path`], of all others
/// what is nearest to what was written.
pub(crate) fn own(spelled: &str) -> String {
    let Some((scheme, rest)) = spelled.split_once(':').filter(|(scheme, _)| is_scheme(scheme)) else {
        return spelled.to_owned();
    };
    let (rest, fragment) = rest.split_at(rest.find('#').unwrap_or(rest.len()));
    let (rest, query) = rest.split_at(rest.find('?').unwrap_or(rest.len()));
    let (authority, path) = match rest.strip_prefix("//") {
        Some(rest) => {
            let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            (Some(authority), path)
        }
        None => (None, rest),
    };
    let mut own = String::with_capacity(spelled.len() + 16);
    if scheme.eq_ignore_ascii_case("file") {
        let authority = authority.filter(|authority| !authority.eq_ignore_ascii_case("localhost")).unwrap_or_default();
        own.push_str("file://");
        escape(&mut own, authority, b"-._~!$&'()*+,;=:@[]");
        file_path(&mut own, path);
    } else {
        own.push_str(scheme);
        own.push(':');
        if let Some(authority) = authority {
            own.push_str("//");
            escape(&mut own, authority, b"-._~!$&'()*+,;=:@[]");
        }
        escape(&mut own, path, PLAIN);
    }
    for (mark, part) in [('?', query), ('#', fragment)] {
        if let Some(part) = part.strip_prefix(mark) {
            own.push(mark);
            escape(&mut own, part, PLAIN);
        }
    }
    own
}

/// The address that is written so.
pub(crate) fn parse(spelled: &str) -> Option<Uri> {
    own(spelled).parse().ok()
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

/// The byte that an escape at the start of a text stands for.
fn escaped(text: &[u8]) -> Option<u8> {
    let &[b'%', high, low, ..] = text else { return None };
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

fn push(out: &mut String, byte: u8, plain: &[u8]) {
    const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];
    if byte.is_ascii_alphanumeric() || plain.contains(&byte) {
        out.push(char::from(byte));
    } else {
        out.extend(['%', DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    }
}

/// Escapes what may not stand there; escapes stay, and a `%` that begins none is one itself.
fn escape(out: &mut String, part: &str, plain: &[u8]) {
    for (at, byte) in part.bytes().enumerate() {
        if escaped(&part.as_bytes()[at..]).is_some() {
            out.push('%');
        } else {
            push(out, byte, plain);
        }
    }
}

/// The path of a file in the one spelling that it has.
fn file_path(out: &mut String, path: &str) {
    let mut rest = path.as_bytes();
    let mut bytes = Vec::with_capacity(rest.len());
    while let Some((&first, after)) = rest.split_first() {
        let escape = escaped(rest);
        bytes.push(escape.unwrap_or(first));
        rest = if escape.is_some() { &rest[3..] } else { after };
    }
    if cfg!(windows)
        && let [b'/', drive, b':', ..] = &mut bytes[..]
    {
        drive.make_ascii_uppercase();
    }
    for byte in bytes {
        push(out, byte, PLAIN_IN_FILES);
    }
}

/// How one client spells the addresses of what it has open. Only those that Weir spells otherwise are kept.
#[derive(Clone, Default)]
pub(super) struct Spellings(Arc<RwLock<HashMap<String, String>>>);

impl Spellings {
    /// Puts Weir's spelling into what the client says.
    pub(super) fn read(&self, method: &str, params: &mut Value) {
        let names = NAMING.contains(&method);
        each_address(params, &mut |address| {
            let spelled = std::mem::take(address);
            *address = own(&spelled);
            if names {
                let mut spellings = self.0.write().unwrap_or_else(PoisonError::into_inner);
                if *address == spelled {
                    spellings.remove(address);
                } else {
                    spellings.insert(address.clone(), spelled);
                }
            }
        });
    }

    /// Puts the client's spelling into what it is told.
    pub(super) fn write(&self, value: &mut Value) {
        let spellings = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if spellings.is_empty() {
            return;
        }
        each_address(value, &mut |address| {
            if let Some(spelled) = spellings.get(address) {
                address.clone_from(spelled);
            }
        });
    }

    /// The same of an answer.
    pub(super) fn answer(&self, answer: Response) -> Response {
        let (id, mut body) = answer.into_parts();
        if let Ok(result) = &mut body {
            self.write(result);
        }
        Response::from_parts(id, body)
    }
}

/// Changes each address in what is said.
fn each_address(value: &mut Value, change: &mut impl FnMut(&mut String)) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| each_address(item, change)),
        Value::Object(members) => {
            for (name, value) in members.iter_mut() {
                match value {
                    Value::String(address) if ADDRESSES.contains(&name.as_str()) => change(address),
                    Value::String(_) => {}
                    _ if FOREIGN.contains(&name.as_str()) => {}
                    // Edits by the documents that they are made in.
                    Value::Object(edits) if name == "changes" => {
                        let renamed = std::mem::take(edits).into_iter().map(|(mut address, edits)| {
                            change(&mut address);
                            (address, edits)
                        });
                        *edits = renamed.collect();
                    }
                    _ => each_address(value, change),
                }
            }
        }
        _ => {}
    }
}

/// The way to the client, on which everything gets its spelling.
pub(super) struct Spelled {
    pub(super) socket: ClientSocket,
    pub(super) spellings: Spellings,
}

impl Loopback for Spelled {
    type RequestStream = Pin<Box<dyn Stream<Item = Request> + Send>>;
    type ResponseSink = <ClientSocket as Loopback>::ResponseSink;

    fn split(self) -> (Self::RequestStream, Self::ResponseSink) {
        let Self { socket, spellings } = self;
        let (requests, responses) = socket.split();
        let mut shown = Shown::default();
        let spelled = requests.flat_map(move |request| stream::iter(shown.spell(&spellings, request)));
        (Box::pin(spelled), responses)
    }
}

/// Under which spelling the client was told what is found in a file: when it is told more under another, the first is emptied.
#[derive(Default)]
struct Shown(HashMap<String, String>);

impl Shown {
    fn spell(&mut self, spellings: &Spellings, request: Request) -> Vec<Request> {
        if request.params().is_none() {
            return vec![request];
        }
        let (method, id, params) = request.into_parts();
        let mut params = params.unwrap_or_default();
        let own = params["uri"].as_str().filter(|_| method == PublishDiagnostics::METHOD).map(str::to_owned);
        spellings.write(&mut params);
        let stale = own.and_then(|own| {
            let spelled = params["uri"].as_str()?;
            let is_empty = params["diagnostics"].as_array().is_none_or(Vec::is_empty);
            let before = if is_empty { self.0.remove(&own) } else { self.0.insert(own, spelled.to_owned()) };
            before.filter(|before| before != spelled)
        });
        let empty = |uri| {
            let params = json!({ "uri": uri, "diagnostics": [] });
            Request::build(PublishDiagnostics::METHOD).params(params).finish()
        };
        let request = Request::build(method).params(params);
        let request = match id {
            Some(id) => request.id(id).finish(),
            None => request.finish(),
        };
        stale.map(empty).into_iter().chain([request]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn all_spellings_of_a_file_are_one() {
        for (path, spellings) in [
            ("/a/[id]/b.js", &["file:///a/[id]/b.js", "file:///a/%5Bid%5D/b.js", "file:///a/%5bid%5d/b.js"][..]),
            ("/a b|c^d", &["file:///a b|c^d", "file:///a%20b%7Cc%5Ed", "FILE:/a b|c%5ed"]),
            ("/é/\"<x>`{y}`", &["file:///é/\"<x>`{y}`", "file:///%c3%a9/%22%3Cx%3E`%7By%7D`"]),
            ("/(g)/+page@x", &["file:///(g)/+page@x", "file:///%28g%29/%2Bpage%40x", "file://localhost/(g)/+page@x"]),
            ("/100%/a%zz", &["file:///100%/a%zz", "file:///100%25/a%25zz"]),
            ("/a?b#c", &["file:///a%3Fb%23c"]),
        ] {
            let expected = Uri::from_file_path(path).expect("an address");
            for spelled in spellings.iter().copied().chain([expected.as_str()]) {
                assert_eq!(own(spelled), expected.as_str(), "{spelled}");
                assert_eq!(parse(spelled), Some(expected.clone()));
            }
        }
    }

    #[test]
    fn other_addresses_change_where_they_are_none() {
        for (spelled, expected) in [
            ("untitled:Untitled-1", "untitled:Untitled-1"),
            ("untitled:a [b]%", "untitled:a%20%5Bb%5D%25"),
            ("vscode-notebook-cell:/a%20b(c).ipynb#W0s[#]", "vscode-notebook-cell:/a%20b(c).ipynb#W0s%5B%23%5D"),
            ("vscode-remote://ssh-remote+h/[id].js?a=b c", "vscode-remote://ssh-remote+h/%5Bid%5D.js?a=b%20c"),
            ("http://[::1]:80/", "http://[::1]:80/"),
            ("", ""),
            ("a b.js", "a b.js"),
            ("1:x y", "1:x y"),
        ] {
            assert_eq!(own(spelled), expected, "{spelled}");
            assert_eq!(own(expected), expected, "{spelled}");
        }
    }

    #[test]
    fn only_addresses_are_spelled_anew() {
        let spellings = Spellings::default();
        let raw = "file:///[id].js";
        let said = json!({
            "textDocument": { "uri": raw, "text": raw, "languageId": raw },
            "cells": [{ "kind": 2, "document": raw, "metadata": { "uri": raw } }],
            "data": { "uri": raw },
            "settings": { "uri": raw },
        });
        let mut params = said.clone();
        spellings.read("textDocument/didOpen", &mut params);
        let own = "file:///%5Bid%5D.js";
        let mut expected = said.clone();
        expected["textDocument"]["uri"] = json!(own);
        expected["cells"][0]["document"] = json!(own);
        assert_eq!(params, expected);
        spellings.write(&mut params);
        assert_eq!(params, said);
        let mut edit = json!({ "edit": { "changes": { own: [{ "newText": own }], "file:///b": [] } } });
        spellings.write(&mut edit);
        assert_eq!(edit, json!({ "edit": { "changes": { raw: [{ "newText": own }], "file:///b": [] } } }));
    }

    #[test]
    fn what_is_shown_under_one_spelling_is_emptied_when_there_is_another() {
        let (spellings, mut shown) = (Spellings::default(), Shown::default());
        let mut publish = |spellings: &Spellings, diagnostics: Value| -> Vec<Value> {
            let params = json!({ "uri": "file:///%28a%29", "diagnostics": diagnostics });
            let request = Request::build(PublishDiagnostics::METHOD).params(params).finish();
            shown.spell(spellings, request).iter().filter_map(|request| request.params().cloned()).collect()
        };
        let told = |uri: &str, diagnostics: Value| json!({ "uri": uri, "diagnostics": diagnostics });
        assert_eq!(publish(&spellings, json!([1])), [told("file:///%28a%29", json!([1]))]);
        spellings.read("textDocument/didOpen", &mut json!({ "uri": "file:///(a)" }));
        let moved = [told("file:///%28a%29", json!([])), told("file:///(a)", json!([2]))];
        assert_eq!(publish(&spellings, json!([2])), moved);
        assert_eq!(publish(&spellings, json!([])), [told("file:///(a)", json!([]))]);
        spellings.read("textDocument/didOpen", &mut json!({ "uri": "file:///%28a%29" }));
        assert_eq!(publish(&spellings, json!([])), [told("file:///%28a%29", json!([]))]);
    }
}
