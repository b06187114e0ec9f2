const fs = require("fs");
const path = require("path");
const express = require("express");

const app = express();
const UPLOADS = path.join(__dirname, "uploads");

app.get("/files/:name", (req, res) => {
  // ruleid: javascript-path-traversal
  fs.readFile(path.join(UPLOADS, req.params.name), (err, data) => res.end(data));
});

app.get("/safe/:name", (req, res) => {
  const name = path.basename(req.params.name);
  // ok: javascript-path-traversal
  fs.readFile(path.join(UPLOADS, name), (err, data) => res.end(data));
});

app.get("/inside/:name", (req, res) => {
  const file = path.resolve(UPLOADS, req.params.name);
  if (!file.startsWith(UPLOADS + path.sep)) {
    return res.status(403).end();
  }
  // ok: javascript-path-traversal
  fs.createReadStream(file).pipe(res);
});

app.get("/download", (req, res) => {
  const file = `${UPLOADS}/${req.query.file}`;
  // ruleid: javascript-path-traversal
  res.download(file);
  // ok: javascript-path-traversal
  res.sendFile(req.query.file, { root: UPLOADS });
  // ruleid: javascript-path-traversal
  res.sendFile(file);
});

app.post("/notes", (req, res) => {
  const { title, text } = req.body;
  // ruleid: javascript-path-traversal
  fs.writeFileSync(UPLOADS + "/" + title + ".md", text);
  // ok: javascript-path-traversal
  fs.writeFileSync(path.join(UPLOADS, "latest.md"), text);
  res.end();
});

async function repeat(ctx) {
  ctx.body = "an answer of our own";
  // ok: javascript-path-traversal
  await fs.readFileSync(ctx.body);
  const known = { first: "1", second: "2" };
  // ok: javascript-path-traversal
  await fs.readFileSync(known[ctx.query.name]);
  // ruleid: javascript-path-traversal
  await fs.readFileSync(ctx.request.body);
}
