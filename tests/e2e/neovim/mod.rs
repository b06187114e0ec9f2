//! A real Neovim, typed into: most of it without a screen, which is quicker, and once as a person sees it.

mod scenario;
mod storm;

use crate::terminal::Terminal;
use crate::workplace::{Workplace, read, tool};
use scenario::{Scenario, runtime};
use serde_json::json;

/// A tainted query typed at the end of a file, in each language, and what makes it safe again.
struct Query {
    filetype: &'static str,
    file: &'static str,
    before: &'static str,
    after: &'static str,
    typed: &'static str,
    rule: &'static str,
    mend: (&'static str, &'static str),
}

const QUERIES: &[Query] = &[
    Query {
        filetype: "javascript",
        file: "app.js",
        before: "const app = require('express')();\napp.get('/', (req, res) => {\n  ",
        after: "\n});\n",
        typed: "db.all('SELECT * FROM t WHERE n = ' + req.query.n, send);",
        rule: "javascript-sql-injection",
        mend: ("' + req.query.n", "?', [req.query.n]"),
    },
    Query {
        filetype: "typescript",
        file: "app.ts",
        before: "import express, { Request, Response } from 'express';\nfunction show(req: Request, res: Response) {\n  ",
        after: "\n}\n",
        typed: "db.query('SELECT * FROM t WHERE n = ' + req.query.n, send);",
        rule: "javascript-sql-injection",
        mend: ("' + req.query.n", "?', [req.query.n]"),
    },
    Query {
        filetype: "python",
        file: "app.py",
        before: "from flask import request\n\n@app.route('/')\ndef show():\n    ",
        after: "\n\n",
        typed: "cursor.execute('SELECT * FROM t WHERE n = ' + request.args['n'])",
        rule: "python-sql-injection",
        mend: ("' + request.args['n']", "?', [request.args['n']]"),
    },
    Query {
        filetype: "ruby",
        file: "tickets_controller.rb",
        before: "class TicketsController < ApplicationController\n  def show\n    ",
        after: "\n  end\nend\n",
        typed: "Ticket.where(\"name = '#{params[:name]}'\")",
        rule: "ruby-sql-injection",
        mend: ("'#{params[:name]}'\"", "?\", params[:name]"),
    },
    Query {
        filetype: "php",
        file: "index.php",
        before: "<?php\n$db = new mysqli('localhost');\nif (true) {\n    ",
        after: "\n}\n",
        typed: "$db->query('SELECT * FROM t WHERE n = ' . $_GET['n']);",
        rule: "php-sql-injection",
        mend: ("$_GET['n']", "intval($_GET['n'])"),
    },
    Query {
        filetype: "java",
        file: "Show.java",
        before: "class Show extends HttpServlet {\n  void doGet(HttpServletRequest request, Statement statement) {\n    ",
        after: "\n  }\n}\n",
        typed: "statement.executeQuery(\"SELECT * FROM t WHERE n = \" + request.getParameter(\"n\"));",
        rule: "java-sql-injection",
        mend: ("request.getParameter(\"n\")", "Integer.parseInt(request.getParameter(\"n\"))"),
    },
    Query {
        filetype: "elixir",
        file: "show.ex",
        before: "defmodule Show do\n  def show(conn, %{\"n\" => n}) do\n    ",
        after: "\n  end\nend\n",
        typed: "Ecto.Adapters.SQL.query(Repo, \"SELECT * FROM t WHERE n = #{n}\")",
        rule: "elixir-sql-injection",
        mend: ("#{n}\"", "$1\", [n]"),
    },
];

#[test]
fn a_tainted_query_shows_as_it_is_typed_and_goes_when_it_is_mended_in_every_language() {
    for query in QUERIES {
        let line = query.before.matches('\n').count();
        Scenario::on_text(query.filetype, query.file, &[query.before, query.after].concat())
            .step(json!({ "what": "type", "line": line, "text": query.typed }))
            .step(json!({ "what": "appears", "line": line, "code": query.rule }))
            .step(json!({ "what": "replace", "line": line, "from": query.mend.0, "to": query.mend.1 }))
            .step(json!({ "what": "disappears", "line": line, "code": query.rule }))
            .run();
    }
}

/// In a demo application, with the folder we ship: a hole is typed, hovered and mended, and the file saved. Findings are pulled, as Neovim 0.11 can.
#[test]
fn a_hole_typed_into_a_demo_application_comes_and_goes() {
    let scenario = Scenario::on_app("javascript", "routes/files.js").enabled();
    let before = scenario.text();
    let line = before.lines().position(|line| line.starts_with("router.post")).expect("a route to type before");
    let (route, typed) =
        ("router.get('/raw/:name', (req, res) => {", "fs.createReadStream(req.params.name).pipe(res);");
    let saved = scenario
        .step(json!({ "what": "below", "line": line - 1, "text": route }))
        .step(json!({ "what": "below", "line": line, "text": "  " }))
        .step(json!({ "what": "below", "line": line + 1, "text": "});" }))
        .step(json!({ "what": "type", "line": line + 1, "text": typed }))
        .step(json!({ "what": "appears", "line": line + 1, "code": "javascript-path-traversal" }))
        .step(json!({ "what": "pulls" }))
        .step(json!({ "what": "hover", "line": line + 1, "column": 25, "text": "What to write instead" }))
        .step(json!({ "what": "replace", "line": line + 1, "from": "req.params.name", "to": "path.basename(req.params.name)" }))
        .step(json!({ "what": "disappears", "line": line + 1, "code": "javascript-path-traversal" }))
        .step(json!({ "what": "write" }))
        .run();
    let mut expected: Vec<&str> = before.lines().collect();
    let mended = "  fs.createReadStream(path.basename(req.params.name)).pipe(res);";
    expected.splice(line..line, [route, mended, "});"]);
    assert_eq!(saved.lines().collect::<Vec<_>>(), expected);
}

/// Columns are right whatever stands in front: an astral character, one made of two, and either line break.
#[test]
fn a_fix_lands_in_the_right_place_behind_wide_characters_and_with_either_line_break() {
    for end in ["\n", "\r\n"] {
        let text = ["function show(el, name) {", "  ", "}", ""].join(end);
        let typed = "const face = '👩🏽e\u{301}'; el.innerHTML = name;";
        let column = 2 + typed.find("innerHTML").expect("typed");
        let saved = Scenario::on_text("javascript", "page.js", &text)
            .step(json!({ "what": "type", "line": 1, "text": typed }))
            .step(json!({ "what": "appears", "line": 1, "column": column - 3, "code": "javascript-inner-html" }))
            .step(json!({ "what": "action", "line": 1, "column": column, "title": "Fix javascript-inner-html" }))
            .step(json!({ "what": "disappears", "line": 1, "code": "javascript-inner-html" }))
            .step(json!({ "what": "write" }))
            .run();
        let fixed = typed.replace("innerHTML", "textContent");
        assert_eq!(saved, ["function show(el, name) {", &format!("  {fixed}"), "}", ""].join(end));
    }
}

/// As a person has it who followed the README, with findings beside their lines.
#[test]
fn a_finding_typed_into_neovim_shows_beside_its_line_and_hover_says_what_to_write() {
    let workplace = Workplace::new();
    let init = format!(
        "vim.opt.runtimepath:prepend('{}')\n\
         vim.lsp.enable('weir')\n\
         vim.diagnostic.config({{ virtual_text = true, update_in_insert = true }})\n\
         vim.o.termguicolors = true\n\
         vim.o.winborder = 'rounded'\n\
         vim.o.swapfile = false\n",
        runtime().display()
    );
    workplace.write("home/config/nvim/init.lua", &init);
    let before = "app.get('/find', (req, res) => {\n  \n});\n";
    let file = workplace.write("project/app.js", before);

    let neovim = Terminal::start(&tool("neovim/bin/nvim"), &["app.js"], &workplace);
    neovim.wait_for("app.get");
    neovim.type_text("jA");
    neovim.wait_for("INSERT");
    neovim.type_text("db.all('SELECT * FROM t WHERE n = ' + req.query.n, send);");
    neovim.press(&["Escape"]);
    neovim.wait_for("Data from the request becomes");
    assert_eq!(read(&file), before, "the finding is in what is typed, not in what is saved");
    neovim.type_text("F+K");
    neovim.wait_for("What to write instead");
    neovim.screenshot("neovim");
}
