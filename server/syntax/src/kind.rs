//! The vocabulary of the generic tree: what a node is ([`Kind`]) and what it is to its parent ([`Role`]).
//!
//! Conventions that every `lower/<language>.rs` keeps and the matcher relies on:
//!
//! - Parentheses, semicolons, separators and expression-statement wrappers leave no node. A parenthesised expression has
//!   the span of what is inside; in Python and JavaScript that of the parentheses, because there matches are told so.
//! - A statement that declares or imports several things becomes several sibling nodes.
//! - Whatever has no common kind becomes [`Kind::Other`] with the grammar's node kind as symbol and all its named
//!   children lowered with [`Role::Child`]; a leaf without a common kind becomes [`Kind::Token`] with its text as symbol.
//! - In a pattern every identifier may be a hole; `Lowering::name` makes them, so identifiers must
//!   always go through it.

/// What a node is. After each kind: its symbol (`sym`), then its children by role (`?` optional, `*` any number).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Kind {
    /// The root. `Stmt*`
    File,
    /// Statements in braces, an indented suite, a `do` block. `Stmt*`
    Block,

    // ---- names and literals
    /// A name: variable, function, type, `this`, `self`, `super`; PHP variables keep their `$`, Ruby's theirs (`@x`, `@@x`,
    /// `$x`). sym: the name.
    Ident,
    /// A string without substitutions. sym: the text between the quotes, escapes as written. Span with quotes.
    Str,
    /// A string with substitutions, f-string, interpolated string, heredoc; also adjacent strings glued together.
    /// sym: `f` for Python's f-strings (even without substitutions), which no other template is like; else empty.
    /// `Part*`: [`Kind::Str`] fragments (span without quotes) and expressions.
    Template,
    /// A number. sym: as written.
    Number,
    /// sym: `true` or `false`, in every language.
    Bool,
    /// `null`, `nil`, `None`, `undefined`. sym: as written.
    Null,
    /// A regular expression literal. sym: between the delimiters. `Part*`: what is substituted in it. `Modifier?`:
    /// JavaScript's flags.
    Regex,
    /// Ruby's and Elixir's symbols. sym: without the colon.
    Atom,
    /// Any other leaf. sym: its text.
    Token,

    // ---- expressions
    /// A call. `Callee`, `Arg*`, `BlockArg?` (Ruby's and Elixir's block as [`Kind::Lambda`] or [`Kind::Block`]).
    /// Elixir's `a |> f(b)` is `f(a, b)`. A tagged template is a call with the [`Kind::Template`] as argument.
    Call,
    /// `new T(...)`. `Callee`, `Arg*`, `Body?`
    New,
    /// `a.b`, `a?.b`, `A::b`, `$a->b`. sym: the operator where the language has several that differ in meaning (`::` of PHP,
    /// Ruby and Java), else empty. `Object`, `Name`
    Member,
    /// `a[i]`. `Object`, `Index*`. Java's array type `T[]` has no index.
    Subscript,
    /// `a[i:j:k]`'s inside. `Start? End? Step?`
    Slice,
    /// `k=v` in a call. sym: the keyword. `Name` (Ident), `Value`
    KeywordArg,
    /// `*xs`, `**kw`, `...xs`, `&blk`. sym: the operator. `Value`
    Spread,
    /// Assignment to what exists or is created by it. sym: `=`, `+=`, `:=`, … `Target`, `Value`. A swap or unpacking has
    /// [`Kind::Tuple`] or [`Kind::Array`] on the left.
    Assign,
    /// Declaration of a variable, constant or field. `Decorator* Modifier* Type? Target Value?`
    VarDef,
    /// sym: the operator; `and`/`or` are `&&`/`||`; `not in`, `is not` in one. `Left`, `Right`
    Binary,
    /// sym: the operator; `not` is `!`; also `typeof`, `delete`, `++` (prefix), `post++`. `Operand`
    Unary,
    /// `c ? a : b`. `Cond`, `Then?`, `Else`
    Conditional,
    /// `Value`
    Await,
    /// sym: empty, or `from` / `*` for delegation. `Value?`
    Yield,
    /// An anonymous function, arrow, block, closure. sym: `=>` for JavaScript's arrows, else empty.
    /// `Name? Modifier* Param* Type? Guard? Body`. An expression body is `Block[Return]`; Elixir's `fn` has statements, the
    /// last of which is its value.
    Lambda,
    /// `Element*`
    Array,
    /// `Element*`
    Tuple,
    /// `Element*`
    Set,
    /// Object literal, dictionary, hash, map, PHP array with keys. `Callee?` (the name of Elixir's `%T{}`) `Entry*`: Pair, Spread,
    /// Function.
    Dict,
    /// `Key`, `Value`. Keys that are bare names or strings alike are [`Kind::Str`] where the language sees no difference
    /// (JavaScript), else as written. Shorthand `{a}` has the same name as key and value.
    Pair,
    /// sym: `list`, `set`, `dict`, `generator`. `Element` (value or Pair), `Clause*`
    Comprehension,
    /// `for x in xs` of a comprehension. `Target`, `Iter`
    CompFor,
    /// `if c` of a comprehension. `Cond`
    CompIf,
    /// `(T) x`, `x as T`, `x!`. sym: `as` where only the type checker sees it (TypeScript), else empty. `Type?`, `Value`
    Cast,
    /// A generic type or the like: `List<String>`. `Callee` (the type), `Arg*`
    Generic,
    /// `<a href={x}>..</a>`. `Name?` (none: fragment), `Attr*` (`JsxAttr`, Spread), `Element*`: text is [`Kind::Token`], `{x}`
    /// is [`Kind::Other`].
    Jsx,
    /// `Name`, `Value?`
    JsxAttr,

    // ---- statements
    /// `unless` is `if not`; `elif` an If as Else. `Cond`, `Then` (Block), `Else?`
    If,
    /// `until` is `while not`. `Cond`, `Body`, `Else?`
    While,
    /// `Body`, `Cond`
    DoWhile,
    /// `for (;;)`. `Init* Cond? Update* Body`
    For,
    /// `for x in xs`, `for (x of xs)`, `foreach`. sym: `in`, `of` where they differ. `Target` (`VarDef` where declared),
    /// `Iter`, `Body`, `Else?`; PHP's `$k => $v` is a Pair as Target.
    ForEach,
    /// `switch`, `match`, `case`; Elixir's `cond` has no subject but conditions. `Subject?`, `Case*`
    Switch,
    /// `Cond*` (none: default), `Guard?`, `Body`. `Cond`s may be patterns that bind names.
    Case,
    /// `Value?`
    Return,
    /// `raise`, `throw`. `Value?`, `Arg*`
    Throw,
    /// `Resource*`, `Body`, `Catch*`, `Else?`, `Finally?`
    Try,
    /// `Type*`, `Name?`, `Guard?`, `Body`
    Catch,
    /// Python's `with`, Java's `synchronized`. `Resource*` (`VarDef` or Assign with sym `as`, or an expression),
    /// `Body`. Elixir's `with`: `Resource*` (Assign with sym `<-` or `=`), `Body`, `Case*` (of its `else`).
    With,
    /// sym: label or empty.
    Break,
    /// sym: label or empty.
    Continue,

    // ---- definitions
    /// A named function or method. `Decorator* Modifier* Type? Name Param* Guard? Child* Body?`. A constructor keeps its name;
    /// Java's type parameters and `throws` are children. Elixir's clauses of one function follow each other, each with the
    /// span of all.
    Function,
    /// sym: empty, `*`, `**`, `...`, `&`. `Decorator* Modifier* Type? Name Default?`; Name may be a destructuring pattern.
    Param,
    /// sym: `class`, `interface`, `enum`, `trait`, `module`, `record`, `@interface`, `impl`.
    /// `Decorator* Modifier* Name? Param* Base* Interface* Child* Body`; a record has parameters.
    Class,
    /// A decorator, annotation or attribute. `Value` (Ident, Member, Call)
    Decorator,
    /// sym: `static`, `public`, `async`, `const`, `let`, `var`, `final`, …
    Modifier,
    /// `import a.b`, `import a.b as c`, `import * as c from "m"`, `import "m"`. `Module`, `Alias?` (Ident), `Child*` (options).
    /// Module is a Str in JavaScript, else an Ident or Member chain. sym: empty, or which of Elixir's `import`, `require`
    /// and `use` it is.
    Import,
    /// `from m import n as a`, `import {n as a} from "m"`, Java's `import m.n`, PHP's `use m\n as a`, Elixir's `alias m.n`.
    /// `Module?`, `Name` (Ident; `*` for all, `default`), `Alias?` (Ident). sym: empty, or Java's `static`.
    ImportFrom,

    // ---- the rest
    /// sym: the grammar's node kind. `Child*`
    Other,
    /// Text that does not parse. `Child*`
    Error,
    /// Code nested too deeply to be read.
    TooDeep,

    // ---- holes, in patterns only
    /// `$X`. sym: with the dollar sign; `$_` matches anything and binds nothing.
    Metavar,
    /// `...`
    Ellipsis,
    /// `$...X`. sym: with the dollar sign and dots.
    EllipsisMetavar,
    /// `<... p ...>`. `Child`
    DeepEllipsis,
    /// `(T $X)`, `($X: T)`. sym: the metavariable. `Type`
    TypedMetavar,
}

/// What a node is to its parent. The kinds' documentation says which roles each has, in the order they stand in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
#[allow(missing_docs)] // the kinds' documentation shows each in its place
pub enum Role {
    Root,
    Stmt,
    Child,
    Callee,
    Arg,
    BlockArg,
    Object,
    Name,
    Index,
    Start,
    End,
    Step,
    Target,
    Value,
    Left,
    Right,
    Operand,
    Cond,
    Then,
    Else,
    Part,
    Element,
    Entry,
    Key,
    Clause,
    Iter,
    Init,
    Update,
    Body,
    Subject,
    Case,
    Guard,
    Resource,
    Catch,
    Finally,
    Type,
    Modifier,
    Decorator,
    Param,
    Default,
    Base,
    Interface,
    Module,
    Alias,
    Attr,
}
