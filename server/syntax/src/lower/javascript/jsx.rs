//! JSX: elements, their attributes and text.

use super::{Lowering, unwrap};
use crate::{Kind, Role, Symbol};
use tree_sitter as ts;
use weir_model::Span;

pub(super) fn jsx_element<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Jsx, role, node, |l| {
        let mut cursor = node.walk();
        // Text goes on over character references and white space that the grammar leaves out.
        let mut from = None;
        for child in node.children(&mut cursor) {
            match child.kind() {
                "jsx_text" | "html_character_reference" => {}
                kind => {
                    if let Some(from) = from.replace(child.end_byte() as u32) {
                        text(l, Span::new(from, child.start_byte() as u32), Role::Element);
                    }
                    match kind {
                        "jsx_opening_element" => tag(l, child),
                        "jsx_closing_element" => {}
                        _ => l.visit(child, Role::Element),
                    }
                }
            }
        }
    });
}

pub(super) fn jsx_self_closing<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Jsx, role, node, |l| tag(l, node));
}

/// Name and attributes.
fn tag<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>) {
    let name = node.child_by_field_name("name");
    l.visit_some(name, Role::Name);
    let mut cursor = node.walk();
    for child in node.named_children(&mut cursor) {
        if Some(child) != name && child.kind() != "type_arguments" {
            l.visit(child, Role::Attr);
        }
    }
}

pub(super) fn jsx_attribute<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::JsxAttr, role, node, |l| {
        let mut cursor = node.walk();
        let mut part = Role::Name;
        for child in node.named_children(&mut cursor) {
            l.visit(child, part);
            if !child.is_extra() {
                part = Role::Value;
            }
        }
    });
}

/// What is put in between braces: an attribute's value stands for itself, among the content it is told from text.
pub(super) fn jsx_expression<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    if role == Role::Element {
        l.node_sym(Kind::Other, role, Symbol::new(node.kind()), Span::from(node.byte_range()), |l| {
            l.children(node, Role::Child);
        });
    } else {
        unwrap(l, node, role);
    }
}

/// Text between elements as written, character references included. In a pattern the text may be a hole.
pub(super) fn jsx_text<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    text(l, Span::from(node.byte_range()), role);
}

/// White space with a line break in it is layout and leaves no node.
fn text(l: &mut Lowering<'_>, at: Span, role: Role) {
    let text = at.text(l.source());
    if text.is_empty() || (text.trim().is_empty() && text.contains('\n')) {
        return;
    }
    match l.hole_of(text.trim()) {
        Some(Kind::Ellipsis | Kind::EllipsisMetavar) => l.name_of(role, text.trim(), at),
        hole => {
            let sym = l.sym(if hole.is_some() { text.trim() } else { text });
            l.leaf(Kind::Token, role, sym, at);
        }
    }
}
