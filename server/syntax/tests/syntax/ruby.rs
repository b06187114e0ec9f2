use super::{check, check_edit, check_pattern};
use weir_model::Language::Ruby;
use weir_syntax::{Limits, Source};

#[test]
fn parentheses_are_optional_and_a_bare_member_is_no_call() {
    check(Ruby, "f(a, 1)\nf a, 1", "Call(Callee:Ident\"f\", Arg:Ident\"a\", Arg:Number\"1\")\n".repeat(2).as_str());
    check(
        Ruby,
        "a.b\na&.b\na.b()\na.()",
        r#"
        Member(Object:Ident"a", Name:Ident"b")
        Member(Object:Ident"a", Name:Ident"b")
        Call(Callee:Member(Object:Ident"a", Name:Ident"b"))
        Call(Callee:Member(Object:Ident"a", Name:Ident"call"))"#,
    );
}

#[test]
fn blocks_are_lambdas() {
    check(
        Ruby,
        "a.each { |x, y = 1| x }\nf 1 do end",
        r#"
        Call(Callee:Member(Object:Ident"a", Name:Ident"each"), BlockArg:Lambda(Param:Param(Name:Ident"x"), Param:Param(Name:Ident"y", Default:Number"1"), Body:Block(Stmt:Ident"x")))
        Call(Callee:Ident"f", Arg:Number"1", BlockArg:Lambda(Body:Block))"#,
    );
}

#[test]
fn symbol_keys_are_keyword_arguments_in_calls_and_pairs_in_hashes() {
    check(
        Ruby,
        "f(:a => 1)\nf(a: 1)\nf('a' => 1, **o)",
        r#"
        Call(Callee:Ident"f", Arg:KeywordArg"a"(Name:Ident"a", Value:Number"1"))
        Call(Callee:Ident"f", Arg:KeywordArg"a"(Name:Ident"a", Value:Number"1"))
        Call(Callee:Ident"f", Arg:Pair(Key:Str"a", Value:Number"1"), Arg:Spread"**"(Value:Ident"o"))"#,
    );
    check(
        Ruby,
        "h = {:a => 1}\nh = {a: 1}",
        "Assign\"=\"(Target:Ident\"h\", Value:Dict(Entry:Pair(Key:Atom\"a\", Value:Number\"1\")))\n".repeat(2).as_str(),
    );
}

#[test]
fn strings_with_substitutions_are_templates_and_commands_are_calls() {
    check(
        Ruby,
        "\"a#{b}\\n c\"\n'a'\n`ls`\n%x(ls #{d})",
        r#"
        Template(Part:Str"a", Part:Ident"b", Part:Str"\\n c")
        Str"a"
        Call(Callee:Ident"`", Arg:Str"ls")
        Call(Callee:Ident"`", Arg:Template(Part:Str"ls ", Part:Ident"d"))"#,
    );
}

#[test]
fn heredocs_stand_where_they_begin() {
    check(
        Ruby,
        "f(<<~A, <<-'B')\n  x #{y}\nA\n  z\n  B\n",
        r#"Call(Callee:Ident"f", Arg:Template(Part:Str"  x ", Part:Ident"y", Part:Str"\n"), Arg:Str"  z\n  ")"#,
    );
    check_edit(Ruby, "x = 1\ny = <<A\n  old\nA\nz = 2\n", "old", "new #{x}");
    check_edit(Ruby, "f(<<A, <<B)\na\nA\nb\nB\ng\n", "\nb", "\nc");
}

#[test]
fn each_heredoc_has_its_own_text() {
    check(Ruby, "f(<<A, <<A)\na\nA\nb\nA\n", "Call(Callee:Ident\"f\", Arg:Str\"a\\n\", Arg:Str\"b\\n\")");
    // One that begins in the text of another has its own after all that began before.
    check(
        Ruby,
        "f(<<A, <<A)\n#{<<A}\nA\nb\nA\nc\nA\n",
        r#"Call(Callee:Ident"f", Arg:Template(Part:Str"c\n", Part:Str"\n"), Arg:Str"b\n")"#,
    );
    check_edit(Ruby, "f(<<A, <<A)\n#{<<A}\nA\nb\nA\nc\nA\ng\n", "<<A, ", "");
    check_edit(Ruby, "x; f(<<A) do\n#{g(h, i, j)}\nA\nend\n", "x", "<<A");
    check_edit(Ruby, "x y(1)\nf(<<A) do\n#{g(h, i, j)}\nA\nend\n", "y(1)\n", "y(1);");
}

#[test]
fn the_text_of_a_heredoc_starts_on_the_next_line_however_lines_end() {
    check(Ruby, "f(<<A)\r\na\r\nA\r\n", r#"Call(Callee:Ident"f", Arg:Str"a\r\n")"#);
}

#[test]
fn what_no_heredoc_can_begin_with_is_a_shift() {
    let long = "x ".repeat(128);
    let longest = "x".repeat(255);
    check(
        Ruby,
        &format!("a <<'{long}'\nb << <<~'{longest}'\n  y\n{longest}\n"),
        &format!(
            r#"
            Binary"<<"(Left:Ident"a", Right:Str"{long}")
            Binary"<<"(Left:Ident"b", Right:Str"  y\n")"#
        ),
    );
    check(Ruby, &format!("a <<x{longest}"), &format!(r#"Binary"<<"(Left:Ident"a", Right:Ident"x{longest}")"#));
}

#[test]
fn an_open_quote_behind_a_heredoc_is_no_word_without_end() {
    let lines = "  f(a << 'b')\n".repeat(40);
    for quote in ["'", "\"", "`"] {
        let text = format!("def m\n{lines}  x = \n{lines}end\n");
        check_edit(Ruby, &text, "x = \n", &format!("x = <<~{quote}\n"));
        let open = text.replace("x = ", &format!("x = <<~{quote}A"));
        check_edit(Ruby, &open, "end\n", &format!("{quote}\nend\n"));
        check_edit(Ruby, &open, "def m\n", "def m\n  y(1)\n");
    }
}

#[test]
fn a_heredoc_is_not_within_itself() {
    check(
        Ruby,
        "f(<<A)\n#{<<A}#{<<A}\nA\n",
        r#"Call(Callee:Ident"f", Arg:Template(Part:Str, Part:Str, Part:Str"\n"))"#,
    );
    // Each text would be there twice as often as the one before.
    let doubling = format!("f(<<A)\n{}", "#{<<A}#{<<A}\nA\n".repeat(40));
    let source = Source::parse(Ruby, doubling, Limits::NONE);
    assert!(source.tree().len() < 200, "{} nodes", source.tree().len());
}

#[test]
fn conditions_are_normalised() {
    check(
        Ruby,
        "a unless b\nif b and not c then a end",
        r#"
        If(Cond:Unary"!"(Operand:Ident"b"), Then:Block(Stmt:Ident"a"))
        If(Cond:Binary"&&"(Left:Ident"b", Right:Unary"!"(Operand:Ident"c")), Then:Block(Stmt:Ident"a"))"#,
    );
    check(
        Ruby,
        "case a\nwhen 1, 2 then b\nelse c\nend",
        r#"Switch(Subject:Ident"a", Case:Case(Cond:Number"1", Cond:Number"2", Body:Block(Stmt:Ident"b")), Case:Case(Body:Block(Stmt:Ident"c")))"#,
    );
}

#[test]
fn rescue_and_ensure_are_a_try() {
    check(
        Ruby,
        "def self.f(a, *b, c: 1, &d)\n  a\nrescue A, B => e\n  1\nensure\n  2\nend",
        r#"Function(Modifier:Modifier"static", Name:Ident"f", Param:Param(Name:Ident"a"), Param:Param"*"(Name:Ident"b"), Param:Param(Name:Ident"c", Default:Number"1"), Param:Param"&"(Name:Ident"d"), Body:Block(Stmt:Try(Body:Block(Stmt:Ident"a"), Catch:Catch(Type:Ident"A", Type:Ident"B", Name:Ident"e", Body:Block(Stmt:Number"1")), Finally:Block(Stmt:Number"2"))))"#,
    );
    check(
        Ruby,
        "x = a rescue b",
        r#"Assign"="(Target:Ident"x", Value:Try(Body:Block(Stmt:Ident"a"), Catch:Catch(Body:Block(Stmt:Ident"b"))))"#,
    );
}

#[test]
fn parallel_assignments_are_several() {
    check(
        Ruby,
        "a, b = 1, 2\na, *b = c",
        r#"
        Assign"="(Target:Ident"a", Value:Number"1")
        Assign"="(Target:Ident"b", Value:Number"2")
        Assign"="(Target:Tuple(Element:Ident"a", Element:Spread"*"(Value:Ident"b")), Value:Ident"c")"#,
    );
}

#[test]
fn classes_have_bases_and_scopes() {
    check(
        Ruby,
        "class A::B < C\nend\nmodule M; X = ::D; end",
        r#"
        Class"class"(Name:Member"::"(Object:Ident"A", Name:Ident"B"), Base:Ident"C", Body:Block)
        Class"module"(Name:Ident"M", Body:Block(Stmt:Assign"="(Target:Ident"X", Value:Ident"D")))"#,
    );
}

#[test]
fn files_that_are_required_are_imports() {
    check(
        Ruby,
        "require 'a'\nload(\"b\") if c\nx = require 'a'\nrequire \"#{d}\"\na.require 'b'",
        r#"
        Import(Module:Str"a")
        If(Cond:Ident"c", Then:Block(Stmt:Import(Module:Str"b")))
        Assign"="(Target:Ident"x", Value:Call(Callee:Ident"require", Arg:Str"a"))
        Call(Callee:Ident"require", Arg:Template(Part:Ident"d"))
        Call(Callee:Member(Object:Ident"a", Name:Ident"require"), Arg:Str"b")"#,
    );
    check_pattern(Ruby, "require $X", r#"Import(Module:Metavar"$X")"#);
    check_pattern(Ruby, "require(...)", r#"Call(Callee:Ident"require", Arg:Ellipsis)"#);
}

#[test]
fn patterns_have_holes_where_ruby_wants_constants_blocks_and_entries() {
    check_pattern(
        Ruby,
        "class $C < $B\n  ...\nend",
        r#"Class"class"(Name:Metavar"$C", Base:Metavar"$B", Body:Block(Stmt:Ellipsis))"#,
    );
    check_pattern(
        Ruby,
        "{..., $K: $V, ...}",
        r#"Dict(Entry:Ellipsis, Entry:Pair(Key:Atom"$K", Value:Metavar"$V"), Entry:Ellipsis)"#,
    );
    check_pattern(
        Ruby,
        "$F ... { ... }",
        r#"Call(Callee:Metavar"$F", Arg:Ellipsis, BlockArg:Lambda(Body:Block(Stmt:Ellipsis)))"#,
    );
    check_pattern(
        Ruby,
        "f :a => $X, ...",
        r#"Call(Callee:Ident"f", Arg:KeywordArg"a"(Name:Ident"a", Value:Metavar"$X"), Arg:Ellipsis)"#,
    );
    check_pattern(Ruby, ":$K => \"$V\"", r#"Pair(Key:Atom"$K", Value:Str"$V")"#);
    check_pattern(
        Ruby,
        "`...#{$X}...`",
        r#"Call(Callee:Ident"`", Arg:Template(Part:Str"...", Part:Metavar"$X", Part:Str"..."))"#,
    );
}
