"use strict";

const express = require("express");
const fs = require("fs");
const path = require("path");

const router = express.Router();
const UPLOADS = path.join(__dirname, "..", "uploads");

router.get("/:name", (req, res, next) => {
  const file = path.join(UPLOADS, req.params.name);
  // ruleid: javascript-path-traversal
  fs.readFile(file, (error, data) => (error ? next(error) : res.end(data)));
});

router.get("/thumb/:name", (req, res, next) => {
  const name = path.basename(req.params.name);
  // ok: javascript-path-traversal
  fs.readFile(path.join(UPLOADS, "thumbs", name), (error, data) => (error ? next(error) : res.end(data)));
});

router.post("/:ticket", (req, res) => {
  const ticket = Number(req.params.ticket);
  const folder = path.join(UPLOADS, String(ticket));
  for (const upload of req.body.files) {
    const target = folder + "/" + upload.name;
    // ruleid: javascript-path-traversal
    fs.writeFileSync(target, upload.content);
  }
  // ok: javascript-path-traversal
  fs.writeFileSync(path.join(folder, "index.json"), JSON.stringify(req.body.files.length));
  res.status(201).end();
});

module.exports = router;
