use super::{check, check_edit, check_pattern, on_a_large_stack};
use weir_model::Language::Java;

#[test]
fn calls_members_and_constructors() {
    check(
        Java,
        "o.<T>m(x[0]).n(new Foo<>(1));",
        r#"Call(Callee:Member(Object:Call(Callee:Member(Object:Ident"o", Name:Ident"m"), Arg:Subscript(Object:Ident"x", Index:Number"0")), Name:Ident"n"), Arg:New(Callee:Generic(Callee:Ident"Foo"), Arg:Number"1"))"#,
    );
    check(
        Java,
        "f = String::new;",
        r#"Assign"="(Target:Ident"f", Value:Member"::"(Object:Ident"String", Name:Ident"new"))"#,
    );
    check(
        Java,
        "new int[]{1}; new T[n];",
        r#"
        New(Callee:Subscript(Object:Ident"int"), Arg:Array(Element:Number"1"))
        New(Callee:Subscript(Object:Ident"T", Index:Ident"n"))"#,
    );
    check(
        Java,
        "new A() { int k() { return 1; } };",
        r#"New(Callee:Ident"A", Body:Block(Stmt:Function(Type:Ident"int", Name:Ident"k", Body:Block(Stmt:Return(Value:Number"1")))))"#,
    );
}

#[test]
fn each_declarator_is_a_definition_with_type_and_modifiers() {
    check(
        Java,
        "final int a = 1, b[];",
        r#"
        VarDef(Modifier:Modifier"final", Type:Ident"int", Target:Ident"a", Value:Number"1")
        VarDef(Modifier:Modifier"final", Type:Subscript(Object:Ident"int"), Target:Ident"b")"#,
    );
}

#[test]
fn methods_have_decorators_types_and_parameters() {
    check(
        Java,
        r#"@Get("/x") public List<String> f(@Q final String s, int... n) throws E { }"#,
        r#"Function(Decorator:Decorator(Value:Call(Callee:Ident"Get", Arg:Str"/x")), Modifier:Modifier"public", Type:Generic(Callee:Ident"List", Arg:Ident"String"), Name:Ident"f", Param:Param(Decorator:Decorator(Value:Ident"Q"), Modifier:Modifier"final", Type:Ident"String", Name:Ident"s"), Param:Param"..."(Type:Ident"int", Name:Ident"n"), Child:Other"throws"(Child:Ident"E"), Body:Block)"#,
    );
}

#[test]
fn classes_of_every_sort() {
    check(
        Java,
        "class A extends B implements C { A() { super(1); } static { f(); } } enum E { X(1) } record R(int a) { } @interface N { }",
        r#"
        Class"class"(Name:Ident"A", Base:Ident"B", Interface:Ident"C", Body:Block(Stmt:Function(Name:Ident"A", Body:Block(Stmt:Call(Callee:Ident"super", Arg:Number"1"))), Stmt:Other"static_initializer"(Child:Block(Stmt:Call(Callee:Ident"f")))))
        Class"enum"(Name:Ident"E", Body:Block(Stmt:VarDef(Target:Ident"X", Value:New(Arg:Number"1"))))
        Class"record"(Name:Ident"R", Param:Param(Type:Ident"int", Name:Ident"a"), Body:Block)
        Class"@interface"(Name:Ident"N", Body:Block)"#,
    );
}

#[test]
fn imports_split_at_the_last_dot() {
    check(
        Java,
        "import a.b.C; import a.*; import static a.B.f;",
        r#"
        ImportFrom(Module:Member(Object:Ident"a", Name:Ident"b"), Name:Ident"C")
        ImportFrom(Module:Ident"a", Name:Ident"*")
        ImportFrom"static"(Module:Member(Object:Ident"a", Name:Ident"B"), Name:Ident"f")"#,
    );
}

#[test]
fn a_lone_statement_is_a_block() {
    check(
        Java,
        "if (a) f(); else if (b) { } else for (T x : xs) g(x);",
        r#"If(Cond:Ident"a", Then:Block(Stmt:Call(Callee:Ident"f")), Else:If(Cond:Ident"b", Then:Block, Else:Block(Stmt:ForEach(Target:VarDef(Type:Ident"T", Target:Ident"x"), Iter:Ident"xs", Body:Block(Stmt:Call(Callee:Ident"g", Arg:Ident"x"))))))"#,
    );
    check_pattern(Java, "if ($E) $S;", r#"If(Cond:Metavar"$E", Then:Metavar"$S")"#);
}

#[test]
fn try_has_resources_handlers_and_an_end() {
    check(
        Java,
        "try (R r = f(); q) { } catch (A | B e) { } finally { g(); }",
        r#"Try(Resource:VarDef(Type:Ident"R", Target:Ident"r", Value:Call(Callee:Ident"f")), Resource:Ident"q", Body:Block, Catch:Catch(Type:Ident"A", Type:Ident"B", Name:Ident"e", Body:Block), Finally:Block(Stmt:Call(Callee:Ident"g")))"#,
    );
}

#[test]
fn switches_old_and_new() {
    check(
        Java,
        "switch (x) { case 1: f(); break; default: g(); }",
        r#"Switch(Subject:Ident"x", Case:Case(Cond:Number"1", Body:Block(Stmt:Call(Callee:Ident"f"), Stmt:Break)), Case:Case(Body:Block(Stmt:Call(Callee:Ident"g"))))"#,
    );
    check(
        Java,
        "v = switch (x) { case A, B -> 1; case T t when t.ok() -> { yield 2; } };",
        r#"Assign"="(Target:Ident"v", Value:Switch(Subject:Ident"x", Case:Case(Cond:Ident"A", Cond:Ident"B", Body:Block(Stmt:Number"1")), Case:Case(Cond:VarDef(Type:Ident"T", Target:Ident"t"), Guard:Call(Callee:Member(Object:Ident"t", Name:Ident"ok")), Body:Block(Stmt:Yield(Value:Number"2")))))"#,
    );
    check_pattern(
        Java,
        "switch ($X) { ... case 1: ... }",
        r#"Switch(Subject:Metavar"$X", Case:Ellipsis, Case:Case(Cond:Number"1", Body:Block(Stmt:Ellipsis)))"#,
    );
    check_pattern(
        Java,
        "switch ($X) { ... case 1 -> $F(); }",
        r#"Switch(Subject:Metavar"$X", Case:Ellipsis, Case:Case(Cond:Number"1", Body:Block(Stmt:Call(Callee:Metavar"$F"))))"#,
    );
}

#[test]
fn strings_keep_their_escapes() {
    check(Java, "f(\"a\\n\", \"\"\"\n  b\"c\"\"\");", r#"Call(Callee:Ident"f", Arg:Str"a\\n", Arg:Str"\n  b\"c")"#);
}

#[test]
fn an_ellipsis_stands_for_statements_members_arguments_and_parameters() {
    check_pattern(
        Java,
        "$R $F(..., T $P, ...) {\n ...\n g(..., $P);\n ...\n}",
        r#"Function(Type:Metavar"$R", Name:Metavar"$F", Param:Ellipsis, Param:Param(Type:Ident"T", Name:Metavar"$P"), Param:Ellipsis, Body:Block(Stmt:Ellipsis, Stmt:Call(Callee:Ident"g", Arg:Ellipsis, Arg:Metavar"$P"), Stmt:Ellipsis))"#,
    );
    check_pattern(
        Java,
        "class $C { ... T $F; ... }",
        r#"Class"class"(Name:Metavar"$C", Body:Block(Stmt:Ellipsis, Stmt:VarDef(Type:Ident"T", Target:Metavar"$F"), Stmt:Ellipsis))"#,
    );
    check_pattern(
        Java,
        "for (...) { ... }\n$...REST\nbyte[] $B = {...};",
        r#"
        For(Init:Ellipsis, Body:Block(Stmt:Ellipsis))
        EllipsisMetavar"$...REST"
        VarDef(Type:Subscript(Object:Ident"byte"), Target:Metavar"$B", Value:Array(Element:Ellipsis))"#,
    );
    check_pattern(
        Java,
        "void f($...PS)",
        r#"Function(Type:Ident"void", Name:Ident"f", Param:EllipsisMetavar"$...PS")"#,
    );
    check_pattern(
        Java,
        "$X.each((..., $Y) -> ...)",
        r#"Call(Callee:Member(Object:Metavar"$X", Name:Ident"each"), Arg:Lambda(Param:Ellipsis, Param:Param(Name:Metavar"$Y"), Body:Block(Stmt:Ellipsis)))"#,
    );
}

#[test]
fn a_typed_metavariable_stands_wherever_an_expression_does() {
    check_pattern(
        Java,
        "(a.B<C>[] $X) = (D $Y).f((int $Z), ...);",
        r#"Assign"="(Target:TypedMetavar"$X"(Type:Subscript(Object:Generic(Callee:Member(Object:Ident"a", Name:Ident"B"), Arg:Ident"C"))), Value:Call(Callee:Member(Object:TypedMetavar"$Y"(Type:Ident"D"), Name:Ident"f"), Arg:TypedMetavar"$Z"(Type:Ident"int"), Arg:Ellipsis))"#,
    );
    check_pattern(Java, "($T) $X", r#"Cast(Type:Metavar"$T", Value:Metavar"$X")"#);
}

#[test]
fn parts_of_code_are_patterns() {
    check_pattern(Java, "@A class $C", r#"Class"class"(Decorator:Decorator(Value:Ident"A"), Name:Metavar"$C")"#);
    check_pattern(
        Java,
        "@A(..., k = $V, ...)",
        r#"Decorator(Value:Call(Callee:Ident"A", Arg:Ellipsis, Arg:KeywordArg"k"(Name:Ident"k", Value:Metavar"$V"), Arg:Ellipsis))"#,
    );
    check_pattern(
        Java,
        "if (<... $X == true ...>)",
        r#"If(Cond:DeepEllipsis(Child:Binary"=="(Left:Metavar"$X", Right:Bool"true")))"#,
    );
    check_pattern(Java, "try { ... }", r"Try(Body:Block(Stmt:Ellipsis))");
    check_pattern(Java, "catch (...) { }", r"Catch(Type:Ellipsis, Name:Ellipsis, Body:Block)");
    check_pattern(Java, "super(...)", r#"Call(Callee:Ident"super", Arg:Ellipsis)"#);
    check_pattern(Java, "List<$T>", r#"Generic(Callee:Ident"List", Arg:Metavar"$T")"#);
    check_pattern(
        Java,
        "$A(..., $X, ...) { ... }",
        r#"Function(Name:Metavar"$A", Param:Ellipsis, Param:Param(Name:Metavar"$X"), Param:Ellipsis, Body:Block(Stmt:Ellipsis))"#,
    );
    check_pattern(
        Java,
        "class A<..., T> { }",
        r#"Class"class"(Name:Ident"A", Child:Other"type_parameters"(Child:Ellipsis, Child:Ident"T"), Body:Block)"#,
    );
}

#[test]
fn edits_give_the_tree_of_a_fresh_parse() {
    let text = "import a.B;\nclass A {\n  int x = 1;\n  void f(String s) { g(\"a\" + s); }\n}\nclass C { }\n";
    for (old, new) in
        [("\"a\"", "\"a"), ("{ g", " g"), ("class C", "/* class C"), ("import a.B;", ""), ("int x", "@A int x")]
    {
        check_edit(Java, text, old, new);
    }
}

#[test]
fn an_array_of_very_many_dimensions_is_survived() {
    let text = format!("int{} x;", "[]".repeat(50_000));
    on_a_large_stack(|| {
        let source = weir_syntax::Source::parse(Java, text, weir_syntax::Limits::NONE);
        assert!(matches!(source.notes(), [weir_syntax::ParseNote::TooDeep(_)]), "{:?}", source.notes());
    });
}

#[test]
fn a_class_literal_without_its_last_word_stays_within_characters() {
    let text = "A?\u{1b150} $X.:$X";
    let source = weir_syntax::Source::parse(Java, text.to_owned(), weir_syntax::Limits::NONE);
    let tree = source.tree();
    for node in tree.ids() {
        let span = tree.span(node);
        assert!(text.get(span.start as usize..span.end as usize).is_some(), "{span:?}");
    }
}
