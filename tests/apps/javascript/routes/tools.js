"use strict";

const express = require("express");
const { exec, execFile } = require("child_process");
const vm = require("vm");

const router = express.Router();

router.get("/whois", (req, res, next) => {
  const domain = req.query.domain;
  const command = domain ? "whois " + domain : "whois example.com";
  // ruleid: javascript-command-injection
  exec(command, (error, out) => (error ? next(error) : res.type("text").json(out)));
});

router.get("/ping", (req, res, next) => {
  // ok: javascript-command-injection
  execFile("ping", ["-c", "1", "--", req.query.host], (error, out) => (error ? next(error) : res.json(out)));
});

router.post("/export", (req, res, next) => {
  const format = req.body.format === "csv" ? "csv" : "json";
  // ok: javascript-command-injection
  exec(`./export.sh --format ${format}`, (error) => (error ? next(error) : res.end()));
});

router.post("/macro", (req, res) => {
  const { source } = req.body;
  const sandbox = { ticket: null, result: null };
  try {
    // ruleid: javascript-code-injection
    vm.runInNewContext(`result = ${source}`, sandbox, { timeout: 50 });
  } catch (error) {
    return res.status(422).json({ error: "the macro does not run" });
  }
  res.json({ result: sandbox.result });
});

module.exports = router;
