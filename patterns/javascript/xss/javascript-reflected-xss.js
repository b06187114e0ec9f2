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

async function repeat(ctx) {
  const { page } = ctx.query;
  // ok: javascript-reflected-xss
  ctx.body = { page };
  ctx.res.end(ctx.body);
}

app.get("/kind", (req, res) => {
  if (req.query.text) {
    // ok: javascript-reflected-xss
    return res.type("text/plain").send(req.query.text);
  }
  if (req.query.json) {
    // ok: javascript-reflected-xss
    return res.send({ name: req.query.json });
  }
  // ok: javascript-reflected-xss
  res.send("<p>" + typeof req.query.name + "</p>");
});

const server = require("fastify")();

server.get("/plain", (request, reply) => {
  // ok: javascript-reflected-xss
  reply.code(200).send(request.query.name);
});

server.post("/echo", (request, reply) => {
  // ok: javascript-reflected-xss
  reply.send(request.body);
});

server.get("/page", (request, reply) => {
  // ruleid: javascript-reflected-xss
  reply.type("text/html").send("<h1>" + request.query.name + "</h1>");
});

server.get("/other-page", (request, reply) => {
  reply.header("Content-Type", "text/html; charset=utf-8");
  // ruleid: javascript-reflected-xss
  reply.send(`<h1>${request.query.name}</h1>`);
});
