//! Code in pages and templates: what is found in it, and where.

use crate::check::check;

const TAINT: &str = "
    message: ''
    mode: taint
    pattern-sources: [{pattern: source()}]
    pattern-sinks: [{patterns: [{pattern: sink($X)}, {focus-metavariable: $X}]}]";

/// What is put out in some manner and place.
fn output(manner: &str) -> String {
    format!("message: $X\npatterns: [{{pattern: 'weir_output($X, {manner})'}}, {{focus-metavariable: $X}}]")
}

#[test]
fn scripts_of_a_page_are_one_program() {
    check(
        "javascript in a.html",
        TAINT,
        r#"
        <p>👩🏽 sink(source())</p>
        <script>
          const a = source(); // it's
        </script>
        <p>é</p><script>function f() { sink(a) }</script>
                                            ^
        <script type="text/template">sink(source())</script>
        <SCRIPT type=module>
          f(); sink(source())
                    ^^^^^^^^
        </SCRIPT>
        <!-- <script>sink(source())</script> -->
        "#,
    );
}

#[test]
fn a_typed_script_is_typescript() {
    check(
        "typescript in a.html",
        TAINT,
        r#"
        <script lang="ts">
          const a: string = source(); sink(a as any);
                                           ^^^^^^^^
        </script>
        "#,
    );
}

#[test]
fn event_handlers_run_after_all_scripts() {
    check(
        "javascript in a.html",
        TAINT,
        r#"
        <a onclick="sink(a)" title="sink(a)">👩🏽</a><a onfocus='return sink( source() )'>b</a>
                         ^
                                                                            ^^^^^^^^
        <script>var a = source()</script>
        <a onblur=sink(a)>c</a>
                       ^
        "#,
    );
}

#[test]
fn a_template_leaves_values_in_scripts() {
    check(
        "javascript in a.html.erb",
        TAINT,
        r#"
        <script>
          var a = <%= x %> + "<%= y "z" %>" + source();
          <% if b %> sink(a); <% end %>
                          ^
          sink('<%= "it' + source() + '" %>');
        </script>
        "#,
    );
}

#[test]
fn vue_templates_follow_their_script() {
    check(
        "javascript in a.vue",
        "message: ''\nmode: taint\npattern-sources: [{pattern: source()}]\npattern-sinks: [{patterns: [{pattern: 'weir_output($X, \"raw\", ...)'}, {focus-metavariable: $X}]}]",
        r#"
        <template>
          <p v-html="html">{{ html }}</p>
                     ^^^^
          <p v-for="(post, i) in posts" :key="i" v-html="post.body" />
                                                         ^^^^^^^^^
          <p :inner-html.prop="html" />
                               ^^^^
        </template>
        <script setup>
        const html = source()
        const posts = source()
        </script>
        "#,
    );
}

#[test]
fn svelte_templates_follow_their_script() {
    check(
        "typescript in a.svelte",
        "message: ''\nmode: taint\npattern-sources: [{pattern: source()}]\npattern-sinks: [{patterns: [{pattern: 'weir_output($X, \"raw\", ...)'}, {focus-metavariable: $X}]}]",
        r#"
        <script lang="ts">
          let html: string = source();
        </script>
        {#if html}<p title={html}>{@html html}</p>{:else if html}-{/if}
                                         ^^^^
        {#each html as { body }, i (i)}
          {body} {@html body + '}'}
                        ^^^^^^^^^^
        {/each}
        "#,
    );
}

#[test]
fn ruby_of_erb_is_one_program() {
    check(
        "ruby in a.html.erb",
        TAINT,
        "
        <% a = source() %>
        <% [1].each do |b| -%>
          <p>é 👩🏽 <%= sink(a) if b %></p>
                           ^
          <%= form_for @x do |f| %><%= sink source # why %><% end %>
        <% end %>
        <%# sink(source()) %> <%% sink(source()) %>
        <a href='<%== sink(
          a
          ^
        ) %>'>
        ",
    );
}

#[test]
fn what_a_template_puts_out_is_a_call_that_tells_how_and_where() {
    check(
        "ruby in a.html.erb",
        &output("$HOW, $WHERE"),
        r"
        <p><%= a1 %><%== a2 %></p>
               ^^ a1
                         ^^ a2
        ",
    );
    check("ruby in a.html.erb", &output("\"raw\", ..."), "<p><%= a %><%== b %></p>\n                ^ b\n");
    check("ruby in a.erb", &output("\"raw\", ..."), "<p><%= a %></p>\n       ^ a\n");
    for (place, page) in [
        ("text", "<p>_</p>"),
        ("attribute", "<p class='a _'>"),
        ("attribute", "<img src='_'>"),
        ("unquoted", "<p class=_>"),
        ("unquoted", "<p class=a_>"),
        ("url", "<a href=\"_\">"),
        ("attribute", "<a href=\"/_\">"),
        ("url", "<form action=_>"),
        ("handler", "<a onclick='f(_)'>"),
        ("string", "<a onclick='f(\"_\")'>"),
        ("script", "<script>f(_)</script>"),
        ("string", "<script>f('_')</script>"),
        ("string", "<script>// it's _</script>"),
        ("script", "<script>// it's\n_</script>"),
        ("component", "<script type='application/json'>_</script>"),
        ("style", "<style>_</style>"),
        ("style", "<p style='_'>"),
        ("comment", "<!-- _ -->"),
        ("tag", "<p _>"),
        ("tag", "<h_>"),
        ("text", "<script></script>_"),
        ("text", "<script>\"'\"</script>_"),
    ] {
        let marked: String = page.replace('_', "<%= x %>").lines().fold(String::new(), |all, line| {
            let mark = line.find("<%= x").map(|at| format!("{}^ x\n", " ".repeat(at + 4)));
            format!("{all}{line}\n{}", mark.unwrap_or_default())
        });
        check("ruby in a.html.erb", &output(&format!("\"escaped\", \"{place}\"")), &marked);
    }
}

#[test]
fn elixir_of_heex_is_one_program() {
    check(
        "elixir in a.html.heex",
        &output("..."),
        r#"
        <.button :if={@a} label={f(%{a: 1})} class="x {no}">
                      ^^ @a
                                 ^^^^^^^^^^ f(%{a: 1})
          é {@b} <%= raw(@c) %>
             ^^ @b
                     ^^^^^^^ raw(@c)
          <%= for x <- @xs do %>{x}<% end %>
                                 ^ x
          <%!-- @d --%><%# @e %><script>f({g: 1})</script>
        </.button>
        "#,
    );
    check("elixir in a.html.eex", &output("\"raw\", ..."), "<%= if x do %><%= raw(a) %><% else %>b<% end %>\n");
}

#[test]
fn jinja_reads_as_python() {
    check(
        "python in templates/a.html",
        &output("\"raw\", ..."),
        "
        {{ a }} {% autoescape false %}{{ b }}{% endautoescape %} {{ c }}
                                         ^ b
        ",
    );
    check(
        "python in a.html",
        "message: ''\npattern: $X | safe",
        r#"
        <p>é {{ a.b['c'] | safe }} {# {{ a | safe }} #}</p>
                ^^^^^^^^^^^^^^^
        {% for x, y in xs if x %}{{ x|upper|safe }}{% else %}{{ z|default:"a b"|safe }}{% endfor %}
                                    ^^^^^^^^^^^^
                                                                ^^^^^^^^^^^^^^^^^^^^
        {{ "a" ~ b|safe }} {{ xs.0.c|safe if d }} {% raw %}{{ a | safe }}{% endraw %}
                 ^^^^^^
                              ^^^^^^^^^^^
        {% if x is defined and y %}{% elif z %}{{ a|safe }}{% endif %}{{ ( }}{{ b|safe }}
                                                  ^^^^^^
                                                                                ^^^^^^
        "#,
    );
    // A block that Django leaves out, and one that is not closed yet.
    check(
        "python in a.html",
        "message: ''\npattern: $X | safe",
        "
        {% comment \"why\" %}<p title='{{ a | safe }}'><script>{{ b | safe }}
        {% endcomment x %} endcomment {%- endcomment -%} {{ c | safe }}
                                                            ^^^^^^^^
        {% comment %} {{ d | safe }}
                         ^^^^^^^^
        ",
    );
    check(
        "javascript in a.html",
        "message: ''\npattern: f($X)",
        "
        {% if x %}{% comment %}<script>f(a)</script>{% endcomment %}<script>f(b)</script>{% endif %}
                                                                            ^^^^
        ",
    );
    check(
        "python in a.j2",
        TAINT,
        "
        {% set a = source() %}{% with b=a c='d' %}
        {%- for x in b -%} {{ sink(x) }} {{ sink(c) }} {%- endfor -%}
                                   ^
        ",
    );
}

#[test]
fn rules_for_any_text_read_a_page_once_and_others_their_code_alone() {
    check(
        "generic in a.html.erb",
        "message: ''\npattern: f($X)",
        "
        <p>f(a)</p><% f(b) %>
           ^^^^
                      ^^^^
        <script>f(c)</script>
                ^^^^
        ",
    );
    check(
        "ruby in a.html.erb",
        "message: ''\npattern-regex: f\\(.\\)",
        "
        <p>f(a)</p><% f(b) %>
                      ^^^^
        <script>f(c)</script>
        ",
    );
}

#[test]
fn comments_ask_to_ignore_findings_in_pages_too() {
    let rule = "message: ''\npattern: f(...)";
    for (language, page) in [
        ("javascript in a.html", "<script>\nf() // nosemgrep\n</script>\n"),
        ("javascript in a.html", "<!-- nosemgrep: rule -->\n<a onclick='f()'>\n"),
        ("ruby in a.html.erb", "<%# nosemgrep: rule %>\n<%= f() %>\n"),
        ("elixir in a.html.heex", "<%!-- nosemgrep --%>\n<p>{f()}</p>\n"),
        ("python in a.html.j2", "{# nosemgrep: rule #}\n{{ f() }}\n"),
    ] {
        let findings = crate::check::run(language, rule, page).findings;
        assert_eq!(findings.iter().map(weir_model::Finding::is_suppressed).collect::<Vec<_>>(), [true], "{page}");
    }
}

#[test]
fn a_template_in_elixir_is_a_page() {
    check(
        "elixir",
        &output("\"escaped\", \"script\""),
        r#"
        defmodule A do
          def é(assigns) do
            # ~H'''<script><%= nothing %></script>'''
            ~H"""
            <p>é</p><script>f(<%= @d %>)</script>
                                  ^^ @d
            """
          end

          def b(assigns), do: ~s"<script><%= y %></script>"
        end
        "#,
    );
    check(
        "elixir",
        &output("\"escaped\", \"text\""),
        r#"
        defmodule A do
          def é(assigns) do
            ~H"""
            <p title={@a}>é {raw(@b)}</p> <%= @c %>
                             ^^^^^^^ raw(@b)
                                              ^^ @c
            """
          end

          def b(assigns), do: "~H'{z}'" <> ~H"<p>{x}</p>"
                                                  ^ x
        end
        "#,
    );
    check(
        "javascript in a.ex",
        "message: ''\npattern: eval(...)",
        r#"
        def a(assigns), do: ~H"""
        <a onclick="eval(x)">eval(y)</a>
                    ^^^^^^^
        """
        "#,
    );
}

#[test]
fn what_a_template_in_elixir_holds_is_asked_to_be_ignored_there() {
    let page = "def a(assigns) do\n  ~H\"\"\"\n  <%!-- nosemgrep: rule --%>\n  <p>{f(x)}</p>\n  <p>{f(y)}</p>\n  \"\"\"\nend\n";
    let analysis = crate::check::run("elixir", "message: ''\npattern: f(...)", page);
    assert_eq!(analysis.findings.iter().map(weir_model::Finding::is_suppressed).collect::<Vec<_>>(), [true, false]);
}

#[test]
fn line_ends_move_nothing() {
    let page = "<p>👩🏽</p>\r\n<script>\r\n  sink(source());\r\n</script>\r\n<%= sink(source()) %>\r\n";
    for language in ["javascript in a.html.erb", "ruby in a.html.erb"] {
        let found = crate::check::run(language, TAINT, page).findings;
        let texts: Vec<_> = found.iter().map(|finding| finding.span.text(page)).collect();
        assert_eq!(texts, ["source()"]);
    }
}

#[test]
fn fixes_land_in_the_page() {
    let (rule, page) = ("message: ''\npattern: eval($X)\nfix: parse($X)", "<p>é</p>\n<a onclick='eval(a)'>\n");
    let analysis = crate::check::run("javascript in a.html", rule, page);
    let fixes: Vec<_> = analysis.findings.iter().filter_map(|finding| finding.fix.as_ref()).collect();
    assert_eq!(weir_analysis::apply_fixes(page, fixes), "<p>é</p>\n<a onclick='parse(a)'>\n");
}
