//! The same ways of data in every language.

use super::follow;

#[test]
fn python_assignments_fields_and_strings() {
    follow(
        "python",
        r#"
x = source()
y = x
x = "fine"
sink(y); calm(x); sink(f"<{y}>"); sink("%s" % y); sink("{}".format(y)); sink("".join([y])); calm(clean(y))
o.a = y
sink(o); sink(o.a.b); calm(o.b)
o.a = 1
calm(o)
a, (b, *c) = y, (1, 2, y)
sink(a); calm(b); sink(c)
y += "tail"
sink(y); sink(k=y); sink(*y); sink(len(y)); sink(y[1:])
sink([z for z in y]); calm([1 for z in y])
if (w := source()): sink(w)
"#,
    );
}

#[test]
fn python_branches_loops_and_exceptions() {
    follow(
        "python",
        r#"
def branches(c):
    x = 1
    if c: x = source()
    sink(x)
    x = clean(x) if c else ""
    calm(x)
    calm(1 if source() else 2)

def loops(items):
    x = y = z = ""
    for i in items:
        sink(z)
        z = y
        y = x
        x = source()
        if i: continue
        x = 1
        break
        calm(source())
    for part in source(): sink(part)
    while items:
        v = source()
    else:
        sink(v)

def exceptions():
    x = 1
    try:
        x = source()
        step()
        x = 2
    except Error:
        sink(x)
        x = 3
    finally:
        calm(x)
    try:
        raise source()
    except Error as e:
        sink(e)
    return 1
    calm(source())
"#,
    );
}

#[test]
fn python_closures_classes_and_globals() {
    follow(
        "python",
        r#"
ONCE = source()
often = source()
often = "fine"

def outer():
    sink(ONCE)
    calm(often)
    x = source()
    later(lambda: sink(x))
    def inner(x=1, y=source()):
        calm(x)
        sink(y)
    sink(list(map(lambda e: sink(e), x)))

class C:
    field = source()
    def method(self):
        sink(self.field)
        calm(self.other)
        self.other = source()
        sink(self.other)
"#,
    );
}

#[test]
fn python_collections() {
    follow(
        "python",
        r#"
xs = []
xs.append(source())
sink(xs); sink(xs[0]); sink(xs[i])
d = {"a": source(), "b": 1}
sink(d["a"]); calm(d["b"]); sink(d[k]); sink(d)
d["a"] = 1
calm(d)
d["c"] = source()
sink(d.get("c")); calm(d.get("b"))
match source():
    case {"k": v}: sink(v)
    case [p, q]: sink(q)
    case "literal": calm(1)
"#,
    );
}

#[test]
fn javascript_assignments_fields_and_strings() {
    follow(
        "javascript",
        r"
let x = source(), y = x;
x = 'fine';
sink(y); calm(x); sink(`<${y}>`); sink('a' + y); sink(await y); sink(y?.a.b()); sink(new T(y)); calm((y, 1));
const {a, b: [c], ...rest} = {a: y, b: [1], d: y};
sink(a); calm(c); sink(rest);
const o = {...{p: y}, q: 1};
sink(o.p); calm(o.q); sink(o['p']);
o.q ??= y;
sink(o.q);
[x, y] = [1, source()];
calm(x); sink(y);
function f({p = source(), q}, ...r) { sink(p); calm(q); calm(r); }
sink(<b title={y}/>);
",
    );
}

#[test]
fn javascript_branches_loops_and_exceptions() {
    follow(
        "javascript",
        r"
function f(c) {
    let x = 1, y = 1;
    switch (c) {
        case 1: x = source();
        case 2: sink(x); break;
        default: calm(x); return;
    }
    for (let i = 0; i < 9; i++) { sink(y); y = source(); }
    for (const k in source()) sink(k);
    do { var d = source(); } while (sink(d));
    try { throw source(); } catch (e) { sink(e); } finally { sink(x); }
    if (c) { x = clean(x); } else return sink(x);
    calm(x);
    { let x = source(); sink(x); }
}
",
    );
}

#[test]
fn javascript_closures_and_classes() {
    follow(
        "javascript",
        r"
function f(x) {
    let y = source(), z;
    list.forEach(() => { sink(y); z = y; });
    sink(z);
    y.map(e => sink(e)).then(function (e) { sink(e); });
    other(e => calm(e));
    function inner() { sink(y); }
    const g = (y) => calm(y);
}
class C {
    field = source();
    method() { sink(this.field); this.other = 1; calm(this.other); }
}
module.exports = { run: (a) => sink(source()), go() { sink(source()); } };
",
    );
}

#[test]
fn typescript_casts_and_declared_types() {
    follow("typescript", "const x: string = source() as string;\nsink(x!);\nconst f = (y: number): void => calm(y);\n");
}

#[test]
fn ruby_ways_of_data() {
    follow(
        "ruby",
        r#"
def f(c)
  x = source
  x = source()
  y = "a#{x}b"
  sink(y)
  y << "tail"
  sink(y)
  z = ""
  calm(z)
  z << x
  sink(z)
  x = clean(x) if c
  sink(x)
  v = if c then source() else 1 end
  sink(v)
  x = 1 unless sink(x)
  case c
  when 1 then x = source()
  else x = 2
  end
  sink(x)
  begin
    w = source()
    step()
    w = 1
  rescue Error => e
    sink(w)
  ensure
    sink(w)
  end
  x.each { |e| sink(e) }
  h = { a: source(), "b" => 1 }
  sink(h[:a]); calm(h["b"])
  @field = source()
  sink(@field)
end
"#,
    );
}

#[test]
fn php_ways_of_data() {
    follow(
        "php",
        r#"<?php
function f($c) {
    $x = source();
    $y = "a $x b";
    sink($y); sink("{$x['k']}"); sink('a' . $x); calm(clean($x)); sink($x ?: 1); sink($c ?? $x);
    $o->p = $x;
    sink($o->p); calm($o->q); sink($o);
    $a = ['k' => $x, 'l' => 1];
    sink($a['k']); calm($a['l']);
    $b[] = $x;
    sink($b);
    [$m, $n] = [1, $x];
    calm($m); sink($n);
    foreach ($a as $k => $v) { sink($v); }
    switch ($c) { case 1: $x = 1; break; case 2: sink($x); }
    $s = '';
    $s .= source();
    sink($s);
    $g = function ($e) use ($x) { sink($x); calm($e); };
    $h = fn($e) => sink($x);
    try { step(source()); $z = 1; } catch (E $e) { calm($z); }
    array_map(fn($e) => sink($e), $x);
}
class C { function m() { $this->p = source(); sink($this->p); } }
"#,
    );
}

#[test]
fn java_ways_of_data() {
    follow(
        "java",
        r#"
class C {
    private final String once = source();
    String field;
    void m(boolean c) throws E {
        String x = source(), y = "a" + x;
        sink(y); sink(String.format("%s", x)); calm(clean(x)); sink((String) x); sink(c ? "" : x);
        StringBuilder b = new StringBuilder();
        b.append("a").append(x);
        sink(x.trim().toString());
        Map<String, String> map = new HashMap<>();
        map.put("k", x);
        map.put("l", "fine");
        sink(map.get("k")); calm(map.get("l"));
        Bean bean = new Bean();
        bean.setName(x);
        sink(bean.getName()); calm(bean.getAge());
        sink(once);
        this.field = x;
        sink(field);
        x = c ? "a" : "b";
        calm(x);
        for (String e : source()) { sink(e); }
        try (Reader r = open(source())) { sink(r); } catch (E e) { calm(y = ""); }
        Runnable run = () -> sink(y);
        source().stream().map(e -> sink(e));
        switch (x) { case "a": x = source(); break; default: calm(x); }
        while (c) { if (c) break; x = ""; }
        sink(x);
    }
}
"#,
    );
}

#[test]
fn elixir_ways_of_data() {
    follow(
        "elixir",
        r#"
def f(c) do
  x = source()
  y = "a#{x}b"
  sink(y)
  x |> String.trim() |> sink()
  {:ok, [a | b]} = x
  sink(a)
  calm(clean(x))
  z = case c do
    1 -> x
    _ -> "fine"
  end
  sink(z)
  m = %{k: x, l: 1}
  sink(m.k)
  calm(m.l)
  Enum.map(x, fn e -> sink(e) end)
  with {:ok, w} <- source() do
    sink(w)
  end
  x = "fine"
  calm(x)
end
"#,
    );
}

#[test]
fn java_patterns_bind_what_they_match() {
    follow(
        "java",
        r#"
class C {
    void m(Object o) {
        Object x = source();
        if (x instanceof String s) { sink(s); }
        if (o instanceof String t) { calm(t); }
        String v = switch (x) { case String u -> { sink(u); yield u; } default -> ""; };
        synchronized (x) { sink(x); }
    }
}
"#,
    );
}

#[test]
fn elixir_clauses_guards_and_handlers() {
    follow(
        "elixir",
        r#"
def f(%{a: p} = q) when is_map(q) do
  p = source()
  cond do
    calm(later) -> 1
    y = source() -> sink(y)
    true -> sink(y)
  end
  case p do
    %{k: v} when sink(v) -> sink(v)
    ^q -> calm(q)
  end
  with {:ok, w} <- safe() do
    calm(w)
  else
    {:error, e} -> sink(p)
  end
  for x <- p, z = "fine", into: %{}, do: {sink(x), calm(z)}
  %{r: r} = s = p
  sink(r); sink(s)
  if p == 1, do: sink(p), else: calm("")
  Enum.each(p, &sink(&1))
rescue
  e in [A] -> calm(e)
after
  calm("")
end
"#,
    );
}

#[test]
fn a_class_of_ruby_holds_nothing() {
    follow("ruby", "User.update(source())\ncalm(User.find(1))\nlist = []\nlist.push(source())\nsink(list)\n");
}

#[test]
fn functions_declared_behind_a_return_are_there() {
    let code = "
function outer(p) {
  return { inner };
  function inner(q) { const a = source(); sink(a); sink(p.b); calm(q); }
  sink(source());
}
outer({ b: source() });
";
    follow("javascript", &code.replace("  sink(source());", "  calm(source());"));
    follow(
        "php",
        "<?php\nif ($x) { return 1; }\nfunction f() { sink(source()); }\nreturn 1;\nfunction g() { sink(source()); }\n",
    );
    follow("python", "def f():\n    return 1\n    def g():\n        calm(source())\n");
}
