use super::{check, check_edit, check_pattern};
use weir_model::Language::{JavaScript, TypeScript};
use weir_syntax::{Limits, Source};

#[test]
fn calls_members_and_operators() {
    check(JavaScript, "f(a, ...b)", r#"Call(Callee:Ident"f", Arg:Ident"a", Arg:Spread"..."(Value:Ident"b"))"#);
    check(JavaScript, "new Foo", r#"New(Callee:Ident"Foo")"#);
    check(
        JavaScript,
        r"x = a?.b?.[0] ?? `plain` + 'it\'s' || /a\/b/i",
        r#"Assign"="(Target:Ident"x", Value:Binary"??"(Left:Subscript(Object:Member(Object:Ident"a", Name:Ident"b"), Index:Number"0"), Right:Binary"||"(Left:Binary"+"(Left:Template(Part:Str"plain"), Right:Str"it\\'s"), Right:Regex"a\\/b"(Modifier:Modifier"i"))))"#,
    );
    check(
        JavaScript,
        "sql`select ${id}`; i++; delete a.b; outer: while (1) break outer",
        r#"
        Call(Callee:Ident"sql", Arg:Template(Part:Str"select ", Part:Ident"id"))
        Unary"post++"(Operand:Ident"i")
        Unary"delete"(Operand:Member(Object:Ident"a", Name:Ident"b"))
        While(Cond:Number"1", Body:Block(Stmt:Break"outer"))"#,
    );
}

#[test]
fn each_variable_is_a_definition() {
    check(
        JavaScript,
        "let x = 1, {a, b: c = 2, ...rest} = o",
        r#"
        VarDef(Modifier:Modifier"let", Target:Ident"x", Value:Number"1")
        VarDef(Modifier:Modifier"let", Target:Dict(Entry:Pair(Key:Str"a", Value:Ident"a"), Entry:Pair(Key:Str"b", Value:Assign"="(Target:Ident"c", Value:Number"2")), Entry:Spread"..."(Value:Ident"rest")), Value:Ident"o")"#,
    );
}

#[test]
fn objects_have_keys_that_are_strings() {
    check(
        JavaScript,
        r#"o = { a, "b": 1, [c]: 2, 3: 4, m() {}, ...d }"#,
        r#"Assign"="(Target:Ident"o", Value:Dict(Entry:Pair(Key:Str"a", Value:Ident"a"), Entry:Pair(Key:Str"b", Value:Number"1"), Entry:Pair(Key:Ident"c", Value:Number"2"), Entry:Pair(Key:Number"3", Value:Number"4"), Entry:Function(Name:Ident"m", Body:Block), Entry:Spread"..."(Value:Ident"d")))"#,
    );
}

#[test]
fn arrows_return_their_expression() {
    check(
        JavaScript,
        "const f = async ({ id }, n = 1, ...xs) => await g(id)",
        r#"VarDef(Modifier:Modifier"const", Target:Ident"f", Value:Lambda"=>"(Modifier:Modifier"async", Param:Param(Name:Dict(Entry:Pair(Key:Str"id", Value:Ident"id"))), Param:Param(Name:Ident"n", Default:Number"1"), Param:Param"..."(Name:Ident"xs"), Body:Block(Stmt:Return(Value:Await(Value:Call(Callee:Ident"g", Arg:Ident"id"))))))"#,
    );
}

#[test]
fn export_is_a_modifier() {
    check(
        JavaScript,
        "export default async function handler(req, res) { return res.send(`<p>${req.query.name}</p>`) }",
        r#"Function(Modifier:Modifier"export", Modifier:Modifier"default", Modifier:Modifier"async", Name:Ident"handler", Param:Param(Name:Ident"req"), Param:Param(Name:Ident"res"), Body:Block(Stmt:Return(Value:Call(Callee:Member(Object:Ident"res", Name:Ident"send"), Arg:Template(Part:Str"<p>", Part:Member(Object:Member(Object:Ident"req", Name:Ident"query"), Name:Ident"name"), Part:Str"</p>")))))"#,
    );
}

#[test]
fn each_imported_name_stands_for_itself() {
    check(
        JavaScript,
        r#"import a, { b as c, d } from "m"; import * as e from 'n'; import "o""#,
        r#"
        ImportFrom(Module:Str"m", Name:Ident"default", Alias:Ident"a")
        ImportFrom(Module:Str"m", Name:Ident"b", Alias:Ident"c")
        ImportFrom(Module:Str"m", Name:Ident"d")
        Import(Module:Str"n", Alias:Ident"e")
        Import(Module:Str"o")"#,
    );
}

#[test]
fn bodies_are_blocks() {
    check(
        JavaScript,
        "if (a) b(); else if (c) { d() } else e()",
        r#"If(Cond:Ident"a", Then:Block(Stmt:Call(Callee:Ident"b")), Else:If(Cond:Ident"c", Then:Block(Stmt:Call(Callee:Ident"d")), Else:Block(Stmt:Call(Callee:Ident"e"))))"#,
    );
    check(
        JavaScript,
        "for (let i = 0, n = 9; i < n; i++, n--) ; for (const k in o) use(k)",
        r#"
        For(Init:VarDef(Modifier:Modifier"let", Target:Ident"i", Value:Number"0"), Init:VarDef(Modifier:Modifier"let", Target:Ident"n", Value:Number"9"), Cond:Binary"<"(Left:Ident"i", Right:Ident"n"), Update:Unary"post++"(Operand:Ident"i"), Update:Unary"post--"(Operand:Ident"n"), Body:Block)
        ForEach"in"(Target:VarDef(Modifier:Modifier"const", Target:Ident"k"), Iter:Ident"o", Body:Block(Stmt:Call(Callee:Ident"use", Arg:Ident"k")))"#,
    );
}

#[test]
fn switch_and_try() {
    check(
        JavaScript,
        "switch (x) { case 1: case 2: f(); break; default: g() }",
        r#"Switch(Subject:Ident"x", Case:Case(Cond:Number"1", Body:Block), Case:Case(Cond:Number"2", Body:Block(Stmt:Call(Callee:Ident"f"), Stmt:Break)), Case:Case(Body:Block(Stmt:Call(Callee:Ident"g"))))"#,
    );
    check(
        JavaScript,
        "try { f() } catch (e) { h(e) } finally { i() }",
        r#"Try(Body:Block(Stmt:Call(Callee:Ident"f")), Catch:Catch(Name:Ident"e", Body:Block(Stmt:Call(Callee:Ident"h", Arg:Ident"e"))), Finally:Block(Stmt:Call(Callee:Ident"i")))"#,
    );
}

#[test]
fn literals_keep_how_they_are_written() {
    check(
        JavaScript,
        "/a/g; `b`",
        r#"
        Regex"a"(Modifier:Modifier"g")
        Template(Part:Str"b")"#,
    );
}

#[test]
fn classes_have_fields_and_methods() {
    check(
        JavaScript,
        "class A extends B { #p = 1; static async get() { return this.#p } constructor() { super() } }",
        r##"Class"class"(Name:Ident"A", Base:Ident"B", Body:Block(Stmt:VarDef(Target:Ident"#p", Value:Number"1"), Stmt:Function(Modifier:Modifier"static", Modifier:Modifier"async", Name:Ident"get", Body:Block(Stmt:Return(Value:Member(Object:Ident"this", Name:Ident"#p")))), Stmt:Function(Name:Ident"constructor", Body:Block(Stmt:Call(Callee:Ident"super")))))"##,
    );
}

#[test]
fn elements_have_attributes_and_children() {
    check(
        JavaScript,
        r#"el = <a href={u} {...p} title="t">Hi {name} <b/></a>"#,
        r#"Assign"="(Target:Ident"el", Value:Jsx(Name:Ident"a", Attr:JsxAttr(Name:Ident"href", Value:Ident"u"), Attr:Spread"..."(Value:Ident"p"), Attr:JsxAttr(Name:Ident"title", Value:Str"t"), Element:Token"Hi ", Element:Other"jsx_expression"(Child:Ident"name"), Element:Token" ", Element:Jsx(Name:Ident"b")))"#,
    );
}

#[test]
fn decorators_modifiers_and_types() {
    check(
        TypeScript,
        "@Controller('cats') export class C implements I { constructor(private readonly s: Svc<T>, @Body() dto?: Dto) { } @Get(':id') find(@Param('id') id: string): Promise<Cat> { return this.s.find(id as any)! } }",
        r#"Class"class"(Decorator:Decorator(Value:Call(Callee:Ident"Controller", Arg:Str"cats")), Modifier:Modifier"export", Name:Ident"C", Interface:Ident"I", Body:Block(Stmt:Function(Name:Ident"constructor", Param:Param(Modifier:Modifier"private", Modifier:Modifier"readonly", Type:Generic(Callee:Ident"Svc", Arg:Ident"T"), Name:Ident"s"), Param:Param(Decorator:Decorator(Value:Call(Callee:Ident"Body")), Type:Ident"Dto", Name:Ident"dto"), Body:Block), Stmt:Function(Decorator:Decorator(Value:Call(Callee:Ident"Get", Arg:Str":id")), Type:Generic(Callee:Ident"Promise", Arg:Ident"Cat"), Name:Ident"find", Param:Param(Decorator:Decorator(Value:Call(Callee:Ident"Param", Arg:Str"id")), Type:Ident"string", Name:Ident"id"), Body:Block(Stmt:Return(Value:Cast(Value:Call(Callee:Member(Object:Member(Object:Ident"this", Name:Ident"s"), Name:Ident"find"), Arg:Cast"as"(Type:Ident"any", Value:Ident"id"))))))))"#,
    );
}

#[test]
fn interfaces_enums_and_modules() {
    check(
        TypeScript,
        "interface I extends J { a: string; m(x: number): void } enum E { A, B = 2 } abstract class D { abstract f(): void }",
        r#"
        Class"interface"(Name:Ident"I", Base:Ident"J", Body:Block(Stmt:VarDef(Type:Ident"string", Target:Ident"a"), Stmt:Function(Type:Ident"void", Name:Ident"m", Param:Param(Type:Ident"number", Name:Ident"x"))))
        Class"enum"(Name:Ident"E", Body:Block(Stmt:VarDef(Target:Ident"A"), Stmt:VarDef(Target:Ident"B", Value:Number"2")))
        Class"class"(Modifier:Modifier"abstract", Name:Ident"D", Body:Block(Stmt:Function(Modifier:Modifier"abstract", Type:Ident"void", Name:Ident"f")))"#,
    );
    check(
        TypeScript,
        r#"declare module "m" { const x: a.B<string> }"#,
        r#"Class"module"(Name:Str"m", Body:Block(Stmt:VarDef(Modifier:Modifier"const", Type:Generic(Callee:Member(Object:Ident"a", Name:Ident"B"), Arg:Ident"string"), Target:Ident"x")))"#,
    );
}

#[test]
fn casts_and_imports_of_typescript() {
    check(
        TypeScript,
        r#"f(<A>x, y as B, z!); import fs = require("fs");"#,
        r#"
        Call(Callee:Ident"f", Arg:Cast"as"(Type:Ident"A", Value:Ident"x"), Arg:Cast"as"(Type:Ident"B", Value:Ident"y"), Arg:Cast(Value:Ident"z"))
        Import(Module:Str"fs", Alias:Ident"fs")"#,
    );
}

#[test]
fn ellipses_are_statements_parameters_and_entries() {
    check_pattern(
        JavaScript,
        "function $F(..., $X, ...) { ... $X(); ... return $Y; }",
        r#"Function(Name:Metavar"$F", Param:Ellipsis, Param:Param(Name:Metavar"$X"), Param:Ellipsis, Body:Block(Stmt:Ellipsis, Stmt:Call(Callee:Metavar"$X"), Stmt:Ellipsis, Stmt:Return(Value:Metavar"$Y")))"#,
    );
    check_pattern(
        JavaScript,
        "$X = {..., a: 1, ...}",
        r#"Assign"="(Target:Metavar"$X", Value:Dict(Entry:Ellipsis, Entry:Pair(Key:Str"a", Value:Number"1"), Entry:Ellipsis))"#,
    );
    check_pattern(JavaScript, "{a: $X, ...}", r#"Dict(Entry:Pair(Key:Str"a", Value:Metavar"$X"), Entry:Ellipsis)"#);
    check_pattern(
        JavaScript,
        "{ ... foo(); ... }",
        r#"Block(Stmt:Ellipsis, Stmt:Call(Callee:Ident"foo"), Stmt:Ellipsis)"#,
    );
    check_pattern(JavaScript, r#"$KEY: "...""#, r#"Pair(Key:Metavar"$KEY", Value:Str"...")"#);
    check_pattern(JavaScript, "(...) => ...", r#"Lambda"=>"(Param:Ellipsis, Body:Block(Stmt:Ellipsis))"#);
    check_pattern(
        JavaScript,
        "class $C { ... $M(...) { ... } ... }",
        r#"Class"class"(Name:Metavar"$C", Body:Block(Stmt:Ellipsis, Stmt:Function(Name:Metavar"$M", Param:Ellipsis, Body:Block(Stmt:Ellipsis)), Stmt:Ellipsis))"#,
    );
    check_pattern(
        JavaScript,
        "<... $X + 1 ...>",
        r#"DeepEllipsis(Child:Binary"+"(Left:Metavar"$X", Right:Number"1"))"#,
    );
}

#[test]
fn ellipses_are_cases_and_loop_headers() {
    check_pattern(
        JavaScript,
        r#"switch ($X) { ... case "a": ... }"#,
        r#"Switch(Subject:Metavar"$X", Case:Ellipsis, Case:Case(Cond:Str"a", Body:Block(Stmt:Ellipsis)))"#,
    );
    check_pattern(JavaScript, "for (...) { ... }", r"For(Init:Ellipsis, Body:Block(Stmt:Ellipsis))");
}

#[test]
fn an_object_may_start_a_run_of_statements() {
    check_pattern(
        JavaScript,
        r"{a: $X}
...
f($X)",
        r#"
        Dict(Entry:Pair(Key:Str"a", Value:Metavar"$X"))
        Ellipsis
        Call(Callee:Ident"f", Arg:Metavar"$X")"#,
    );
}

#[test]
fn patterns_of_elements() {
    check_pattern(
        JavaScript,
        "<a href={$X} ... />",
        r#"Jsx(Name:Ident"a", Attr:JsxAttr(Name:Ident"href", Value:Metavar"$X"), Attr:Ellipsis)"#,
    );
    check_pattern(
        JavaScript,
        "<$EL ... href=$X>...</$EL>",
        r#"Jsx(Name:Metavar"$EL", Attr:Ellipsis, Attr:JsxAttr(Name:Ident"href", Value:Metavar"$X"), Element:Ellipsis)"#,
    );
}

#[test]
fn chains_deep_and_template_ellipses() {
    check_pattern(
        JavaScript,
        "$O. ... .m($...ARGS)",
        r#"Call(Callee:Member(Object:Member(Object:Metavar"$O", Name:Ellipsis), Name:Ident"m"), Arg:EllipsisMetavar"$...ARGS")"#,
    );
    check_pattern(
        JavaScript,
        "<... $X + 1 ...>",
        r#"DeepEllipsis(Child:Binary"+"(Left:Metavar"$X", Right:Number"1"))"#,
    );
    check_pattern(JavaScript, "`...${$X}...`", r#"Template(Part:Ellipsis, Part:Metavar"$X", Part:Ellipsis)"#);
}

#[test]
fn an_ellipsis_beside_imported_names_adds_nothing() {
    check_pattern(JavaScript, r#"import { ..., $X, ... } from "m""#, r#"ImportFrom(Module:Str"m", Name:Metavar"$X")"#);
    check_pattern(JavaScript, r#"import { ... } from "m""#, r#"ImportFrom(Module:Str"m", Name:Ellipsis)"#);
}

#[test]
fn partial_definitions_and_headers() {
    check_pattern(
        JavaScript,
        "async $M($REQ, ...) { ... }",
        r#"Function(Modifier:Modifier"async", Name:Metavar"$M", Param:Param(Name:Metavar"$REQ"), Param:Ellipsis, Body:Block(Stmt:Ellipsis))"#,
    );
    check_pattern(JavaScript, "function $F(...)", r#"Function(Name:Metavar"$F", Param:Ellipsis)"#);
    check_pattern(JavaScript, "@$D(...)", r#"Decorator(Value:Call(Callee:Metavar"$D", Arg:Ellipsis))"#);
    check_pattern(JavaScript, "catch ($E) { ... }", r#"Catch(Name:Metavar"$E", Body:Block(Stmt:Ellipsis))"#);
    check_pattern(JavaScript, "if ($X)", r#"If(Cond:Metavar"$X")"#);
    check_pattern(JavaScript, "function (...) { ... }", r"Lambda(Param:Ellipsis, Body:Block(Stmt:Ellipsis))");
}

#[test]
fn a_metavariable_may_have_a_type() {
    check_pattern(
        JavaScript,
        "($X: Request).query",
        r#"Member(Object:TypedMetavar"$X"(Type:Ident"Request"), Name:Ident"query")"#,
    );
}

#[test]
fn broken_code_has_a_tree_and_notes() {
    let source = Source::parse(JavaScript, "f(a; eval(b);".to_owned(), Limits::NONE);
    assert!(!source.notes().is_empty());
    assert!(source.tree().dump().contains("\"eval\""));
}

#[test]
fn code_nested_too_deeply_is_left_out() {
    let source = Source::parse(JavaScript, format!("x = {}1{}", "[".repeat(9000), "]".repeat(9000)), Limits::NONE);
    assert!(source.tree().len() > 1000);
    assert!(source.notes().iter().any(|note| matches!(note, weir_syntax::ParseNote::TooDeep(_))));
}

#[test]
fn edits_give_the_tree_of_a_fresh_parse() {
    let text =
        "const a = 1; // one\nfunction f(x) { return `${x}`; }\n/* two */ export class C { m() { a(); } }\nf(a);\n";
    check_edit(JavaScript, text, "`${x}`", "`${x");
    check_edit(JavaScript, text, "}\n/*", "\n/*");
    check_edit(JavaScript, text, "const a", "/* const a");
    check_edit(JavaScript, text, "f(a)", "é(\"\u{1F600}\")");
    check_edit(TypeScript, text, "(x)", "(x: string[])");
}
