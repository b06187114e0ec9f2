//! JSX: elements, their attributes and text.

use super::Lowering;
use crate::{Kind, Role, Symbol};
use tree_sitter as ts;
use weir_model::Span;

pub(super) fn jsx_element<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    l.node(Kind::Jsx, role, node, |l| {
        let mut cursor = node.walk();
        for child in node.children(&mut cursor) {
            match child.kind() {
                "jsx_opening_element" => tag(l, child),
                "jsx_closing_element" => {}
                _ => l.visit(child, Role::Element),
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

/// Text between elements, without the white space around it; white space alone leaves no node. In a pattern the text
/// may be a hole.
pub(super) fn jsx_text<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let text = l.text(node);
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return;
    }
    let start = (node.start_byte() + text.len() - text.trim_start().len()) as u32;
    let at = Span::new(start, start + trimmed.len() as u32);
    match l.hole_of(trimmed) {
        Some(_) => l.name_of(role, trimmed, at),
        None => l.string(role, at, at),
    }
}

/// `&amp;`
pub(super) fn jsx_reference<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let sym: Symbol = l.sym(l.text(node));
    l.leaf(Kind::Str, role, sym, Span::from(node.byte_range()));
}
