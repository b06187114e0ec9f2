const express = require("express");
const vm = require("vm");
const serialize = require("node-serialize");

const app = express();

app.get("/calc", (req, res) => {
  // ruleid: javascript-code-injection
  const result = eval(req.query.expression);
  // ok: javascript-code-injection
  const known = eval("1 + 1");
  res.json({ result, known });
});

app.post("/rule", (req, res) => {
  const source = "return " + req.body.source;
  // ruleid: javascript-code-injection
  const rule = new Function("item", source);
  // ruleid: javascript-code-injection
  vm.runInNewContext(source, { item: 1 });
  // ok: javascript-code-injection
  const data = JSON.parse(req.body.data);
  res.json({ value: rule(data) });
});

app.get("/profile", (req, res) => {
  const cookie = Buffer.from(req.cookies.profile, "base64").toString();
  // ruleid: javascript-code-injection
  const profile = serialize.unserialize(cookie);
  res.json(profile);
});

const actions = new Map([["start", () => "started"]]);

app.post("/action", (req, res) => {
  // ok: javascript-code-injection
  const action = actions.get(req.body.action);
  res.send(action ? "done" : "unknown");
});

async function repeat(ctx) {
  ctx.body = "an answer of our own";
  // ok: javascript-code-injection
  await eval(ctx.body);
  const known = { first: "1", second: "2" };
  // ok: javascript-code-injection
  await eval(known[ctx.query.name]);
  // ruleid: javascript-code-injection
  await eval(ctx.request.body);
}
