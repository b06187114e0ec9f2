//! Taint rules: how far data went and where it ended.

use super::check;

const RULE: &str = "
    mode: taint
    pattern-sources:
    - pattern: source()
    pattern-sinks:
    - pattern: sink(...)
    pattern-sanitizers:
    - pattern: clean(...)
    ";

#[test]
fn a_finding_shows_its_path() {
    check(
        "python",
        RULE,
        "def f():\n  x = source()\n  y = x + 'a'\n  sink(y)  # HERE",
        "
        Reported: untrusted data that enters in line 2 reaches the sink
        + untrusted data goes from its source to the sink
            2: source() <- enters here
            2: x <- is kept here
            3: y <- is kept here
            4: sink(y) <- reaches its sink
        + the line has 1 sink
          + [pattern] sink(...): untrusted data reaches it
              4: sink(y)
        + 1 source in the function around the line
          + [pattern] source(): reaches a sink on the line
              2: source() <- enters here
        ",
    );
}

#[test]
fn a_sanitizer_is_named() {
    check(
        "python",
        RULE,
        "def f():\n  x = source()\n  y = clean(x)\n  sink(y)  # HERE",
        "
        NotReported: the line is a sink, but what reaches it is clean: data from a source ends in line 3, where `clean(x)` is a sanitizer (line 11 of the rule file)
        + the line has 1 sink
          x [pattern] sink(...): what reaches it is clean
              4: sink(y)
        + 1 source in the function around the line
          x [pattern] source(): ends in line 3, where `clean(x)` is a sanitizer (line 11 of the rule file)
              2: source() <- enters here
              2: x <- is kept here
              3: x <- `clean(x)` is a sanitizer (line 11 of the rule file)
        - 1 sanitizer around the line
          - [pattern] clean(...): matches
              3: clean(x)
        ",
    );
    let rule = "
        mode: taint
        pattern-sources: [pattern: source()]
        pattern-sinks: [pattern: sink(...)]
        pattern-sanitizers:
        - patterns: [{pattern: check($X)}, {focus-metavariable: $X}]
          by-side-effect: true
        ";
    check(
        "python",
        rule,
        "def f():\n  x = source()\n  check(x)\n  sink(x)  # HERE",
        "
        NotReported: the line is a sink, but what reaches it is clean: data from a source ends in line 3, where `x` is a sanitizer (line 9 of the rule file)
        + the line has 1 sink
          x [pattern] sink(...): what reaches it is clean
              4: sink(x)
        + 1 source in the function around the line
          x [pattern] source(): ends in line 3, where `x` is a sanitizer (line 9 of the rule file)
              2: source() <- enters here
              2: x <- is kept here
              3: x <- `x` is a sanitizer (line 9 of the rule file)
        - 1 sanitizer around the line
          - [patterns] : matches
              3: x  $X=x
        ",
    );
}

#[test]
fn data_that_is_overwritten_ends_there() {
    check(
        "python",
        RULE,
        "def f():\n  x = source()\n  log(x)\n  x = 1\n  sink(x)  # HERE",
        "
        NotReported: the line is a sink, but what reaches it is clean: data from a source ends in line 4, where clean data is stored in `x`
        + the line has 1 sink
          x [pattern] sink(...): what reaches it is clean
              5: sink(x)
        + 1 source in the function around the line
          x [pattern] source(): ends in line 4, where clean data is stored in `x`
              2: source() <- enters here
              2: x <- is kept here
              3: log(x) <- goes through here
              4: x <- clean data is stored in `x`
        ",
    );
}

#[test]
fn data_that_goes_elsewhere_is_followed_to_its_end() {
    check(
        "python",
        RULE,
        "def f():\n  x = source()\n  log(x)\n  sink(y)  # HERE",
        "
        NotReported: the line is a sink, but no untrusted data reaches it: data from the sources goes as far as line 3
        + the line has 1 sink
          x [pattern] sink(...): what reaches it is clean
              4: sink(y)
        + 1 source in the function around the line
          x [pattern] source(): goes as far as line 3, but not into a sink on the line
              2: source() <- enters here
              2: x <- is kept here
              3: log(x) <- goes through here
        ",
    );
    check(
        "python",
        RULE,
        "def f():\n  sink(1)\n  x = source()\n  return x\ndef g():\n  sink(f())  # HERE",
        "
        Reported: untrusted data that enters in line 3 reaches the sink
        + untrusted data goes from its source to the sink
            3: source() <- enters here
            3: x <- is kept here
            4: return x <- is returned here
            6: f() <- goes through here
            6: sink(f()) <- reaches its sink
        + the line has 1 sink
          + [pattern] sink(...): untrusted data reaches it
              6: sink(f())
        + no source in the function around the line, but 1 source elsewhere that it gets data from
          + [pattern] source(): reaches a sink on the line
              3: source() <- enters here
        ",
    );
    check(
        "python",
        RULE,
        "def f():\n  x = source()\n  if x:\n    return x\n  sink(1)  # HERE",
        "
        NotReported: the line is a sink, but no untrusted data reaches it: data from the sources goes as far as line 2
        + the line has 1 sink
          x [pattern] sink(...): what reaches it is clean
              5: sink(1)
        + 1 source in the function around the line
          x [pattern] source(): ends in line 4, where it is returned, and no call of the function is followed in the file
              2: source() <- enters here
              2: x <- is kept here
              4: return x <- it is returned, and no call of the function is followed in the file
        ",
    );
}

#[test]
fn what_options_trust_is_told() {
    let rule = |option: &str| {
        format!(
            "mode: taint\npattern-sources: [pattern: source()]\npattern-sinks: [pattern: sink($X)]\noptions: {{{option}: true}}"
        )
    };
    check(
        "python",
        &rule("taint_assume_safe_numbers"),
        "def f():\n  x = len(source())\n  sink(x)  # HERE",
        "
        NotReported: the line is a sink, but what reaches it is clean: data from a source ends in line 2, where `len(source())` is a number or boolean, which the rule trusts (`options`)
        + the line has 1 sink
          x [pattern] sink($X): what reaches it is clean
              3: sink(x)  $X=x
        + 1 source in the function around the line
          x [pattern] source(): ends in line 2, where `len(source())` is a number or boolean, which the rule trusts (`options`)
              2: source() <- enters here
              2: len(source()) <- `len(source())` is a number or boolean, which the rule trusts (`options`)
        ",
    );
    check(
        "python",
        &rule("taint_assume_safe_booleans"),
        "def f():\n  x = source().startswith('a')\n  sink(x)  # HERE",
        "
        NotReported: the line is a sink, but what reaches it is clean: data from a source ends in line 2, where `source().startswith('a')` is a number or boolean, which the rule trusts (`options`)
        + the line has 1 sink
          x [pattern] sink($X): what reaches it is clean
              3: sink(x)  $X=x
        + 1 source in the function around the line
          x [pattern] source(): ends in line 2, where `source().startswith('a')` is a number or boolean, which the rule trusts (`options`)
              2: source() <- enters here
              2: source().startswith('a') <- `source().startswith('a')` is a number or boolean, which the rule trusts (`options`)
        ",
    );
    check(
        "python",
        &rule("taint_assume_safe_comparisons"),
        "def f():\n  x = source() == 1\n  sink(x)  # HERE",
        "
        NotReported: the line is a sink, but what reaches it is clean: data from a source ends in line 2, where `source() == 1` is a comparison (option `taint_assume_safe_comparisons`)
        + the line has 1 sink
          x [pattern] sink($X): what reaches it is clean
              3: sink(x)  $X=x
        + 1 source in the function around the line
          x [pattern] source(): ends in line 2, where `source() == 1` is a comparison (option `taint_assume_safe_comparisons`)
              2: source() <- enters here
              2: source() == 1 <- `source() == 1` is a comparison (option `taint_assume_safe_comparisons`)
        ",
    );
    check(
        "python",
        &rule("taint_assume_safe_indexes"),
        "def f():\n  x = a[source()]\n  sink(x)  # HERE",
        "
        NotReported: the line is a sink, but what reaches it is clean: data from a source ends in line 2, where it is only an index of `a[source()]` (option `taint_assume_safe_indexes`)
        + the line has 1 sink
          x [pattern] sink($X): what reaches it is clean
              3: sink(x)  $X=x
        + 1 source in the function around the line
          x [pattern] source(): ends in line 2, where it is only an index of `a[source()]` (option `taint_assume_safe_indexes`)
              2: source() <- enters here
              2: a[source()] <- it is only an index of `a[source()]` (option `taint_assume_safe_indexes`)
        ",
    );
    check(
        "python",
        &rule("taint_assume_safe_functions"),
        "def f():\n  x = g(source())\n  sink(x)  # HERE",
        "
        NotReported: the line is a sink, but what reaches it is clean: data from a source ends in line 2, where what `g(source())` gives back is trusted (option `taint_assume_safe_functions`)
        + the line has 1 sink
          x [pattern] sink($X): what reaches it is clean
              3: sink(x)  $X=x
        + 1 source in the function around the line
          x [pattern] source(): ends in line 2, where what `g(source())` gives back is trusted (option `taint_assume_safe_functions`)
              2: source() <- enters here
              2: g(source()) <- what `g(source())` gives back is trusted (option `taint_assume_safe_functions`)
        ",
    );
    check(
        "python",
        &rule("taint_only_propagate_through_assignments"),
        "def f():\n  x = source() + 'a'\n  sink(x)  # HERE",
        "
        NotReported: the line is a sink, but what reaches it is clean: data from a source ends in line 2, where `source() + 'a'` is no assignment (option `taint_only_propagate_through_assignments`)
        + the line has 1 sink
          x [pattern] sink($X): what reaches it is clean
              3: sink(x)  $X=x
        + 1 source in the function around the line
          x [pattern] source(): ends in line 2, where `source() + 'a'` is no assignment (option `taint_only_propagate_through_assignments`)
              2: source() <- enters here
              2: source() + 'a' <- `source() + 'a'` is no assignment (option `taint_only_propagate_through_assignments`)
        ",
    );
    let declared = "class A {\n  void f() {\n    int x = source();\n    sink(x);  // HERE\n  }\n}";
    check(
        "java",
        &rule("taint_assume_safe_numbers"),
        declared,
        "
        NotReported: the line is a sink, but what reaches it is clean: data from a source ends in line 3, where `int x = source();` is a number or boolean, which the rule trusts (`options`)
        + the line has 1 sink
          x [pattern] sink($X): what reaches it is clean
              4: sink(x)  $X=x
        + 1 source in the function around the line
          x [pattern] source(): ends in line 3, where `int x = source();` is a number or boolean, which the rule trusts (`options`)
              3: source() <- enters here
              3: int x = source(); <- `int x = source();` is a number or boolean, which the rule trusts (`options`)
        ",
    );
}

#[test]
fn labels_that_are_asked_for_and_not_there_are_told() {
    let rule = "
        mode: taint
        pattern-sources:
        - {pattern: source(), label: A}
        - {pattern: second(...), label: B, requires: C}
        pattern-propagators:
        - {pattern: '$TO.put($FROM)', from: $FROM, to: $TO, requires: B}
        pattern-sinks:
        - {pattern: sink($X), requires: A and B}
        ";
    check(
        "python",
        rule,
        "def f():\n  x = source()\n  sink(x)  # HERE",
        "
        NotReported: the sink requires `A and B`, and the labels that are there are `A`
        + the line has 1 sink
          x [pattern] sink($X): the sink requires `A and B`, and the labels that are there are `A`
              3: sink(x)  $X=x
        + 1 source in the function around the line
          x [pattern] source(): reaches a sink on the line, which requires other labels
              2: source() <- enters here
              2: x <- is kept here
              3: sink(x) <- goes through here
        ",
    );
    check(
        "python",
        rule,
        "def f():\n  x = second(source())\n  sink(x)  # HERE",
        "
        NotReported: the sink requires `A and B`, and the labels that are there are `A`
        + the line has 1 sink
          x [pattern] sink($X): the sink requires `A and B`, and the labels that are there are `A`
              3: sink(x)  $X=x
        + 2 sources in the function around the line
          x [pattern] source(): reaches a sink on the line, which requires other labels
              2: source() <- enters here
              2: second(source()) <- goes through here
              2: x <- is kept here
              3: sink(x) <- goes through here
          x [pattern] second(...): it requires `C`, and the labels that are there are `A`
              2: second(source()) <- enters here
        ",
    );
    check(
        "python",
        rule,
        "def f():\n  y.put(source())\n  sink(1)  # HERE",
        "
        NotReported: the line is a sink, but what reaches it is clean: data from a source ends in line 2, where the propagator there requires `B`, and the labels that are there are `A`
        + the line has 1 sink
          x [pattern] sink($X): what reaches it is clean
              3: sink(1)  $X=1
        + 1 source in the function around the line
          x [pattern] source(): ends in line 2, where the propagator there requires `B`, and the labels that are there are `A`
              2: source() <- enters here
              2: y.put(source()) <- goes through here
        - 1 propagator around the line
          - [pattern] $TO.put($FROM): matches
              2: y.put(source())  $FROM=source()  $TO=y
        ",
    );
}

#[test]
fn metavariables_that_do_not_agree_are_told() {
    let rule = "
        mode: taint
        options: {taint_unify_mvars: true}
        pattern-sources: [pattern: $A.source()]
        pattern-sinks: ['pattern': '$A.sink(...)']
        ";
    check(
        "python",
        rule,
        "def f():\n  b.sink(a.source())  # HERE",
        "
        NotReported: untrusted data reaches it, but its source binds a metavariable to other code than the sink (option `taint_unify_mvars`)
        + the line has 1 sink
          x [pattern] $A.sink(...): untrusted data reaches it, but its source binds a metavariable to other code than the sink (option `taint_unify_mvars`)
              2: b.sink(a.source())  $A=b
        + 1 source in the function around the line
          x [pattern] $A.source(): goes as far as line 2, but not into a sink on the line
              2: a.source() <- enters here  $A=a
              2: b.sink(a.source()) <- goes through here
        ",
    );
}

#[test]
fn where_there_is_no_sink_or_source_their_patterns_say_why() {
    check(
        "python",
        RULE,
        "def f():\n  x = source()\n  print(x)  # HERE",
        "
        NotRun: the rule is not tried on the file: `sink` does not occur in it
        + the rule reads python
        x the rule is not tried on the file: `sink` does not occur in it
        x no sink on the line, and none in the rest of the file
          x [pattern] sink(...): matches nothing in the file: `print` where the pattern has `sink`
              3: print <- comes closest
        + 1 source in the function around the line
          - [pattern] source(): goes as far as line 3, and is not used any further
              2: source() <- enters here
              2: x <- is kept here
              3: print(x) <- goes through here
        ",
    );
    check(
        "python",
        RULE,
        "def f():\n  sink(x)  # HERE\ndef g():\n  source()",
        "
        NotReported: the line is a sink, but there is no source in the function around the line; others in line 4 have no way there that Weir sees
        + the line has 1 sink
          x [pattern] sink(...): was not run over: there is no source in the code around it, and none leads there
              2: sink(x)
        x no source in the function around the line; others in line 4 have no way there that Weir sees
          x [pattern] source(): matches in line 4
        ",
    );
    let rule = "
        mode: taint
        pattern-sources: [pattern: source()]
        pattern-sinks:
        - patterns: [{pattern: '$X.sink($A)'}, {metavariable-regex: {metavariable: $X, regex: ^db}}]
        - pattern: other(...)
        ";
    check(
        "python",
        rule,
        "def f():\n  cur.sink(source())  # HERE\n  db.sink(1)\n  other()",
        "
        NotReported: no sink on the line: `metavariable-regex: metavariable: $X, regex: ^db` (line 8 of the rule file): `$X` is `cur`, which does not match the regex from its start
        x no sink on the line; there are some in lines 3 and 4
          x [patterns] : leaves nothing on the line, only in line 3
            + [pattern] $X.sink($A): matches
                2: cur.sink(source())  $A=source()  $X=cur
            x [metavariable-regex] metavariable: $X, regex: ^db: `$X` is `cur`, which does not match the regex from its start
                2: cur.sink(source())  $A=source()  $X=cur
          x [pattern] other(...): matches nothing on the line, only in line 4: `cur.sink` where the pattern has `other`
              2: cur.sink <- comes closest
        + 1 source in the function around the line
          - [pattern] source(): goes as far as line 2, and is not used any further
              2: source() <- enters here
              2: cur.sink(source()) <- goes through here
        ",
    );
}

#[test]
fn a_finding_that_stands_at_its_source_is_told_at_its_sink() {
    let rule = "
        mode: taint
        options: {taint_focus_on: source}
        pattern-sources: [pattern: source()]
        pattern-sinks: [pattern: sink(...)]
        ";
    check(
        "python",
        rule,
        "x = source()\nsink(x)  # HERE",
        "
        NotReported: untrusted data reaches the line, but the rule reports that at its source (option `taint_focus_on`)
        + the line has 1 sink
          + [pattern] sink(...): untrusted data reaches it
              2: sink(x)
        + 1 source in the file
          + [pattern] source(): reaches a sink on the line
              1: source() <- enters here
        ",
    );
}

#[test]
fn a_sink_that_asks_of_each_metavariable_says_of_which_it_asked_in_vain() {
    let rule = "
        mode: taint
        pattern-sources: [{pattern: size(), label: SIZE}, {pattern: data(), label: DATA}]
        pattern-sinks: [{pattern: 'sink($B, $N)', requires: [{$B: DATA}, {$N: SIZE}]}]
        ";
    check(
        "python",
        rule,
        "sink(data(), data())  # HERE",
        "
        NotReported: of `$N` the sink requires `SIZE`, and the labels that are there are `DATA`
        + the line has 1 sink
          x [pattern] sink($B, $N): of `$N` the sink requires `SIZE`, and the labels that are there are `DATA`
              1: sink(data(), data())  $B=data()  $N=data()
        + 2 sources in the file
          x [pattern] data(): reaches a sink on the line, which requires other labels
              1: data() <- enters here
              1: sink(data(), data()) <- goes through here
          x [pattern] data(): reaches a sink on the line, which requires other labels
              1: data() <- enters here
              1: sink(data(), data()) <- goes through here
        ",
    );
    check(
        "python",
        rule,
        "sink(data(), size())  # HERE",
        "
        Reported: untrusted data that enters in line 1 reaches the sink
        + untrusted data goes from its source to the sink
            1: size() <- enters here
            1: sink(data(), size()) <- reaches its sink
        + the line has 1 sink
          + [pattern] sink($B, $N): untrusted data reaches it
              1: sink(data(), size())  $B=data()  $N=size()
        + 2 sources in the file
          + [pattern] size(): reaches a sink on the line
              1: size() <- enters here
          + [pattern] data(): reaches a sink on the line
              1: data() <- enters here
        ",
    );
    check(
        "python",
        rule,
        "sink(1, 2)  # HERE\nx = size()\nsink(x, 3)",
        "
        NotReported: the line is a sink, but no untrusted data reaches it
        + the line has 1 sink
          x [pattern] sink($B, $N): what reaches it is clean
              1: sink(1, 2)  $B=1  $N=2
        + 1 source in the file
          x [pattern] size(): enters only after the line
              2: size() <- enters here
        ",
    );
}

#[test]
fn a_sink_that_does_not_leave_the_function_says_so() {
    let rule = "
        mode: taint
        pattern-sources: [pattern: source()]
        pattern-sinks: [{pattern: sink(...), at-exit: true}]
        ";
    check(
        "python",
        rule,
        "def f():\n  sink(source())  # HERE\n  g()",
        "
        NotReported: the line is a sink, but it counts only where control leaves the function (`at-exit`), and more of it runs after this
        + the line has 1 sink
          x [pattern] sink(...): it counts only where control leaves the function (`at-exit`), and more of it runs after this
              2: sink(source())
        + 1 source in the function around the line
          x [pattern] source(): goes as far as line 2, but not into a sink on the line
              2: source() <- enters here
              2: sink(source()) <- goes through here
        ",
    );
}

#[test]
fn data_is_followed_through_functions() {
    check(
        "python",
        RULE,
        "def f(y):\n  z = clean(y)\n  sink(z)  # HERE\nf(source())",
        "
        NotReported: the line is a sink, but what reaches it is clean: data from a source ends in line 2, where `clean(y)` is a sanitizer (line 11 of the rule file)
        + the line has 1 sink
          x [pattern] sink(...): what reaches it is clean
              3: sink(z)
        + no source in the function around the line, but 1 source elsewhere that it gets data from
          x [pattern] source(): ends in line 2, where `clean(y)` is a sanitizer (line 11 of the rule file)
              4: source() <- enters here
              1: y <- arrives here
              4: f(source()) <- goes through here
              2: y <- `clean(y)` is a sanitizer (line 11 of the rule file)
        - 1 sanitizer around the line
          - [pattern] clean(...): matches
              2: clean(y)
        ",
    );
    check(
        "python",
        RULE,
        "def f(y):\n  sink(y)  # HERE\ndef g(z):\n  f(z)\ng(source())",
        "
        Reported: untrusted data that enters in line 5 reaches the sink
        + untrusted data goes from its source to the sink
            5: source() <- enters here
            5: g(source()) <- goes through here
            3: z <- arrives here
            4: f(z) <- goes through here
            1: y <- arrives here
            2: sink(y) <- reaches its sink
        + the line has 1 sink
          + [pattern] sink(...): untrusted data reaches it
              2: sink(y)
        + no source in the function around the line, but 1 source elsewhere that it gets data from
          + [pattern] source(): reaches a sink on the line
              5: source() <- enters here
        ",
    );
    check(
        "python",
        RULE,
        "def f(y):\n  return clean(y)\ndef g():\n  x = f(source())\n  sink(x)  # HERE",
        "
        NotReported: the line is a sink, but what reaches it is clean: data from a source ends in line 2, where `clean(y)` is a sanitizer (line 11 of the rule file)
        + the line has 1 sink
          x [pattern] sink(...): what reaches it is clean
              5: sink(x)
        + 1 source in the function around the line
          x [pattern] source(): ends in line 2, where `clean(y)` is a sanitizer (line 11 of the rule file)
              4: source() <- enters here
              1: y <- arrives here
              4: f(source()) <- goes through here
              2: y <- `clean(y)` is a sanitizer (line 11 of the rule file)
        ",
    );
    check(
        "python",
        RULE,
        "def f():\n  if False:\n    sink(source())  # HERE",
        "
        NotReported: the line is a sink, but no untrusted data reaches it
        + the line has 1 sink
          x [pattern] sink(...): was not run over: the code around it never gets there
              3: sink(source())
        + 1 source in the function around the line
          x [pattern] source(): was not followed: a sanitizer takes it where it enters, or that code is never run
              3: source() <- enters here
        ",
    );
    let rule = "
        mode: taint
        pattern-sources: [{pattern: size(), label: SIZE}, {pattern: data(), label: DATA}]
        pattern-sinks: [{pattern: 'sink($B, $N)', requires: [{$B: DATA}, {$N: SIZE}]}]
        ";
    check(
        "python",
        rule,
        "def f(b, n):\n  sink(b, n)  # HERE\nf(data(), data())",
        "
        NotReported: of `$N` the sink requires `SIZE`, and the labels that are there are `DATA`
        + the line has 1 sink
          x [pattern] sink($B, $N): of `$N` the sink requires `SIZE`, and the labels that are there are `DATA`
              2: sink(b, n)  $B=b  $N=n
        + no source in the function around the line, but 2 sources elsewhere that it gets data from
          x [pattern] data(): reaches a sink on the line, which requires other labels
              3: data() <- enters here
              1: b <- arrives here
              2: sink(b, n) <- goes through here
              3: f(data(), data()) <- goes through here
          x [pattern] data(): reaches a sink on the line, which requires other labels
              3: data() <- enters here
              1: n <- arrives here
              2: sink(b, n) <- goes through here
              3: f(data(), data()) <- goes through here
        ",
    );
}
