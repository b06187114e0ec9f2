"use strict";

const express = require("express");
const serialize = require("node-serialize");
const axios = require("axios");
const { Agent } = require("../lib/models");

const router = express.Router();
const HOMES = { admin: "/admin", agent: "/desk" };

router.post("/login", async (req, res) => {
  // ruleid: javascript-nosql-injection
  const agent = await Agent.findOne({ name: req.body.name, pin: req.body.pin });
  if (!agent) {
    // ok: javascript-open-redirect
    return res.redirect("/login?failed=" + encodeURIComponent(req.body.name));
  }
  let home = HOMES.agent;
  if (req.body.role === "admin") {
    home = HOMES.admin;
  }
  // ok: javascript-open-redirect
  res.redirect(home);
});

router.post("/reset", async (req, res) => {
  const name = String(req.body.name);
  // ok: javascript-nosql-injection
  const agent = await Agent.findOne({ name });
  res.json({ sent: Boolean(agent) });
});

router.get("/settings", (req, res) => {
  const stored = req.cookies.settings;
  const text = stored ? Buffer.from(stored, "base64").toString("utf8") : "{}";
  // ruleid: javascript-code-injection
  const settings = serialize.unserialize(text);
  // ok: javascript-code-injection
  const defaults = JSON.parse('{"theme":"light"}');
  res.json({ ...defaults, ...settings });
});

router.get("/avatar", async (req, res) => {
  const options = { timeout: 2000 };
  options.target = req.query.src;
  // ruleid: javascript-ssrf
  const image = await axios.get(options.target, { responseType: "stream" });
  image.data.pipe(res);
});

router.get("/gravatar", async (req, res) => {
  const hash = encodeURIComponent(req.query.hash);
  // ok: javascript-ssrf
  const image = await axios.get(`https://gravatar.example/avatar/${hash}`, { responseType: "stream" });
  image.data.pipe(res);
});

module.exports = router;
