use super::{check, check_edit, check_pattern};
use weir_model::Language::Php;

#[test]
fn functions_are_called_in_any_case_and_from_any_namespace() {
    check(
        Php,
        r"<?php \Exec($x, ...$y); A\b(n: 1); @print $x;",
        r#"
        Call(Callee:Ident"exec", Arg:Ident"$x", Arg:Spread"..."(Value:Ident"$y"))
        Call(Callee:Member(Object:Ident"A", Name:Ident"b"), Arg:KeywordArg"n"(Name:Ident"n", Value:Number"1"))
        Unary"@"(Operand:Call(Callee:Ident"print", Arg:Ident"$x"))"#,
    );
}

#[test]
fn methods_and_members() {
    check(
        Php,
        "<?php $o->f($p)?->q; C::m(self::X, C::$y, $o->{$n}); $a[0][] = $b;",
        r#"
        Member(Object:Call(Callee:Member(Object:Ident"$o", Name:Ident"f"), Arg:Ident"$p"), Name:Ident"q")
        Call(Callee:Member"::"(Object:Ident"C", Name:Ident"m"), Arg:Member"::"(Object:Ident"self", Name:Ident"X"), Arg:Member"::"(Object:Ident"C", Name:Ident"$y"), Arg:Member(Object:Ident"$o", Name:Ident"$n"))
        Assign"="(Target:Subscript(Object:Subscript(Object:Ident"$a", Index:Number"0")), Value:Ident"$b")"#,
    );
}

#[test]
fn arrays_have_keys_or_not() {
    check(Php, "<?php [1, 'a'];", r#"Array(Element:Number"1", Element:Str"a")"#);
    check(
        Php,
        "<?php array('k' => $v, ...$rest);",
        r#"Dict(Entry:Pair(Key:Str"k", Value:Ident"$v"), Entry:Spread"..."(Value:Ident"$rest"))"#,
    );
    check(
        Php,
        "<?php ['k' => $a, $b] = $c; [$d, $e] = $f;",
        r#"
        Assign"="(Target:Dict(Entry:Pair(Key:Str"k", Value:Ident"$a"), Entry:Ident"$b"), Value:Ident"$c")
        Assign"="(Target:Array(Element:Ident"$d", Element:Ident"$e"), Value:Ident"$f")"#,
    );
}

#[test]
fn strings_have_variables_inside() {
    check(
        Php,
        r#"<?php $s = 'a' . "b $c {$d->e} $f[g]";"#,
        r#"Assign"="(Target:Ident"$s", Value:Binary"."(Left:Str"a", Right:Template(Part:Str"b ", Part:Ident"$c", Part:Str" ", Part:Member(Object:Ident"$d", Name:Ident"e"), Part:Str" ", Part:Subscript(Object:Ident"$f", Index:Ident"g"))))"#,
    );
    check(Php, "<?php `ls $dir`;", r#"Call(Callee:Ident"`", Arg:Template(Part:Str"ls ", Part:Ident"$dir"))"#);
}

#[test]
fn operators() {
    check(
        Php,
        "<?php $a <> $b and !$c || (int) $d ?: $e ?? $i++; clone $f;",
        r#"
        Binary"&&"(Left:Binary"!="(Left:Ident"$a", Right:Ident"$b"), Right:Conditional(Cond:Binary"||"(Left:Unary"!"(Operand:Ident"$c"), Right:Cast(Type:Ident"int", Value:Ident"$d")), Else:Binary"??"(Left:Ident"$e", Right:Unary"post++"(Operand:Ident"$i"))))
        Unary"clone"(Operand:Ident"$f")"#,
    );
}

#[test]
fn what_is_printed() {
    check(
        Php,
        "<?php echo $a, $b; exit(1);",
        r#"
        Call(Callee:Ident"echo", Arg:Ident"$a", Arg:Ident"$b")
        Call(Callee:Ident"exit", Arg:Number"1")"#,
    );
    check(
        Php,
        "<b><?= /* a */ $x ?></b><?php unset($a);",
        r#"
        Token"<b>"
        Call(Callee:Ident"echo", Arg:Ident"$x")
        Token"</b>"
        Call(Callee:Ident"unset", Arg:Ident"$a")"#,
    );
}

#[test]
fn included_files_are_arguments() {
    check(
        Php,
        "<?php include 'a.php'; require_once $f;",
        r#"
        Call(Callee:Ident"include", Arg:Str"a.php")
        Call(Callee:Ident"require_once", Arg:Ident"$f")"#,
    );
}

#[test]
fn branches_and_loops() {
    check(
        Php,
        "<?php if ($a) b(); elseif ($c) { d(); } else e();",
        r#"If(Cond:Ident"$a", Then:Block(Stmt:Call(Callee:Ident"b")), Else:If(Cond:Ident"$c", Then:Block(Stmt:Call(Callee:Ident"d")), Else:Block(Stmt:Call(Callee:Ident"e"))))"#,
    );
    check(
        Php,
        "<?php while ($a): b(); endwhile; do { c(); } while ($d);",
        r#"
        While(Cond:Ident"$a", Body:Block(Stmt:Call(Callee:Ident"b")))
        DoWhile(Body:Block(Stmt:Call(Callee:Ident"c")), Cond:Ident"$d")"#,
    );
    check(
        Php,
        "<?php for ($i = 0, $j = 1; $i < 9; $i++) f(); foreach ($xs as $k => &$v) g($v);",
        r#"
        For(Init:Assign"="(Target:Ident"$i", Value:Number"0"), Init:Assign"="(Target:Ident"$j", Value:Number"1"), Cond:Binary"<"(Left:Ident"$i", Right:Number"9"), Update:Unary"post++"(Operand:Ident"$i"), Body:Block(Stmt:Call(Callee:Ident"f")))
        ForEach(Target:Pair(Key:Ident"$k", Value:Ident"$v"), Iter:Ident"$xs", Body:Block(Stmt:Call(Callee:Ident"g", Arg:Ident"$v")))"#,
    );
    check(
        Php,
        "<?php switch ($a) { case 1: f(); break; default: g(); } $x = match (true) { $a, $b => 1, default => 2 };",
        r#"
        Switch(Subject:Ident"$a", Case:Case(Cond:Number"1", Body:Block(Stmt:Call(Callee:Ident"f"), Stmt:Break)), Case:Case(Body:Block(Stmt:Call(Callee:Ident"g"))))
        Assign"="(Target:Ident"$x", Value:Switch(Subject:Bool"true", Case:Case(Cond:Ident"$a", Cond:Ident"$b", Body:Block(Stmt:Number"1")), Case:Case(Body:Block(Stmt:Number"2"))))"#,
    );
}

#[test]
fn errors() {
    check(
        Php,
        r#"<?php try { throw new E("m"); } catch (A | B $e) { } finally { f(); }"#,
        r#"Try(Body:Block(Stmt:Throw(Value:New(Callee:Ident"E", Arg:Str"m"))), Catch:Catch(Type:Ident"A", Type:Ident"B", Name:Ident"$e", Body:Block), Finally:Block(Stmt:Call(Callee:Ident"f")))"#,
    );
}

#[test]
fn definitions() {
    check(
        Php,
        r#"<?php #[R("/x")] abstract class C extends B implements I { use T; const A = 1; protected ?string $p = null, $q; public function __construct(private int $n = 0, string ...$r) {} }"#,
        r#"Class"class"(Decorator:Decorator(Value:Call(Callee:Ident"R", Arg:Str"/x")), Modifier:Modifier"abstract", Name:Ident"C", Base:Ident"B", Interface:Ident"I", Body:Block(Stmt:Other"use_declaration"(Child:Ident"T"), Stmt:VarDef(Modifier:Modifier"const", Target:Ident"A", Value:Number"1"), Stmt:VarDef(Modifier:Modifier"protected", Type:Ident"string", Target:Ident"$p", Value:Null"null"), Stmt:VarDef(Modifier:Modifier"protected", Type:Ident"string", Target:Ident"$q"), Stmt:Function(Modifier:Modifier"public", Name:Ident"__construct", Param:Param(Modifier:Modifier"private", Type:Ident"int", Name:Ident"$n", Default:Number"0"), Param:Param"..."(Type:Ident"string", Name:Ident"$r"), Body:Block)))"#,
    );
    check(
        Php,
        "<?php function fA(): void { static $n = 1; } fn($x) => $x; function () use ($y) { return $y; };",
        r#"
        Function(Type:Ident"void", Name:Ident"fa", Body:Block(Stmt:VarDef(Modifier:Modifier"static", Target:Ident"$n", Value:Number"1")))
        Lambda(Param:Param(Name:Ident"$x"), Body:Block(Stmt:Return(Value:Ident"$x")))
        Lambda(Body:Block(Stmt:Return(Value:Ident"$y")))"#,
    );
    check(
        Php,
        r#"<?php enum S: string { case A = "a"; }"#,
        r#"Class"enum"(Name:Ident"S", Body:Block(Stmt:VarDef(Target:Ident"A", Value:Str"a")))"#,
    );
}

#[test]
fn imports() {
    check(
        Php,
        r"<?php use A\B as C, D; use E\{F, G\H as I};",
        r#"
        ImportFrom(Module:Ident"A", Name:Ident"B", Alias:Ident"C")
        Import(Module:Ident"D")
        ImportFrom(Module:Ident"E", Name:Ident"F")
        ImportFrom(Module:Member(Object:Ident"E", Name:Ident"G"), Name:Ident"H", Alias:Ident"I")"#,
    );
}

#[test]
fn ellipses_are_statements_arguments_elements_and_members() {
    check_pattern(Php, "foo(..., $X)", r#"Call(Callee:Ident"foo", Arg:Ellipsis, Arg:Metavar"$X")"#);
    check_pattern(
        Php,
        r"$X = [..., 'a' => $Y, ...];
...
sink($X)",
        r#"
        Assign"="(Target:Metavar"$X", Value:Dict(Entry:Ellipsis, Entry:Pair(Key:Str"a", Value:Metavar"$Y"), Entry:Ellipsis))
        Ellipsis
        Call(Callee:Ident"sink", Arg:Metavar"$X")"#,
    );
    check_pattern(
        Php,
        "class $C extends D { ... public function $M(..., $A) { ... } ... }",
        r#"Class"class"(Name:Metavar"$C", Base:Ident"D", Body:Block(Stmt:Ellipsis, Stmt:Function(Modifier:Modifier"public", Name:Metavar"$M", Param:Ellipsis, Param:Param(Name:Metavar"$A"), Body:Block(Stmt:Ellipsis)), Stmt:Ellipsis))"#,
    );
    check_pattern(
        Php,
        "if (...) { ... foo(); ... }",
        r#"If(Cond:Ellipsis, Then:Block(Stmt:Ellipsis, Stmt:Call(Callee:Ident"foo"), Stmt:Ellipsis))"#,
    );
}

#[test]
fn ellipses_are_cases() {
    check_pattern(
        Php,
        "switch ($X) { ... case 1: ... }",
        r#"Switch(Subject:Metavar"$X", Case:Ellipsis, Case:Case(Cond:Number"1", Body:Block(Stmt:Ellipsis)))"#,
    );
}

#[test]
fn chains_and_deep_ellipses() {
    check_pattern(
        Php,
        "$O->f()-> ... ->$M(<... $X ...>)",
        r#"Call(Callee:Member(Object:Member(Object:Call(Callee:Member(Object:Metavar"$O", Name:Ident"f")), Name:Ellipsis), Name:Metavar"$M"), Arg:DeepEllipsis(Child:Metavar"$X"))"#,
    );
    check_pattern(Php, "A::$M(...)", r#"Call(Callee:Member"::"(Object:Ident"A", Name:Metavar"$M"), Arg:Ellipsis)"#);
}

#[test]
fn a_string_that_is_a_metavariable_is_a_plain_string() {
    check_pattern(Php, r#"f("$X")"#, r#"Call(Callee:Ident"f", Arg:Str"$X")"#);
    check_pattern(
        Php,
        r#"f("...$X...")"#,
        r#"Call(Callee:Ident"f", Arg:Template(Part:Ellipsis, Part:Metavar"$X", Part:Ellipsis))"#,
    );
}

#[test]
fn superglobals_are_no_metavariables() {
    check_pattern(Php, "$_GET[$KEY]", r#"Subscript(Object:Ident"$_GET", Index:Metavar"$KEY")"#);
    check_pattern(Php, "$_", r#"Metavar"$_""#);
}

#[test]
fn partial_definitions_and_headers() {
    check_pattern(Php, "function $F(...)", r#"Function(Name:Metavar"$F", Param:Ellipsis)"#);
    check_pattern(
        Php,
        "public function m($T $X) { ... }",
        r#"Function(Modifier:Modifier"public", Name:Ident"m", Param:Param(Type:Metavar"$T", Name:Metavar"$X"), Body:Block(Stmt:Ellipsis))"#,
    );
    check_pattern(Php, "if ($X)", r#"If(Cond:Metavar"$X")"#);
    check_pattern(Php, "#[$A(...)]", r#"Decorator(Value:Call(Callee:Metavar"$A", Arg:Ellipsis))"#);
    check_pattern(Php, "'k' => $V,", r#"Pair(Key:Str"k", Value:Metavar"$V")"#);
    check_pattern(Php, "fn(...) => ...", r"Lambda(Param:Ellipsis, Body:Block(Stmt:Ellipsis))");
    check_pattern(
        Php,
        "catch ($E $X) { ... }",
        r#"Catch(Type:Metavar"$E", Name:Metavar"$X", Body:Block(Stmt:Ellipsis))"#,
    );
}

#[test]
fn edits_give_the_tree_of_a_fresh_parse() {
    let text = "<p><?= $a ?></p>\n<?php // one\nf($b);\nfunction g($x) { return \"{$x}\"; }\n?>\n<b><?= g($c) ?>\n";
    check_edit(Php, text, "<?= $a", "<?php $a");
    check_edit(Php, text, "?>\n<b>", "\n<b>");
    check_edit(Php, text, "{$x}", "{$x");
    check_edit(Php, text, "// one\n", "/* one ");
    check_edit(Php, text, "f($b)", "é('\u{1F600}')");
    check_edit(Php, text, "=", "php");
}

#[test]
fn a_keyword_that_is_not_there_takes_no_text() {
    for (text, keyword) in [("<?= é ?>", ""), ("<?= $x ?>", ""), ("<?php echo $x;", "echo"), ("<?php die(1);", "die")]
    {
        let source = weir_syntax::Source::parse(Php, text.to_owned(), weir_syntax::Limits::NONE);
        let tree = source.tree();
        let callee = tree.ids().find(|&node| tree.role(node) == weir_syntax::Role::Callee).expect("a call");
        assert_eq!(text.get(tree.span(callee).range()), Some(keyword), "{text}");
    }
}
