const express = require("express");
const escapeHtml = require("escape-html");

const app = express();

app.get("/hello", (req, res) => {
  // ruleid: javascript-reflected-xss
  res.send("<h1>Hello " + req.query.name + "</h1>");
  // ok: javascript-reflected-xss
  res.send("<h1>Hello " + escapeHtml(req.query.name) + "</h1>");
});

app.get("/profile/:nick", function (req, res) {
  const nick = req.params.nick;
  const page = `<title>${nick}</title>`;
  if (!nick) {
    // ok: javascript-reflected-xss
    return res.status(404).send("nobody of this name");
  }
  // ruleid: javascript-reflected-xss
  res.write(page);
  // ok: javascript-reflected-xss
  res.json({ nick });
  res.end();
});

app.get("/count", (req, res) => {
  // ok: javascript-reflected-xss
  res.send(`<p>${Number(req.query.count)}</p>`);
  // ruleid: javascript-reflected-xss
  res.status(400).send(`<p>${req.query.count} is no number</p>`);
});

async function search(ctx) {
  const { q } = ctx.request.query;
  // ruleid: javascript-reflected-xss
  ctx.body = "<p>Nothing found for " + q + "</p>";
}

async function searchSafely(ctx) {
  // ok: javascript-reflected-xss
  ctx.body = "<p>Nothing found for " + escapeHtml(ctx.query.q) + "</p>";
}
