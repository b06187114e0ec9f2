//! Data that goes into functions of the file and comes out of them again, language by language.

use super::{follow, follow_by};
use crate::check::{check, run};
use std::fmt::Write as _;
use weir_model::StepKind;

#[test]
fn python_parameters_and_returned_values() {
    follow(
        "python",
        r#"
def same(x): return x
def constant(x): return "fine"
def wrapped(x): return "<" + x + ">"
def cleaned(x): return clean(x)
def second(a, b="", *rest, c="", **more): return b
def rest(a, *rest): return rest[1]
def keyword(*, c=""): return c
def more(**more): return more["k"]
def swap(a, b): return b, a
def early(x):
    if not x: return ""
    return x
def reads(): return source()
def deep(x): return same(wrapped(x))
def consumes(x):
    sink(x)
def harmless(x):
    calm(x)

def f():
    x = source()
    sink(same(x)); sink(wrapped(x)); sink(deep(x)); sink(early(x)); sink(reads()); sink(unknown(x))
    calm(constant(x)); calm(cleaned(x)); calm(same("")); calm(deep(""))
    sink(second("", x)); calm(second(x)); sink(second(b=x, a="")); calm(second(a=x)); calm(second("", "", x, c=x))
    sink(rest("", "", x)); calm(rest("", x)); sink(rest(*[x, x, x])); sink(keyword(c=x)); calm(keyword(c=""))
    sink(more(k=x)); calm(more(l=x)); sink(second(**{"b": x})); calm(second(**{"a": x}))
    a, b = swap(x, "")
    calm(a); sink(b)
    consumes(x)
    harmless("")
"#,
    );
}

#[test]
fn python_objects_fields_and_classes() {
    follow(
        "python",
        r#"
class Base:
    shared = source()
    def __init__(self, name, kind=""):
        self.name = name
        self.kind = kind
    def get(self): return self.name
    def set(self, name):
        self.name = name
        return self
    @property
    def title(self): return "Mr " + self.name
    @staticmethod
    def pick(a, b): return b
    @classmethod
    def make(cls, name): return cls(name)
    def show(self): sink(self.get())
    def own(self): calm(self.kind)

class Child(Base):
    def __init__(self, name):
        super().__init__("", name)
    def get(self): return self.kind
    def above(self): return super().get()

def f():
    x = source()
    o = Base(x, "fine")
    sink(o.get()); sink(o.name); sink(o.title); calm(o.kind); sink(Base.pick("", x)); calm(Base.pick(x, ""))
    o.show(); o.own()
    o.set("")
    calm(o.get()); calm(o.title)
    sink(o.set(x).get())
    alias = o
    alias.name = ""
    calm(o.get())
    c = Child(x)
    sink(c.get()); calm(c.above()); calm(c.name)
    sink(Base.shared); sink(Base.make(x).get())
    fill(o, x)
    sink(o.extra); calm(o.kind)
    p = Base("", "")
    calm(p.get())
    p.show()

def fill(o, x):
    o.extra = x

class Left:
    def store(self): self.kept = source()
    def load(self):
        sink(self.kept)
        calm(self.other)
"#,
    );
}

#[test]
fn python_functions_as_values_closures_and_globals() {
    follow(
        "python",
        r#"
total = ""

def apply(f, x): return f(x)
def same(x): return x
def constant(x): return ""
def adder(x):
    def add(y): return x + y
    return add
def reader(): return lambda: source()
def each(items, f):
    for item in items: f(item)
def shows(x): sink(x)
def keeps(x):
    global total
    total = x
def drops():
    global total
    total = ""

def f():
    x = source()
    sink(apply(same, x)); calm(apply(constant, x)); sink(apply(lambda e: e, x)); calm(apply(lambda e: "", x))
    sink(adder(x)("")); calm(adder("")("")); sink(reader()())
    each([x], shows); each([""], shows)
    table = {"a": same, "b": constant}
    sink(table["a"](x)); calm(table["b"](x))
    keeps(x)
    sink(total)
    drops()
    calm(total)
    sink(list(map(same, x)))

def numbers(x):
    yield 1
    yield x

def g():
    for n in numbers(source()): sink(n)
    for n in numbers(""): calm(n)
"#,
    );
}

#[test]
fn javascript_functions_methods_and_callbacks() {
    follow(
        "javascript",
        r"
const wrap = x => '<' + x + '>';
function constant(x) { return 'fine'; }
function pick({a, b = ''}, [c, d]) { return b + d; }
function each(list, f) { for (const e of list) f(e); }
function later(x, done) { done(null, x); }
async function fetched(x) { return x; }
function counter(x) { return { get: () => x, none: () => 1 }; }
exports.run = function (x) { return x; };
class Box {
    constructor(v) { this.v = v; this.w = 1; }
    get value() { return this.v; }
    other() { return this.w; }
    put(v) { this.v = v; return this; }
    static of(v) { return new Box(v); }
    both() { sink(this.v); calm(this.w); }
}
class Sub extends Box {
    constructor(a, b) { super(b); this.a = a; }
    value2() { return super.other() + this.v; }
}
function Old(x) { this.x = x; }
class Failure extends Error { constructor(m, k) { super(m); this.k = k; } }
async function f() {
    const x = source();
    sink(wrap(x)); calm(constant(x)); sink(pick({b: x}, [1, 2])); calm(pick({a: x}, [x, 2])); sink(pick({}, [1, x]));
    each([x], e => sink(e)); each([1], e => calm(e));
    later(x, (error, data) => { calm(error); sink(data); });
    sink(await fetched(x)); calm(await fetched(1));
    const c = counter(x);
    sink(c.get()); calm(c.none());
    const b = new Box(x);
    sink(b.value); calm(b.other()); b.both();
    b.put(1);
    calm(b.value);
    sink(b.put(x).v); sink(Box.of(x).v); calm(Box.of(1).v);
    const s = new Sub(1, x);
    sink(s.v); sink(s.value2()); calm(s.a);
    sink(new Old(x).x); calm(new Old(1).x);
    sink(new Failure(x, 1).message); calm(new Failure(x, 1).k); calm(new Failure(1, x).message);
    const o = { go(y) { return y; }, stop: y => '' };
    sink(o.go(x)); calm(o.stop(x)); sink(wrap.call(null, x));
    const out = [];
    [x].forEach(e => out.push(e));
    sink(out);
}
",
    );
}

#[test]
fn typescript_overloads_and_declared_types() {
    follow(
        "typescript",
        r"
function pick(a: string): string;
function pick(a: string, b: string): string;
function pick(a: string, b?: string): string { return b; }
class Store { private v: string; set(v: string) { this.v = v; } get(): string { return this.v; } none(): string { return ''; } }
function use(store: Store, x: string): string { store.set(x); return store.get(); }
function none(store: Store): string { return store.none(); }
const x: string = source();
sink(pick('', x)); calm(pick(x)); sink(use(new Store(), x)); calm(use(new Store(), ''));
",
    );
}

#[test]
fn java_methods_constructors_overloads_and_fields() {
    follow(
        "java",
        r#"
class Box {
    private String v;
    private String w = "";
    static String last;
    Box(String v) { this.v = v; }
    Box(String v, String w) { this(v); this.w = w; }
    String get() { return v; }
    String other() { return this.w; }
    void set(String v) { this.v = v; }
    void set(String v, String w) { this.w = w; }
    Box with(String v) { set(v); return this; }
    static String same(String x) { return x; }
    static String same(String x, String y) { return y; }
    static String all(String... xs) { return xs[1]; }
    void fill(Box other) { other.v = v; }
    class Inner { String peek() { return w; } }
}
class Sub extends Box {
    Sub(String v) { super(v); }
    @Override String get() { return "fine"; }
    String up() { return super.get(); }
}
interface Step { String run(String x); }
record Pair(String a, String b) {}
class Main {
    String kept;
    void store() { kept = source(); }
    void load() { sink(kept); }
    static String apply(java.util.function.Function<String, String> f, String x) { return f.apply(x); }
    static String declared(Box b) { return b.get(); }
    String own(String x) { return x; }
    void main() {
        String x = source();
        Box b = new Box(x);
        sink(b.get()); calm(b.other()); sink(Box.same(x)); calm(Box.same(x, "")); sink(Box.same("", x));
        b.set("");
        calm(b.get());
        b.set("", x);
        sink(b.other()); calm(b.get());
        sink(b.with(x).get()); sink(Box.all("", x)); calm(Box.all(x, ""));
        Sub s = new Sub(x);
        calm(s.get()); sink(s.up());
        sink(apply(y -> y, x)); calm(apply(y -> "", x)); sink(apply(Box::same, x)); sink(own(x)); sink(this.own(x));
        Box c = new Box("");
        new Box(x).fill(c);
        sink(c.get()); calm(c.other());
        sink(declared(new Box(x)));
        StringBuilder out = new StringBuilder();
        append(out, x);
        sink(out.toString());
        calm(new Pair("", x).a); sink(new Pair("", x).b);
    }
    static void append(StringBuilder out, String x) { out.append(x); }
}
"#,
    );
}

#[test]
fn ruby_methods_blocks_and_objects() {
    follow(
        "ruby",
        r#"
class Box
  attr_accessor :name
  def initialize(name, kind: "")
    @name = name
    @kind = kind
  end

  def get
    @name
  end

  def kind() = @kind

  def put(name)
    @name = name
    self
  end

  def self.make(name)
    new(name)
  end

  def show
    sink(get)
    calm(kind)
  end
end

class Sub < Box
  def initialize(name)
    super(name, kind: "fine")
  end

  def get
    super
  end
end

def same(x) = x
def constant(x)
  "fine"
end
def twice(x)
  yield x
  yield ""
end
def pass(x, &block)
  block.call(x)
end
def options(x, opts = {})
  opts[:k]
end

def f
  x = source()
  sink(same(x)); calm(constant(x)); sink(same x)
  twice(x) { |e| sink(e) }
  twice("") { |e| calm(e) }
  pass(x) { |e| sink(e) }
  sink(options("", k: x)); calm(options(x, l: x))
  b = Box.new(x)
  sink(b.get); sink(b.name); calm(b.kind); b.show
  b.put("")
  calm(b.get)
  sink(b.put(x).get)
  s = Sub.new(x)
  sink(s.get); calm(s.kind)
end
"#,
    );
}

#[test]
fn php_functions_references_and_objects() {
    follow(
        "php",
        r"<?php
function same($x) { return $x; }
function constant_($x) { return 'fine'; }
function fill(&$a, $x) { $a = $x; }
function copies($a, $x) { $a['k'] = $x; return 1; }
function rest($a, ...$xs) { return $xs[0]; }
function apply($f, $x) { return $f($x); }
class Box {
    private $v;
    public static $last;
    public function __construct($v) { $this->v = $v; }
    public function get() { return $this->v; }
    public function set($v) { $this->v = $v; return $this; }
    public static function pick($a, $b) { return $b; }
    public function twice() { return self::pick('', $this->get()); }
    public function show() { sink($this->v); }
}
class Sub extends Box {
    public $w;
    public function __construct($v) { parent::__construct($v); $this->w = ''; }
    public function up() { return parent::get(); }
}
function f() {
    $x = source();
    sink(same($x)); calm(constant_($x)); sink(rest('', $x)); calm(rest($x, '')); sink(apply(fn($e) => $e, $x));
    calm(apply(fn($e) => '', $x));
    $a = '';
    fill($a, $x);
    sink($a);
    $b = ['k' => ''];
    copies($b, $x);
    calm($b['k']);
    $o = new Box($x);
    sink($o->get()); sink($o->twice()); $o->show(); sink(Box::pick('', $x)); calm(Box::pick($x, ''));
    $o->set('');
    calm($o->get());
    sink($o->set($x)->get());
    $s = new Sub($x);
    sink($s->up()); calm($s->w);
}
",
    );
}

#[test]
fn elixir_functions_clauses_and_captures() {
    follow(
        "elixir",
        r#"
defmodule M do
  def same(x), do: x
  def constant(_x), do: "fine"
  def two(a, b), do: b
  def two(a), do: "fine"
  def tagged({:ok, x}), do: x
  def tagged({:error, _}), do: ""
  def part(%{a: a}), do: a
  def first([h | _]), do: h
  def others([_ | t]), do: t
  def run(f, x), do: f.(x)
  defp shows(x), do: sink(x)

  def f() do
    x = source()
    sink(same(x)); calm(constant(x)); sink(M.same(x)); sink(two("", x)); calm(two(x, "")); calm(two(x))
    sink(x |> same()); sink(tagged({:ok, x})); sink(part(%{a: x, b: ""})); calm(part(%{a: "", b: x}))
    sink(first([x, ""])); calm(first(["", x])); sink(others(["", x])); calm(others([x, ""]))
    sink(run(&same/1, x)); calm(run(&constant/1, x)); sink(run(fn e -> e end, x))
    Enum.each([x], &shows/1)
  end
end
"#,
    );
}

#[test]
fn what_functions_see_of_the_code_around_them_is_the_languages_affair() {
    follow(
        "php",
        r"<?php
$g = source();
$h = source();
function reads() { global $g; sink($g); }
function alone() { calm($h); }
function keeps($x) { global $kept; $kept = $x; }
class C {
    public static $q;
    static function put($x) { self::$q = $x; }
    static function get() { return self::$q; }
    function show() { sink(self::$q); }
}
reads();
alone();
keeps($g);
sink($kept);
C::put($g);
sink(C::get());
(new C())->show();
",
    );
    follow(
        "ruby",
        "
x = source()
$g = source()
def alone
  calm(x)
end
def reads
  sink($g)
end
class C
  attr_reader :name
  def initialize(name)
    @name = name
  end
  def show
    sink(name)
  end
end
alone
reads
C.new(x).show
",
    );
    follow(
        "java",
        r#"
class C {
    static String last = "";
    String own;
    static void put(String x) { last = x; }
    static String get() { return C.last; }
}
class Main {
    void main() {
        C.put(source());
        sink(C.get()); sink(C.last); calm(new C().own);
        C.last = "";
        calm(C.get());
    }
}
"#,
    );
}

#[test]
fn recursion_ends_and_finds_what_goes_round() {
    follow(
        "python",
        r#"
def down(x, n):
    if n == 0: return x
    return down(x, n - 1)
def turns(x, y, n):
    if n == 0: return x
    return turns(y, x, n - 1)
def even(x, n):
    if n == 0:
        sink(x)
        return x
    return odd("a" + x, n - 1)
def odd(x, n): return even(x, n)
def never(x): return never(x)
def tree(node):
    sink(node.value)
    for child in node.children: tree(child)
def clean_way(x, n): return "" if n == 0 else clean_way(x, n - 1)

def f():
    x = source()
    sink(down(x, 3)); sink(turns("", x, 5)); sink(even(x, 4)); calm(clean_way(x, 3)); calm(down("", 3))
    never(x)
    tree(x)
"#,
    );
}

#[test]
fn functions_that_all_call_each_other_take_no_time_to_speak_of() {
    // Every function calls every other one with all its parameters in another order.
    let mut code = String::new();
    for function in 0..12 {
        let _ = writeln!(code, "def f{function}(a, b, c, d, e):\n    if a: return b");
        for called in 0..12 {
            let names = ["a", "b", "c", "d", "e"];
            let turned: Vec<_> = (0..5).map(|at| names[(at + called + function) % 5]).collect();
            let _ = writeln!(code, "    a.x{called} = f{called}({})", turned.join(", "));
        }
        let _ = writeln!(code, "    sink{function}(a)\n    return a");
    }
    code.push_str("f0(source(), '', '', '', '')\nsink(f1('', source(), '', '', ''))\n");
    let rule = "
        mode: taint
        message: found
        pattern-sources: [{pattern: source()}]
        pattern-sinks: [{pattern: sink(...)}]
    ";
    assert_eq!(run("python", rule, &code).findings.len(), 1);
}

#[test]
fn long_chains_of_calls_end() {
    let mut code = String::from("def f0(x): return x\n");
    for function in 1..400 {
        let _ = writeln!(code, "def f{function}(x): return f{}(x)", function - 1);
    }
    code.push_str("sink(f399(source()))\nsink(f5(source()))\n");
    follow("python", &code);
}

#[test]
fn a_rule_may_keep_to_single_functions() {
    let rule = "
        mode: taint
        message: found
        options: {taint_intrafile: false}
        pattern-sources: [{pattern: source()}]
        pattern-sinks: [{pattern: sink(...)}, {pattern: calm(...)}]
    ";
    follow_by("python", rule, "def f(x): calm(x)\nf(source())\ndef g(x): return ''\nsink(g(source()))\n");
    // What a callback uses of the function around is the function's; what it is handed is its own.
    follow_by(
        "javascript",
        rule,
        "const a = source();\na.then(x => calm(x));\nlist(a).forEach(function (x) { calm(x); sink(a); });\nsink(a.map(x => x));\ncalm(b.map(x => a));\n",
    );
    // So do fields, and what a block in the class's body stores.
    follow_by(
        "ruby",
        rule,
        "
class A
  before -> { @b = source() }
  def f
    @a = source()
    sink(@a)
  end
  def g
    calm(@a)
    calm(@b)
  end
end
",
    );
}

#[test]
fn labels_and_metavariables_meet_across_functions() {
    let rule = "
        mode: taint
        message: found
        pattern-sources:
        - {pattern: source(), label: A}
        - {pattern: other(), label: B}
        pattern-sinks:
        - {pattern: sink(...), requires: A and B}
        - {pattern: calm(...), requires: A and B}
    ";
    follow_by(
        "python",
        rule,
        "
def both(x, y): sink(x + y)
def one(x, y): calm(x + y)
both(source(), other())
one(source(), source())
",
    );
    let rule = "
        mode: taint
        message: found
        options: {taint_unify_mvars: true}
        pattern-sources: [{pattern: source($N)}]
        pattern-sinks: [{pattern: 'sink($N, ...)'}, {pattern: 'calm($N, ...)'}]
    ";
    follow_by("python", rule, "def f(x):\n    sink(1, x)\n    calm(2, x)\nf(source(1))\n");
}

#[test]
fn functions_may_be_told_what_they_are_called_with() {
    let rule = "
        mode: taint
        message: found
        options: {guarded_taint_signatures: true}
        pattern-sources: [{pattern: source()}]
        pattern-sinks: [{pattern: sink(...)}, {pattern: calm(...)}]
    ";
    follow_by(
        "python",
        rule,
        "
def on(flag, x):
    if flag: sink(x)
    else: calm(x)
def through(flag, x): on(flag, x)
through(True, source())
def equal(n, x):
    if n == 3: calm(x)
equal(4, source())
",
    );
}

#[test]
fn a_path_crosses_functions() {
    let code = "def read():\n    return source()\ndef show(y):\n    sink(y)\nx = read()\nshow(x)\n";
    let rule = "
        mode: taint
        message: found
        pattern-sources: [{pattern: source()}]
        pattern-sinks: [{pattern: sink(...)}]
    ";
    let found = run("python", rule, code);
    let trace = found.findings[0].trace.as_ref().expect("findings of taint rules have a trace");
    let steps: Vec<_> = trace.steps.iter().map(|step| (step.kind, step.span.text(code))).collect();
    assert_eq!(
        steps,
        [
            (StepKind::Source, "source()"),
            (StepKind::Return, "return source()"),
            (StepKind::Call, "read()"),
            (StepKind::Assign, "x"),
            (StepKind::Call, "show(x)"),
            (StepKind::Parameter, "y"),
            (StepKind::Sink, "sink(y)"),
        ]
    );
}

#[test]
fn what_a_sink_asks_of_each_metavariable_is_asked_of_what_a_function_is_handed() {
    let rule = "
        mode: taint
        pattern-sources: [{pattern: size(), label: SIZE}, {pattern: data(), label: DATA}]
        pattern-sinks: [{pattern: 'sink($B, $N)', requires: [{$B: DATA}, {$N: SIZE and not DATA}]}]
    ";
    check(
        "python",
        rule,
        "
        def met(b, n):
          sink(b, n)
          ^^^^^^^^^^
        def swapped(b, n):
          sink(n, b)
        def mixed(b, n):
          sink(b, n)
        def half(b):
          sink(b, size())
          ^^^^^^^^^^^^^^^
        def neither(b):
          sink(size(), b)
        met(data(), size())
        met(data(), data())
        swapped(data(), size())
        mixed(data(), size() + data())
        half(data())
        neither(data())
        ",
    );
}

#[test]
fn metavariables_agree_across_functions() {
    let rule = "
        mode: taint
        options: {taint_unify_mvars: true}
        pattern-sources: [pattern: $A.source()]
        pattern-sinks: ['pattern': '$A.sink(...)']
    ";
    check(
        "python",
        rule,
        "
        def on(x):
          a.sink(x)
          ^^^^^^^^^
          b.sink(x)
        on(a.source())
        ",
    );
}

#[test]
fn where_control_leaves_a_function_that_is_called_its_sinks_count() {
    let rule = "
        mode: taint
        pattern-sources: [pattern: source()]
        pattern-sinks: [{pattern: sink(...), at-exit: true}]
    ";
    check(
        "python",
        rule,
        "
        def last(x):
          g()
          sink(x)
          ^^^^^^^
        def first(x):
          sink(x)
          g()
        def gives(x):
          return sink(x)
                 ^^^^^^^
        last(source())
        first(source())
        gives(source())
        h()
        ",
    );
}

#[test]
fn a_variable_of_ruby_hides_the_method_of_its_name() {
    follow(
        "ruby",
        "
class A
  def upload
    upload = source()
    sink(upload)
    sink(upload.name)
  end
  def name() = source()
  def other
    sink(name)
  end
end
",
    );
}

#[test]
fn the_object_at_work_is_not_what_one_of_its_fields_holds() {
    follow(
        "javascript",
        "
class A {
  f() { this.x = source(); calm(named(this)); calm(this.y); sink(this.x); sink(named(this.x)); }
  g(o) { o.x = source(); sink(named(o)); }
}
",
    );
    follow(
        "python",
        "class A:\n    def f(self):\n        self.x = source()\n        calm(named(self))\n        sink(getattr(self, y))\n",
    );
    follow("ruby", "class A\n  def f\n    @x = source()\n    calm(known.format(self, 1))\n    sink(@x)\n  end\nend\n");
}

#[test]
fn a_function_that_is_asked_does_not_hand_on_what_it_says() {
    follow(
        "javascript",
        "
let kept = [];
function f() {
  calm(kept.filter(x => x.id !== source()));
  calm(kept.find(function (x) { return x.id === source(); }));
  sink(kept.map(x => x.id + source()));
  sink(source().filter(x => x.id));
  source().filter(x => { sink(x); return true; });
}
",
    );
    follow("ruby", "calm([1].select { |x| source() })\nsink([1].map { |x| source() })\n");
}

#[test]
fn one_action_of_a_controller_leaves_nothing_for_another() {
    follow(
        "ruby",
        "
class ThingsController < Base
  before_action :find, only: [:show]
  accept_auth :create, :show
  def create
    @made = source()
    sink(@made)
    help
  end
  def show
    calm(@made)
    sink(@found)
    sink(@hidden)
  end
  def find
    @found = source()
  end
  private
  def help
    @hidden = source()
    sink(@made)
  end
end
class Thing
  def create
    @made = source()
  end
  def show
    sink(@made)
  end
end
",
    );
}
