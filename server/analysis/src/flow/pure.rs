//! Functions that make something of nothing but their arguments.

use weir_model::Language;
use weir_syntax::{Kind, NodeId, Role, Tree};

/// Whether a function makes of constants a constant, whatever its text.
pub(super) fn makes_constant(tree: &Tree, call: NodeId, language: Language) -> bool {
    match language {
        Language::Java => is_string_format(tree, call),
        Language::Php => tree.child(call, Role::Callee).is_some_and(|callee| {
            tree.kind(callee) == Kind::Ident && PURE.contains(&tree.sym(callee).as_str().to_ascii_lowercase().as_str())
        }),
        _ => false,
    }
}

/// PHP's functions that make a string of nothing but their arguments.
const PURE: &[&str] = &[
    "addslashes",
    "base64_encode",
    "basename",
    "bin2hex",
    "dirname",
    "escapeshellarg",
    "escapeshellcmd",
    "hash",
    "htmlentities",
    "htmlspecialchars",
    "lcfirst",
    "ltrim",
    "md5",
    "nl2br",
    "quotemeta",
    "rawurlencode",
    "rtrim",
    "sha1",
    "sprintf",
    "str_pad",
    "str_repeat",
    "str_replace",
    "strip_tags",
    "stripslashes",
    "strrev",
    "strtolower",
    "strtoupper",
    "substr",
    "trim",
    "ucfirst",
    "ucwords",
    "urlencode",
];

/// `String.format`, `java.lang.String.format`: of constants it makes one, whatever its text.
fn is_string_format(tree: &Tree, call: NodeId) -> bool {
    let named = |node: NodeId, role: Role, wanted: &str| {
        tree.child(node, role).is_some_and(|name| tree.kind(name) == Kind::Ident && tree.sym(name).as_str() == wanted)
    };
    let Some(callee) = tree.child(call, Role::Callee).filter(|&callee| tree.kind(callee) == Kind::Member) else {
        return false;
    };
    let of_string = named(callee, Role::Object, "String")
        || tree.child(callee, Role::Object).is_some_and(|class| named(class, Role::Name, "String"));
    of_string && named(callee, Role::Name, "format")
}
