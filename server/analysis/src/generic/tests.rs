//! Patterns on texts, by engine and options.

use super::{Config, Documents, Engine, Generic, Target};
use crate::budget::Budget;

/// What a pattern finds; metavariables follow in brackets.
fn found(pattern: &str, text: &str, config: &Config) -> Vec<String> {
    let generic = Generic::parse(pattern, config.engine, config).unwrap_or_else(|error| panic!("{pattern}: {error}"));
    let documents = Documents::default();
    let found = generic.find(Target::File(text, &documents), &Budget::unlimited()).expect("unlimited");
    let shown = found.iter().map(|found| {
        let groups = found.groups.iter().map(|(name, span)| format!(" {}={:?}", name.as_str(), span.text(text)));
        format!("{}{}", found.span.text(text), groups.collect::<String>())
    });
    shown.collect()
}

#[track_caller]
fn check(config: &Config, cases: &[(&str, &str, &[&str])]) {
    for (pattern, text, expected) in cases {
        assert_eq!(&found(pattern, text, config), expected, "{pattern} in {text}");
    }
}

#[test]
fn words_and_punctuation_match_in_order() {
    check(
        &Config::default(),
        &[
            ("foo", "foo food foo_ Foo", &["foo"]),
            ("a.b ( 1 )", "x a.b(1)", &["a.b(1)"]),
            ("a.b(1)", "a\n. b\n( 1)", &["a\n. b\n( 1)"]),
            ("$x", "$x x", &["$x"]),
            ("$_ = 1", "$_ = 1; x = 1", &["$_ = 1"]),
            ("ä", "aäa ä", &["ä", "ä"]),
            ("a....", "a.... a...", &["a...."]),
        ],
    );
}

#[test]
fn metavariables_are_words_and_equal_where_they_stand_twice() {
    check(
        &Config::default(),
        &[
            ("$X = $Y;", "a=1; b = c ; d = ;", &["a=1; $X=\"a\" $Y=\"1\"", "b = c ; $X=\"b\" $Y=\"c\""]),
            ("$X == $X", "a == b, c == c", &["c == c $X=\"c\""]),
            ("$SCHEME://%s", "see http://%s/x", &["http://%s $SCHEME=\"http\""]),
            ("$$V", "$v v", &["$v $V=\"v\""]),
            ("$Var", "a", &["a $Var=\"a\""]),
        ],
    );
}

#[test]
fn an_ellipsis_takes_as_little_as_will_do_and_at_the_end_all_there_is() {
    check(
        &Config::default(),
        &[
            ("a ... c", "a b c c", &["a b c"]),
            ("a ... c", "a a c", &["a c"]),
            ("a ... $X", "a b c", &["a b $X=\"b\""]),
            ("a ...", "a b a c", &["a b a c"]),
            ("... c", "a b c d c", &["a b c"]),
            ("...", "a b", &["a b"]),
            ("a ... ... c", "a c", &["a c"]),
            ("<$T ...>...</$T>", "<a x>1</b>2</a>3</b>", &["<a x>1</b>2</a> $T=\"a\""]),
        ],
    );
}

#[test]
fn a_named_ellipsis_remembers_what_it_passed_with_the_white_space_before_it() {
    check(
        &Config::default(),
        &[
            ("k: $...V ;", "k: 1 + 2 ;", &["k: 1 + 2 ; $...V=\" 1 + 2\""]),
            ("k: $...V;", "k:;", &["k:; $...V=\"\""]),
            ("a $...X b $...X;", "a 1 2 b 1 2; a 1 b 2;", &["a 1 2 b 1 2; $...X=\" 1 2\""]),
            ("TODO $...X", "TODO it", &["TODO it $...X=\" it\""]),
        ],
    );
}

#[test]
fn an_ellipsis_passes_ten_line_ends_or_as_many_as_the_rule_says() {
    let lines = |count| format!("a{} b", "\nx".repeat(count));
    for (span, count, expected) in [(10, 10, 1), (10, 11, 0), (0, 0, 1), (0, 1, 0), (20, 20, 1), (20, 21, 0)] {
        let config = Config { ellipsis_max_span: span, ..Config::default() };
        assert_eq!(found("a ... b", &lines(count), &config).len(), expected, "{span} {count}");
        assert_eq!(found("a ... ... b", &lines(2 * count), &config).len(), expected, "twice {span} {count}");
    }
}

#[test]
fn a_match_stays_within_the_block_it_starts_in() {
    check(
        &Config::default(),
        &[
            ("a ... c", "(a b) c", &[]),
            ("f ( ... c", "f(a) c", &["f(a) c"]),
            ("a ... b", "a (b) c b", &["a (b"]),
            ("a ... d", "x\n  a\n  b\ny\nd", &[]),
            ("x ... d", "x\n  a\ny\nd", &["x\n  a\ny\nd"]),
            ("f(...", "f(a (b) c) d\ne", &["f(a (b) c) d\ne"]),
            ("f(a ...", "f(a (b) c) d\ne", &["f(a (b) c"]),
        ],
    );
}

#[test]
fn indentation_in_a_pattern_asks_for_a_block_as_a_whole() {
    let server = "server {\n  listen 80;\n  name x;\n}\n";
    check(
        &Config::default(),
        &[
            ("server {\n  ...\n}", server, &[server.trim_end()]),
            ("server {\n  listen 80;\n  ...\n}", server, &[server.trim_end()]),
            ("server {\n  listen 80;\n}", server, &[]),
            ("server {\n  ...\n}", "server { a } { b }", &["server { a }"]),
            ("server {\n  ...\n}", "server {}", &["server {}"]),
            ("server {\n  ... name $X ...\n}", server, &[&format!("{} $X=\"x\"", server.trim_end())]),
            ("a\n  b\nc", "a b c", &[]),
            ("a\n  $X\nb\n  $X", "a\n  x\nb\n\tx", &["a\n  x\nb\n\tx $X=\"x\""]),
            ("a\n  ...\n  b", "a\n  x\nb", &[]),
        ],
    );
}

#[test]
fn comments_can_be_passed_over() {
    let shell = Config { comments: super::Comments::Shell, ..Config::default() };
    check(&shell, &[("a b", "a # x\nb # a b", &["a # x\nb"]), ("a # b", "a # b", &[])]);
}

#[test]
fn a_file_without_lines_has_no_structure_to_match() {
    let text = "a=b;".repeat(400);
    let config = Config::default();
    assert!(found("a", &text, &config).is_empty());
    let generic = Generic::parse("a", Engine::Space, &config).unwrap();
    let found = generic.find(Target::Part(&text), &Budget::unlimited()).expect("unlimited");
    assert_eq!(found.len(), 400);
}

fn alien() -> Config {
    Config { engine: Engine::Alien, ..Config::default() }
}

#[test]
fn aliengrep_knows_words_and_braces_and_no_lines() {
    check(
        &alien(),
        &[
            ("ab", "ab abc xab", &["ab"]),
            ("a\n  b", "a b a\nb", &["a b", "a\nb"]),
            ("$A $B", "1 2 3 4", &["1 2 $A=\"1\" $B=\"2\"", "3 4 $A=\"3\" $B=\"4\""]),
            ("a ... b", "a x b b", &["a x b"]),
            ("f(...)", "f((x), [)] y)", &["f((x), [)] y)"]),
            ("(...)", "([)", &["([)"]),
            ("(...)", "([)]", &[]),
            ("(... x)", "()x)", &[]),
            ("[$...X]", "[ b, c ]", &["[ b, c ] $...X=\"b, c\""]),
            ("[$...A $...A]", "[a b a b] [a b a  b]", &["[a b a b] $...A=\"a b\""]),
            ("$A ... $A", "ab abc", &[]),
            ("... $A", "!!\n!a b", &["!!\n!a $A=\"a\""]),
            ("b ...", "a b c\n\n", &["b c\n\n"]),
            ("$A_1 $Bc", "x yc", &[]),
            ("ä", "aä", &["ä"]),
        ],
    );
}

#[test]
fn aliengrep_can_be_told_that_lines_count() {
    let lines = Config { multiline: false, ..alien() };
    check(
        &lines,
        &[
            ("a b", "a b a\nb", &["a b"]),
            ("a\nb", "a b a \r\n  b", &["a \r\n  b"]),
            ("a ... b", "a\nb a x b", &["a x b"]),
            ("a....b", "a\nx\nb", &["a\nx\nb"]),
            ("[$...X]", "[b,\nc] [d]", &["[d] $...X=\"d\""]),
            ("[$....X]", "[\nb,\nc ]", &["[\nb,\nc ] $...X=\"b,\\nc\""]),
            ("... b", "  a b\nc b", &["  a b", "c b"]),
            ("b ...", "a b c  \nd b", &["b c  ", "b"]),
            ("a\n... c\nd", "a\n  b c\nd", &["a\n  b c\nd"]),
            ("...", "a\n\n b\n", &["a", " b"]),
            ("x = $A;\n....\ny = $A;", "x = 1;\n\nz;\ny = 1;", &["x = 1;\n\nz;\ny = 1; $A=\"1\""]),
        ],
    );
}

#[test]
fn the_characters_of_aliengrep_can_be_chosen() {
    check(
        &Config { caseless: true, ..alien() },
        &[("hello", "HeLLo", &["HeLLo"]), ("$A $A", "Hi hI", &["Hi hI $A=\"Hi\""])],
    );
    check(
        &Config { extra_word_characters: vec!['-'], ..alien() },
        &[("$X @", "e-mail @", &["e-mail @ $X=\"e-mail\""]), ("a - b", "a-b a - b", &["a - b"])],
    );
    check(
        &Config { extra_braces: vec![('<', '>')], ..alien() },
        &[("<...>", "<(<x>)> (>)", &["<(<x>)>"]), ("a ... >", "a (>) >", &["a (>) >"])],
    );
    check(&Config { braces: vec![('"', '"')], ..alien() }, &[("f(...)", "f(\")\" x)", &["f(\")\" x)"])]);
}

#[test]
fn what_is_no_pattern_is_an_error() {
    let twice = Config { extra_braces: vec![('(', '>')], ..alien() };
    let both = Config { extra_braces: vec![('a', '>')], ..alien() };
    let names = (0..65).map(|number| format!("$X{number}")).collect::<Vec<_>>().join(" ");
    for (config, pattern, error) in [
        (&Config::default(), " \n", "the pattern is empty"),
        (&Config::default(), "a ... $...X", "a named ellipsis cannot follow another ellipsis"),
        (&Config::default(), &"... a ".repeat(201), "a pattern may have at most 200 ellipses and indented blocks"),
        (&Config::default(), &names, "a pattern may have at most 64 metavariables"),
        (&alien(), " ", "the pattern is empty"),
        (&alien(), "$X $...X", "`$X` and `$...X` cannot stand in one pattern"),
        (&alien(), &"... a ".repeat(201), "a pattern may have at most 200 ellipses"),
        (&twice, "a", "the brace `(` stands twice in the options of the rule"),
        (&both, "a", "`a` cannot be a brace and a word character at once"),
    ] {
        assert_eq!(Generic::parse(pattern, config.engine, config).err().as_deref(), Some(error), "{pattern}");
    }
}

/// How often the budget is asked for, in 256s.
fn looks(pattern: &str, text: &str, config: &Config) -> u64 {
    let looks = std::cell::Cell::new(0);
    let clock = || {
        looks.set(looks.get() + 1);
        0
    };
    let budget = Budget::new(&clock, &|| false, &|_| (), u64::MAX, u64::MAX);
    let generic = Generic::parse(pattern, config.engine, config).expect("a pattern");
    generic.find(Target::Part(text), &budget).expect("unlimited");
    looks.get()
}

#[test]
fn the_work_grows_with_the_text_and_not_faster() {
    let wide = Config { ellipsis_max_span: 1_000_000, ..Config::default() };
    for config in [&wide, &alien()] {
        for (pattern, line) in [
            ("a ... b ... c ... d ... e", "a b c d "),
            ("a ... b ... c ... d ... e", "a b c d\n"),
            ("a ... b", "a a a a "),
            ("f( ... ) ... x", "f(a (b (c) [\n"),
            ("a ... $X $X ... b", "a c c\n"),
            ("( ... ( ... x", "(("),
            ("( ... x", "(()"),
            ("a $...X b ... z", "a c b\n"),
        ] {
            let (small, large) = (line.repeat(500), line.repeat(4000));
            let (small, large) = (looks(pattern, &small, config), looks(pattern, &large, config));
            assert!(large <= 12 * small.max(1), "{pattern} on {line:?}, {:?}: {small} {large}", config.engine);
        }
    }
}

#[test]
fn deep_nesting_does_not_overflow_the_stack() {
    let text = "(".repeat(50_000) + "a" + &")".repeat(50_000);
    let steps: String = (0..2000).map(|indent| " ".repeat(indent) + "b\n").collect();
    for config in [Config::default(), alien()] {
        let generic = Generic::parse("( a )", config.engine, &config).unwrap();
        assert_eq!(generic.find(Target::Part(&text), &Budget::unlimited()).expect("unlimited").len(), 1);
        let generic = Generic::parse("b ... a", config.engine, &config).unwrap();
        assert_eq!(generic.find(Target::Part(&steps), &Budget::unlimited()).expect("unlimited").len(), 0);
    }
}
