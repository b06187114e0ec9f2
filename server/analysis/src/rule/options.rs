//! What a rule asks of the engine under `options:`.

/// The options the engine knows. Semgrep's names and defaults.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Options {
    /// A variable matches the constant it is known to hold.
    pub(crate) constant_propagation: bool,
    /// A variable matches the expression it was assigned.
    pub(crate) symbolic_propagation: bool,
    /// `&&`, `||`, `&`, `|`, `^` match whatever the grouping, the bitwise ones in any order.
    pub(crate) ac_matching: bool,
    /// `&&` and `||` match in any order too.
    pub(crate) commutative_boolop: bool,
    /// `a == b` matches `b == a`.
    pub(crate) symmetric_eq: bool,
    /// `a == b` and `a != b` match in any order, as with `symmetric_eq`.
    pub(crate) commutative_compop: bool,
    /// An assignment matches a declaration.
    pub(crate) vardef_assign: bool,
    /// An assignment matches a field's definition even without `vardef_assign`.
    pub(crate) flddef_assign: bool,
    /// Decorators stand in the order of the pattern's.
    pub(crate) decorators_order_matters: bool,
    /// `return x` matches a value that is returned without the word.
    pub(crate) implicit_return: bool,
    /// An expression matches a decorator.
    pub(crate) attr_expr: bool,
    /// A function matches an arrow function.
    pub(crate) arrow_is_function: bool,
    /// `let` and `const` match `var`.
    pub(crate) let_is_var: bool,
    /// An expression that stands as a statement matches it anywhere in a statement.
    pub(crate) implicit_deep_exprstmt: bool,
    /// An object of JavaScript may have more entries than the pattern's.
    pub(crate) implicit_ellipsis: bool,
    /// An element of JSX may have more attributes than the pattern's.
    pub(crate) xml_attrs_implicit_ellipsis: bool,
    /// The children of an element of JSX stand in the order of the pattern's.
    pub(crate) xml_children_ordered: bool,
    /// An element of JSX without children in the pattern may have some in the code.
    pub(crate) xml_singleton_loose_matching: bool,
    /// Sources and sinks share their metavariables.
    pub(crate) taint_unify_mvars: bool,
    /// A function nothing is known of returns clean data.
    pub(crate) taint_assume_safe_functions: bool,
    /// Data looked up with an untrusted index is clean.
    pub(crate) taint_assume_safe_indexes: bool,
    /// The result of a comparison is clean.
    pub(crate) taint_assume_safe_comparisons: bool,
    /// What is known to be a boolean is clean.
    pub(crate) taint_assume_safe_booleans: bool,
    /// What is known to be a number is clean.
    pub(crate) taint_assume_safe_numbers: bool,
    /// A taint finding stands at its source instead of its sink.
    pub(crate) taint_focus_on_source: bool,
    /// Taint is followed into the functions of the file and out of them.
    pub(crate) taint_intrafile: bool,
    /// Functions are told the numbers and booleans they are called with, so that branches not taken are known.
    pub(crate) guarded_taint_signatures: bool,
    /// Only assignments carry taint, not operators or calls.
    pub(crate) taint_only_propagate_through_assignments: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            constant_propagation: true,
            symbolic_propagation: false,
            ac_matching: true,
            commutative_boolop: false,
            symmetric_eq: false,
            commutative_compop: false,
            vardef_assign: true,
            flddef_assign: false,
            decorators_order_matters: false,
            implicit_return: true,
            attr_expr: true,
            arrow_is_function: true,
            let_is_var: true,
            implicit_deep_exprstmt: true,
            implicit_ellipsis: true,
            xml_attrs_implicit_ellipsis: true,
            xml_children_ordered: true,
            xml_singleton_loose_matching: true,
            taint_unify_mvars: false,
            taint_assume_safe_functions: false,
            taint_assume_safe_indexes: false,
            taint_assume_safe_comparisons: false,
            taint_assume_safe_booleans: false,
            taint_assume_safe_numbers: false,
            taint_focus_on_source: false,
            taint_intrafile: true,
            guarded_taint_signatures: false,
            taint_only_propagate_through_assignments: false,
        }
    }
}

/// Options of the language that ask for nothing this engine does, or for what it always does: accepted as they are.
pub(crate) const WITHOUT_EFFECT: &[&str] = &[
    "cpp_parsing_pref",
    "dynamic_timeout",
    "dynamic_timeout_max_multiplier",
    "dynamic_timeout_unit_kb",
    "go_deeper_expr",
    "go_deeper_stmt",
    "interfile",
    "max_match_per_file",
    "taint_fixpoint_timeout",
    "timeout",
    "unify_ids_strictly",
];

impl Options {
    /// The option of a name, to be set.
    pub(crate) fn get_mut(&mut self, name: &str) -> Option<&mut bool> {
        Some(match name {
            "constant_propagation" => &mut self.constant_propagation,
            "symbolic_propagation" => &mut self.symbolic_propagation,
            "ac_matching" => &mut self.ac_matching,
            "commutative_boolop" => &mut self.commutative_boolop,
            "symmetric_eq" => &mut self.symmetric_eq,
            "commutative_compop" => &mut self.commutative_compop,
            "flddef_assign" => &mut self.flddef_assign,
            "decorators_order_matters" => &mut self.decorators_order_matters,
            "implicit_return" => &mut self.implicit_return,
            "vardef_assign" => &mut self.vardef_assign,
            "attr_expr" => &mut self.attr_expr,
            "arrow_is_function" => &mut self.arrow_is_function,
            "let_is_var" => &mut self.let_is_var,
            "implicit_deep_exprstmt" => &mut self.implicit_deep_exprstmt,
            "implicit_ellipsis" => &mut self.implicit_ellipsis,
            "xml_attrs_implicit_ellipsis" => &mut self.xml_attrs_implicit_ellipsis,
            "xml_children_ordered" => &mut self.xml_children_ordered,
            "xml_singleton_loose_matching" => &mut self.xml_singleton_loose_matching,
            "taint_unify_mvars" => &mut self.taint_unify_mvars,
            "taint_assume_safe_functions" => &mut self.taint_assume_safe_functions,
            "taint_assume_safe_indexes" => &mut self.taint_assume_safe_indexes,
            "taint_assume_safe_comparisons" => &mut self.taint_assume_safe_comparisons,
            "taint_assume_safe_booleans" => &mut self.taint_assume_safe_booleans,
            "taint_assume_safe_numbers" => &mut self.taint_assume_safe_numbers,
            "taint_intrafile" => &mut self.taint_intrafile,
            "effect_guards" | "guarded_taint_signatures" => &mut self.guarded_taint_signatures,
            "taint_only_propagate_through_assignments" => &mut self.taint_only_propagate_through_assignments,
            _ => return None,
        })
    }

    /// Whether an option exists in the language although it changes nothing here.
    pub(crate) fn is_without_effect(name: &str) -> bool {
        WITHOUT_EFFECT.contains(&name)
    }
}
