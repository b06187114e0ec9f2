use super::{check, check_edit, check_pattern};
use weir_model::Language::Python;
use weir_syntax::{Kind, Limits, ParseNote, Source};

#[test]
fn strings_have_no_prefix_and_f_strings_are_templates() {
    check(
        Python,
        "r'a\\n'\nf\"a{x!r:>{w}}b\"\nf''\n'a' f'{b}'",
        r#"
        Str"a\\n"
        Template"f"(Part:Str"a", Part:Ident"x", Part:Ident"w", Part:Str"b")
        Template"f"
        Template(Part:Str"a", Part:Template"f"(Part:Ident"b"))"#,
    );
}

#[test]
fn arguments_keep_keywords_and_splats() {
    check(
        Python,
        "a.f(*b, **c, d=1)",
        r#"Call(Callee:Member(Object:Ident"a", Name:Ident"f"), Arg:Spread"*"(Value:Ident"b"), Arg:Spread"**"(Value:Ident"c"), Arg:KeywordArg"d"(Name:Ident"d", Value:Number"1"))"#,
    );
    check(
        Python,
        "print 'a', b\nexec c",
        r#"
        Call(Callee:Ident"print", Arg:Str"a", Arg:Ident"b")
        Call(Callee:Ident"exec", Arg:Ident"c")"#,
    );
}

#[test]
fn indices_are_one_expression() {
    check(
        Python,
        "a[1, 2]\na[1:2]\na[::3]",
        r#"
        Subscript(Object:Ident"a", Index:Tuple(Element:Number"1", Element:Number"2"))
        Subscript(Object:Ident"a", Index:Slice(Start:Number"1", End:Number"2"))
        Subscript(Object:Ident"a", Index:Slice(Step:Number"3"))"#,
    );
}

#[test]
fn operators_have_common_names() {
    check(
        Python,
        "a and not b\na not in b\na is  not b\na < b < c",
        r#"
        Binary"&&"(Left:Ident"a", Right:Unary"!"(Operand:Ident"b"))
        Binary"not in"(Left:Ident"a", Right:Ident"b")
        Binary"is not"(Left:Ident"a", Right:Ident"b")
        Other"comparison_operator"(Child:Ident"a", Child:Token"<", Child:Ident"b", Child:Token"<", Child:Ident"c")"#,
    );
    check(Python, "a if b else c", r#"Conditional(Cond:Ident"b", Then:Ident"a", Else:Ident"c")"#);
}

#[test]
fn definitions_have_decorators_types_and_defaults() {
    check(
        Python,
        "@a.b\n@c()\nasync def f(x, y: int = 1, *z, k=2, **o) -> str:\n  pass",
        r#"Function(Decorator:Decorator(Value:Member(Object:Ident"a", Name:Ident"b")), Decorator:Decorator(Value:Call(Callee:Ident"c")), Modifier:Modifier"async", Type:Ident"str", Name:Ident"f", Param:Param(Name:Ident"x"), Param:Param(Type:Ident"int", Name:Ident"y", Default:Number"1"), Param:Param"*"(Name:Ident"z"), Param:Param(Name:Ident"k", Default:Number"2"), Param:Param"**"(Name:Ident"o"), Body:Block(Stmt:Token"pass"))"#,
    );
    check(
        Python,
        "class A(B, metaclass=M): x: List[int] = 1",
        r#"Class"class"(Name:Ident"A", Base:Ident"B", Base:KeywordArg"metaclass"(Name:Ident"metaclass", Value:Ident"M"), Body:Block(Stmt:VarDef(Type:Generic(Callee:Ident"List", Arg:Ident"int"), Target:Ident"x", Value:Number"1")))"#,
    );
    check(Python, "lambda x: x", r#"Lambda(Param:Param(Name:Ident"x"), Body:Block(Stmt:Return(Value:Ident"x")))"#);
}

#[test]
fn statements_nest_as_they_run() {
    check(
        Python,
        "if a: 1\nelif b: 2\nelse: 3",
        r#"If(Cond:Ident"a", Then:Block(Stmt:Number"1"), Else:If(Cond:Ident"b", Then:Block(Stmt:Number"2"), Else:Block(Stmt:Number"3")))"#,
    );
    check(
        Python,
        "with a as b, c: d",
        r#"With(Resource:Assign"as"(Target:Ident"b", Value:Ident"a"), Body:Block(Stmt:With(Resource:Ident"c", Body:Block(Stmt:Ident"d"))))"#,
    );
    check(
        Python,
        "try: a\nexcept (B, C) as e: d\nexcept F, g: h\nfinally: i",
        r#"Try(Body:Block(Stmt:Ident"a"), Catch:Catch(Type:Ident"B", Type:Ident"C", Name:Ident"e", Body:Block(Stmt:Ident"d")), Catch:Catch(Type:Ident"F", Name:Ident"g", Body:Block(Stmt:Ident"h")), Finally:Block(Stmt:Ident"i"))"#,
    );
    check(
        Python,
        "match a:\n  case 1 if b: c\n  case _: d",
        r#"Switch(Subject:Ident"a", Case:Case(Cond:Number"1", Guard:Ident"b", Body:Block(Stmt:Ident"c")), Case:Case(Body:Block(Stmt:Ident"d")))"#,
    );
}

#[test]
fn imports_are_one_node_a_name() {
    check(
        Python,
        "import a.b as c, d\nfrom e import f as g, h\nfrom i import *",
        r#"
        Import(Module:Member(Object:Ident"a", Name:Ident"b"), Alias:Ident"c")
        Import(Module:Ident"d")
        ImportFrom(Module:Ident"e", Name:Ident"f", Alias:Ident"g")
        ImportFrom(Module:Ident"e", Name:Ident"h")
        ImportFrom(Module:Ident"i", Name:Ident"*")"#,
    );
}

#[test]
fn comprehensions_keep_their_clauses() {
    check(
        Python,
        "{k: v for k, v in x if c}",
        r#"Comprehension"dict"(Element:Pair(Key:Ident"k", Value:Ident"v"), Clause:CompFor(Target:Tuple(Element:Ident"k", Element:Ident"v"), Iter:Ident"x"), Clause:CompIf(Cond:Ident"c"))"#,
    );
}

#[test]
fn patterns_have_holes_where_python_has_no_names() {
    check_pattern(
        Python,
        "{..., 'a': $X, ...}",
        r#"Dict(Entry:Ellipsis, Entry:Pair(Key:Str"a", Value:Metavar"$X"), Entry:Ellipsis)"#,
    );
    check_pattern(
        Python,
        "f($X: List[int], y)",
        r#"Call(Callee:Ident"f", Arg:TypedMetavar"$X"(Type:Subscript(Object:Ident"List", Index:Ident"int")), Arg:Ident"y")"#,
    );
    check_pattern(
        Python,
        "@a\n...\n@b\ndef $F(..., $X: int = ..., **$K): ...",
        r#"Function(Decorator:Decorator(Value:Ident"a"), Decorator:Ellipsis, Decorator:Decorator(Value:Ident"b"), Name:Metavar"$F", Param:Ellipsis, Param:Param(Type:Ident"int", Name:Metavar"$X", Default:Ellipsis), Param:Param"**"(Name:Metavar"$K"), Body:Block(Stmt:Ellipsis))"#,
    );
    check_pattern(Python, "f\"...{$X}...\"", r#"Template"f"(Part:Str"...", Part:Metavar"$X", Part:Str"...")"#);
    check_pattern(
        Python,
        "$X. ... .f(<... $Y ...>, $...A)",
        r#"Call(Callee:Member(Object:Member(Object:Metavar"$X", Name:Ellipsis), Name:Ident"f"), Arg:DeepEllipsis(Child:Metavar"$Y"), Arg:EllipsisMetavar"$...A")"#,
    );
}

#[test]
fn patterns_may_be_parts_of_statements() {
    check_pattern(Python, "@d", r#"Decorator(Value:Ident"d")"#);
    check_pattern(Python, "class $C(...)", r#"Class"class"(Name:Metavar"$C", Base:Ellipsis)"#);
    check_pattern(Python, "except $E: ...", r#"Catch(Type:Metavar"$E", Body:Block(Stmt:Ellipsis))"#);
    check_pattern(Python, "'a': $V", r#"Pair(Key:Str"a", Value:Metavar"$V")"#);
}

#[test]
fn patterns_may_be_indented() {
    check_pattern(
        Python,
        "    x = 1\n    if y:\n        ...",
        r#"
        Assign"="(Target:Ident"x", Value:Number"1")
        If(Cond:Ident"y", Then:Block(Stmt:Ellipsis))"#,
    );
}

#[test]
fn edits_of_blocks_and_strings_give_the_tree_of_a_fresh_parse() {
    check_edit(Python, "def f():\n    a\n    b\nc\n", "    b", "b");
    check_edit(Python, "a\nx = '''b'''\nc\n", "'''b", "b");
    check_edit(Python, "if a:\n  b\nelse:\n  c\nd\n", "else:", "d\nif e:");
    check_edit(Python, "f(a, b)\ng(c)\n", ", b)", "(");
}

#[test]
fn a_chain_of_ten_thousand_elifs_survives() {
    let text = format!("if a: b\n{}", "elif a: b\n".repeat(10_000));
    let source = Source::parse(Python, text, Limits::NONE);
    assert!(matches!(source.notes(), [ParseNote::TooDeep(_), ..]));
    assert!(source.tree().ids().any(|node| source.tree().kind(node) == Kind::TooDeep));
}
