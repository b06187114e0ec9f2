//! What a taint rule can say: what is a source, how it is made harmless, how it goes on, what the finding shows.

use super::follow_by;
use crate::check::{check, run};
use weir_model::StepKind;

#[test]
fn a_focused_parameter_is_a_source() {
    follow_by(
        "python",
        "
        mode: taint
        message: found
        pattern-sources:
        - patterns:
          - pattern: 'def $F(..., $P, ...): ...'
          - metavariable-regex: {metavariable: $P, regex: ^user}
          - focus-metavariable: $P
        pattern-sinks: [{pattern: sink(...)}, {pattern: calm(...)}]
        ",
        "
def f(user, other):
    sink(user)
    sink(user.name)
    calm(other)
    user = 1
    calm(user)
",
    );
}

#[test]
fn side_effects_change_the_variable_from_there_on() {
    follow_by(
        "python",
        "
        mode: taint
        message: found
        pattern-sources:
        - patterns: [{pattern: fill($X)}, {focus-metavariable: $X}]
          by-side-effect: true
        - patterns: [{pattern: look($X)}, {focus-metavariable: $X}]
        pattern-sinks: [{pattern: sink(...)}, {pattern: calm(...)}]
        pattern-sanitizers:
        - patterns: [{pattern: check($X)}, {focus-metavariable: $X}]
          by-side-effect: true
        ",
        "
calm(a)
fill(a)
sink(a)
check(a)
calm(a)
look(b)
calm(b)
sink(look(b))
fill(o.p)
sink(o.p)
calm(o.q)
",
    );
}

#[test]
fn a_focused_name_of_a_pattern_is_a_source() {
    follow_by(
        "javascript",
        "
        mode: taint
        message: found
        pattern-sources:
        - patterns: [{pattern: 'const {..., $P, ...} = this.props'}, {focus-metavariable: $P}]
        pattern-sinks: [{pattern: sink(...)}, {pattern: calm(...)}]
        ",
        "const { text } = this.props;\nsink(text);\ncalm(other);\n",
    );
}

#[test]
fn a_control_source_reaches_what_runs_after_it() {
    follow_by(
        "python",
        "
        mode: taint
        message: found
        pattern-sources: [{pattern: begin(), control: true}]
        pattern-sinks: [{pattern: sink()}, {pattern: calm()}]
        pattern-sanitizers: [{pattern: clean(...)}]
        ",
        "
def f(c):
    calm()
    if c:
        begin()
        sink()
    else:
        calm()
    sink()

def g():
    calm()
",
    );
}

#[test]
fn an_inexact_sink_is_reached_by_anything_within() {
    follow_by(
        "javascript",
        "
        mode: taint
        message: found
        pattern-sources: [{pattern: source()}]
        pattern-sinks:
        - {pattern: sink(...), exact: false}
        - {pattern: calm(...)}
        ",
        "sink(source() ? 1 : 2);\ncalm(source() ? 1 : 2);\n",
    );
}

#[test]
fn a_focused_sink_is_one_argument() {
    follow_by(
        "python",
        "
        mode: taint
        message: found
        pattern-sources: [{pattern: source()}]
        pattern-sinks:
        - patterns: [{pattern: 'query($SQL, ...)'}, {focus-metavariable: $SQL}]
        ",
        "x = source()\nquery('fine', x)\n",
    );
}

#[test]
fn propagators_carry_taint_where_nothing_else_would() {
    follow_by(
        "python",
        "
        mode: taint
        message: found
        pattern-sources: [{pattern: source()}]
        pattern-sinks: [{pattern: sink(...)}, {pattern: calm(...)}]
        pattern-propagators:
        - {pattern: 'copy($FROM, $TO)', from: $FROM, to: $TO}
        - {pattern: $BAG.hold($X), from: $X, to: $BAG}
        ",
        "
copy(source(), a)
sink(a)
b.hold(source())
sink(b)
other(source(), c)
calm(c)
",
    );
}

#[test]
fn labels_tell_kinds_of_data_apart() {
    follow_by(
        "python",
        "
        mode: taint
        message: found
        pattern-sources:
        - {pattern: source(), label: INPUT}
        - {pattern: $A + $B, label: BUILT, requires: INPUT}
        - {pattern: quoted(...), label: QUOTED}
        pattern-sinks:
        - {pattern: sink(...), requires: BUILT and not QUOTED}
        - {pattern: calm(...), requires: BUILT and not QUOTED}
        ",
        "
x = source()
calm(x)
sink('a' + x)
calm('a' + b)
calm('a' + x + quoted())
",
    );
}

#[test]
fn rules_can_trust_numbers_booleans_functions_and_indexes() {
    let rule = |option: &str| {
        format!(
            "
            mode: taint
            message: found
            options: {{{option}: true}}
            pattern-sources: [{{pattern: source()}}]
            pattern-sinks: [{{pattern: sink(...)}}, {{pattern: calm(...)}}]
            "
        )
    };
    follow_by(
        "python",
        &rule("taint_assume_safe_numbers"),
        "x = source()\nsink(x); calm(x + 1); calm(int(x)); sink(x + y); sink(x * 3)\n",
    );
    follow_by("python", &rule("taint_assume_safe_booleans"), "x = source()\nsink(x); calm(x == 1); calm(not x)\n");
    follow_by("python", &rule("taint_assume_safe_comparisons"), "x = source()\ncalm(x in y); sink(x + y)\n");
    follow_by(
        "python",
        &rule("taint_assume_safe_functions"),
        "x = source()\ncalm(f(x)); calm(x.f()); sink(x); sink(x.a)\n",
    );
    follow_by("python", &rule("taint_assume_safe_indexes"), "x = source()\ncalm(y[x]); sink(x[y])\n");
    follow_by(
        "python",
        &rule("taint_only_propagate_through_assignments"),
        "x = source()\ny = x\nsink(y); calm(y.a); calm(f(y)); calm('a' + y)\n",
    );
}

#[test]
fn sources_and_sinks_share_metavariables_where_a_rule_says_so() {
    follow_by(
        "python",
        "
        mode: taint
        message: found
        options: {taint_unify_mvars: true}
        pattern-sources: [{pattern: read($USER)}]
        pattern-sinks: [{pattern: 'sink($USER, ...)'}, {pattern: 'calm($USER, ...)'}]
        ",
        "x = read(bob)\nsink(bob, x)\ncalm(eve, x)\n",
    );
}

#[test]
fn a_finding_shows_the_way_and_both_bindings() {
    let code = "x = source(1)\ny = f(x)\nsink(y)\n";
    let found = run(
        "python",
        "
        mode: taint
        message: $N to $F
        pattern-sources: [{pattern: source($N)}]
        pattern-sinks: [{pattern: $F(y)}]
        ",
        code,
    );
    assert_eq!(found.findings.iter().map(|finding| &finding.message[..]).collect::<Vec<_>>(), ["1 to sink"]);
    let trace = found.findings[0].trace.as_ref().expect("findings of taint rules have a trace");
    let steps: Vec<_> = trace.steps.iter().map(|step| (step.kind, step.span.text(code))).collect();
    assert_eq!(
        steps,
        [
            (StepKind::Source, "source(1)"),
            (StepKind::Assign, "x"),
            (StepKind::Call, "f(x)"),
            (StepKind::Assign, "y"),
            (StepKind::Sink, "sink(y)"),
        ]
    );
}

#[test]
fn a_sink_can_ask_of_each_of_its_metavariables() {
    follow_by(
        "python",
        "
        mode: taint
        message: found
        pattern-sources:
        - {pattern: size(), label: SIZE}
        - {pattern: data(), label: DATA}
        - {patterns: [{pattern: 'bound($X)'}, {focus-metavariable: $X}], by-side-effect: only, label: BOUND, requires: SIZE}
        pattern-sinks:
        - pattern: sink($BUFFER, $N)
          requires:
          - $BUFFER: DATA
          - $N: SIZE and not BOUND
        - {pattern: 'calm(...)', requires: DATA and not DATA}
        ",
        "
sink(data(), size())
x = size()
y = data()
sink(y + 1, x * 2)
calm(x, y)
",
    );
    let rule = "
        mode: taint
        pattern-sources: [{pattern: size(), label: SIZE}, {pattern: data(), label: DATA}]
        pattern-sinks: [{pattern: 'sink($B, $N)', requires: [{$B: DATA}, {$N: SIZE}]}]
        ";
    let code = "sink(size(), data())\nsink(data(), data())\nsink(data(), 1)\nsink(1, size())\n";
    assert_eq!(run("python", rule, code).findings.len(), 0);
}

#[test]
fn a_sink_at_the_exit_counts_only_where_control_leaves_the_function() {
    follow_by(
        "python",
        "
        mode: taint
        message: found
        pattern-sources: [{pattern: source()}]
        pattern-sinks:
        - {pattern: sink(...), at-exit: true}
        - {pattern: calm(...), at-exit: true}
        ",
        "
def f():
    x = source()
    calm(x)
    if x:
        return sink(x)
    for y in x:
        calm(y)
    try:
        calm(x)
    except E:
        sink(x)
    else:
        sink(x)

def g():
    x = source()
    calm(x)
    sink(x)
    return

def h():
    x = source()
    if x:
        calm(x)
        x = 1
    else:
        sink(x)
",
    );
}

#[test]
fn what_is_chosen_by_a_condition_runs_after_it() {
    follow_by(
        "javascript",
        "
        mode: taint
        message: found
        pattern-sources: [{pattern: source()}]
        pattern-sinks: [{pattern: sink(...), at-exit: true}, {pattern: calm(...), at-exit: true}]
        ",
        "
function f(x) {
  x = source();
  switch (calm(x)) {
    case 1: sink(x); break;
    case 2: calm(x); other(); break;
    default: sink(x);
  }
}
function g(x) {
  x = source();
  if (calm(x)) { g(1); }
}
",
    );
}

#[test]
fn the_newer_syntax_knows_what_sinks_ask_too() {
    follow_by(
        "javascript",
        "
        message: found
        taint:
          sources:
          - {pattern: size(), label: SIZE}
          - {pattern: data(), label: DATA}
          sinks:
          - {pattern: 'sink($B, $N)', requires: [{$B: DATA}, {$N: SIZE and not DATA}]}
          - {pattern: calm($X), at-exit: true, requires: DATA}
        ",
        "
function f() {
  calm(data());
  sink(data(), size());
  calm(size());
}
",
    );
}

#[test]
fn of_an_object_of_which_a_field_is_read_other_fields_do_not_count() {
    check(
        "javascript",
        "
        mode: taint
        pattern-sources: [{pattern: source()}]
        pattern-sinks: [{pattern: a}]
        ",
        "
        a.x = source();
        f(a.y.z);
        a.y.z = 1;
        f(a);
          ^
        f(a[b]);
          ^
        a.run();
        ^
        a = source();
        f(a.y);
          ^
        ",
    );
}
