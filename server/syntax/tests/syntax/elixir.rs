use super::{check, check_edit, check_pattern, on_a_large_stack};
use weir_model::Language::Elixir;

#[test]
fn a_pipe_is_a_call() {
    check(
        Elixir,
        "x |> A.f(1) |> g",
        r#"Call(Callee:Ident"g", Arg:Call(Callee:Member(Object:Ident"A", Name:Ident"f"), Arg:Ident"x", Arg:Number"1"))"#,
    );
    check(
        Elixir,
        "x |> case do\n  1 -> 2\nend",
        r#"Switch(Subject:Ident"x", Case:Case(Cond:Number"1", Body:Block(Stmt:Number"2")))"#,
    );
}

#[test]
fn a_dot_without_parentheses_is_a_field() {
    check(
        Elixir,
        "a.b\na.b()\na.b 1\nf.(x)",
        r#"
        Member(Object:Ident"a", Name:Ident"b")
        Call(Callee:Member(Object:Ident"a", Name:Ident"b"))
        Call(Callee:Member(Object:Ident"a", Name:Ident"b"), Arg:Number"1")
        Call(Callee:Ident"f", Arg:Ident"x")"#,
    );
}

#[test]
fn keywords_and_blocks_are_arguments() {
    check(
        Elixir,
        "f a, k: 1 do\n  g()\nend",
        r#"Call(Callee:Ident"f", Arg:Ident"a", Arg:KeywordArg"k"(Name:Ident"k", Value:Number"1"), BlockArg:Block(Stmt:Call(Callee:Ident"g")))"#,
    );
}

#[test]
fn functions_in_all_their_spellings() {
    check(
        Elixir,
        "def f(%{\"id\" => id} = p, x \\\\ 1) when g(x) do\n  p\nend\ndefp h, do: 1",
        r#"
        Function(Name:Ident"f", Param:Param(Name:Assign"="(Target:Dict(Entry:Pair(Key:Str"id", Value:Ident"id")), Value:Ident"p")), Param:Param(Name:Ident"x", Default:Number"1"), Guard:Call(Callee:Ident"g", Arg:Ident"x"), Body:Block(Stmt:Ident"p"))
        Function(Modifier:Modifier"private", Name:Ident"h", Body:Block(Stmt:Number"1"))"#,
    );
    check(
        Elixir,
        "def f(x) do\n  g(x)\nrescue\n  e in [A] -> e\nafter\n  h()\nend",
        r#"Function(Name:Ident"f", Param:Param(Name:Ident"x"), Body:Block(Stmt:Try(Body:Block(Stmt:Call(Callee:Ident"g", Arg:Ident"x")), Catch:Catch(Type:Ident"A", Name:Ident"e", Body:Block(Stmt:Ident"e")), Finally:Block(Stmt:Call(Callee:Ident"h")))))"#,
    );
}

#[test]
fn clauses_of_one_function_share_the_span_of_all() {
    let text = "defmodule M do\n  def f(0), do: 0\n  def f(n), do: n\n  def f(a, b), do: a + b\nend\n";
    let source = weir_syntax::Source::parse(Elixir, text.to_owned(), weir_syntax::Limits::NONE);
    let tree = source.tree();
    let spans: Vec<_> = tree
        .ids()
        .filter(|&node| tree.kind(node) == weir_syntax::Kind::Function)
        .map(|node| tree.span(node).text(text))
        .collect();
    let both = "def f(0), do: 0\n  def f(n), do: n";
    assert_eq!(spans, [both, both, "def f(a, b), do: a + b"]);
}

#[test]
fn modules_attributes_and_imports() {
    check(
        Elixir,
        "defmodule A.B do\n  use C, :d\n  alias E.{F, G}\n  alias H.I, as: J\n  import K\n  @x 1\n  @spec f(t) :: t\nend",
        r#"Class"module"(Name:Member(Object:Ident"A", Name:Ident"B"), Body:Block(Stmt:Import"use"(Module:Ident"C", Child:Atom"d"), Stmt:ImportFrom(Module:Ident"E", Name:Ident"F"), Stmt:ImportFrom(Module:Ident"E", Name:Ident"G"), Stmt:ImportFrom(Module:Ident"H", Name:Ident"I", Alias:Ident"J"), Stmt:Import"import"(Module:Ident"K"), Stmt:Assign"="(Target:Ident"@x", Value:Number"1"), Stmt:Token"@spec f(t) :: t"))"#,
    );
}

#[test]
fn control_flow_written_as_calls() {
    check(
        Elixir,
        "if a, do: b, else: c\nunless a do\n  b\nend",
        r#"
        If(Cond:Ident"a", Then:Block(Stmt:Ident"b"), Else:Block(Stmt:Ident"c"))
        If(Cond:Unary"!"(Operand:Ident"a"), Then:Block(Stmt:Ident"b"))"#,
    );
    check(
        Elixir,
        "case f(x) do\n  {:ok, v} when v > 1 -> v\n  ^y -> nil\nend",
        r#"Switch(Subject:Call(Callee:Ident"f", Arg:Ident"x"), Case:Case(Cond:Tuple(Element:Atom"ok", Element:Ident"v"), Guard:Binary">"(Left:Ident"v", Right:Number"1"), Body:Block(Stmt:Ident"v")), Case:Case(Cond:Unary"^"(Operand:Ident"y"), Body:Block(Stmt:Null"nil")))"#,
    );
    check(
        Elixir,
        "for x <- xs, y <- ys, x > y, into: m do\n  x\nend",
        r#"ForEach(Target:Ident"x", Iter:Ident"xs", Child:KeywordArg"into"(Name:Ident"into", Value:Ident"m"), Body:Block(Stmt:ForEach(Target:Ident"y", Iter:Ident"ys", Body:Block(Stmt:If(Cond:Binary">"(Left:Ident"x", Right:Ident"y"), Then:Block(Stmt:Ident"x"))))))"#,
    );
    check(
        Elixir,
        "with {:ok, a} <- f() do\n  a\nelse\n  _ -> b\nend",
        r#"With(Resource:Assign"<-"(Target:Tuple(Element:Atom"ok", Element:Ident"a"), Value:Call(Callee:Ident"f")), Body:Block(Stmt:Ident"a"), Case:Case(Cond:Ident"_", Body:Block(Stmt:Ident"b")))"#,
    );
    check(
        Elixir,
        "try do\n  f()\nrescue\n  A -> 1\ncatch\n  k, v when g() -> 2\nelse\n  z -> 3\nend",
        r#"Try(Body:Block(Stmt:Call(Callee:Ident"f")), Catch:Catch(Type:Ident"A", Body:Block(Stmt:Number"1")), Catch:Catch(Type:Ident"k", Name:Ident"v", Guard:Call(Callee:Ident"g"), Body:Block(Stmt:Number"2")), Else:Block(Stmt:Switch(Case:Case(Cond:Ident"z", Body:Block(Stmt:Number"3")))))"#,
    );
}

#[test]
fn lambdas_and_captures() {
    check(
        Elixir,
        "fn a, {b, _} -> a end\n&f(&2, 1)\n&g/1",
        r#"
        Lambda(Param:Param(Name:Ident"a"), Param:Param(Name:Tuple(Element:Ident"b", Element:Ident"_")), Body:Block(Stmt:Ident"a"))
        Lambda(Param:Param(Name:Ident"&1"), Param:Param(Name:Ident"&2"), Body:Block(Stmt:Return(Value:Call(Callee:Ident"f", Arg:Ident"&2", Arg:Number"1"))))
        Unary"&"(Operand:Binary"/"(Left:Ident"g", Right:Number"1"))"#,
    );
    check(
        Elixir,
        "fn\n  1 -> 2\n  x -> x\nend",
        r#"Other"anonymous_function"(Child:Lambda(Param:Param(Name:Number"1"), Body:Block(Stmt:Number"2")), Child:Lambda(Param:Param(Name:Ident"x"), Body:Block(Stmt:Ident"x")))"#,
    );
}

#[test]
fn literals() {
    check(
        Elixir,
        r#"{"a#{b}c", ~s(d), ~r/e/i, :f, :"g h", 'i', [j: 1], %S{m | k: 2}, [l | n], not true, a and b}"#,
        r#"Tuple(Element:Template(Part:Str"a", Part:Ident"b", Part:Str"c"), Element:Str"d", Element:Regex"e", Element:Atom"f", Element:Atom"g h", Element:Token"'i'", Element:Array(Element:Pair(Key:Atom"j", Value:Number"1")), Element:Dict(Callee:Ident"S", Entry:Spread"|"(Value:Ident"m"), Entry:Pair(Key:Atom"k", Value:Number"2")), Element:Array(Element:Binary"|"(Left:Ident"l", Right:Ident"n")), Element:Unary"!"(Operand:Bool"true"), Element:Binary"&&"(Left:Ident"a", Right:Ident"b"))"#,
    );
}

#[test]
fn an_ellipsis_stands_behind_keywords_and_between_clauses() {
    check_pattern(
        Elixir,
        "f(k: $_, ...)",
        r#"Call(Callee:Ident"f", Arg:KeywordArg"k"(Name:Ident"k", Value:Metavar"$_"), Arg:Ellipsis)"#,
    );
    check_pattern(
        Elixir,
        "def $F(..., k: $V, ...) do\n  ...\nend",
        r#"Function(Name:Metavar"$F", Param:Ellipsis, Param:Param(Name:Pair(Key:Atom"k", Value:Metavar"$V")), Param:Ellipsis, Body:Block(Stmt:Ellipsis))"#,
    );
    check_pattern(
        Elixir,
        "%$S{..., $K: $V, ...}",
        r#"Dict(Callee:Metavar"$S", Entry:Ellipsis, Entry:Pair(Key:Metavar"$K", Value:Metavar"$V"), Entry:Ellipsis)"#,
    );
    check_pattern(
        Elixir,
        "case $X do\n  ...\n  {:ok, $Y} -> f($Y)\nend",
        r#"Switch(Subject:Metavar"$X", Case:Ellipsis, Case:Case(Cond:Tuple(Element:Atom"ok", Element:Metavar"$Y"), Body:Block(Stmt:Call(Callee:Ident"f", Arg:Metavar"$Y"))))"#,
    );
    check_pattern(
        Elixir,
        "fn ..., $X, ... -> ... end",
        r#"Lambda(Param:Ellipsis, Param:Param(Name:Metavar"$X"), Param:Ellipsis, Body:Block(Stmt:Ellipsis))"#,
    );
}

#[test]
fn parts_of_code_are_patterns() {
    check_pattern(Elixir, "def $F(...)", r#"Function(Name:Metavar"$F", Param:Ellipsis)"#);
    check_pattern(
        Elixir,
        "{:ok, $X} -> ...",
        r#"Case(Cond:Tuple(Element:Atom"ok", Element:Metavar"$X"), Body:Block(Stmt:Ellipsis))"#,
    );
    check_pattern(Elixir, "rescue\n  $E -> ...", r#"Catch(Name:Metavar"$E", Body:Block(Stmt:Ellipsis))"#);
    check_pattern(Elixir, "key: $V", r#"Pair(Key:Atom"key", Value:Metavar"$V")"#);
    check_pattern(Elixir, "\"...#{$X}...\"", r#"Template(Part:Str"...", Part:Metavar"$X", Part:Str"...")"#);
}

#[test]
fn edits_give_the_tree_of_a_fresh_parse() {
    let text = "defmodule A do\n  def f(0), do: 0\n  def f(n), do: g(\"a#{n}\")\nend\nx = [1, 2]\n";
    for (old, new) in [("f(n)", "h(n)"), ("#{n}", "#{n"), ("end", ""), ("x = ", "x |> "), ("\"a", "a")] {
        check_edit(Elixir, text, old, new);
    }
}

#[test]
fn deep_nesting_in_one_token_or_list_is_survived() {
    let names = format!("alias {}B", "A.".repeat(50_000));
    let generators = format!("for {}true, do: 1", "x <- y, ".repeat(20_000));
    on_a_large_stack(|| {
        for text in [names, generators] {
            let source = weir_syntax::Source::parse(Elixir, text, weir_syntax::Limits::NONE);
            let is_deep = |note: &weir_syntax::ParseNote| matches!(note, weir_syntax::ParseNote::TooDeep(_));
            assert!(source.notes().iter().any(is_deep), "{:?}", source.notes());
        }
    });
}
