const express = require("express");
const axios = require("axios");
const https = require("https");

const app = express();

app.get("/preview", async (req, res) => {
  // ruleid: javascript-ssrf
  const page = await axios.get(req.query.url);
  // ruleid: javascript-ssrf
  const copy = await fetch(`https://${req.query.host}/status`);
  // ok: javascript-ssrf
  const own = await fetch("https://api.example.com/status");
  res.json({ page: page.data, copy, own });
});

app.post("/hook", (req, res) => {
  const target = req.body.callback;
  // ruleid: javascript-ssrf
  https.get(target, (answer) => answer.pipe(res));
});

const HOSTS = { eu: "https://eu.example.com", us: "https://us.example.com" };

app.get("/city", async (req, res) => {
  // ok: javascript-ssrf
  const city = await fetch("https://api.example.com/city/" + encodeURIComponent(req.query.city));
  let base = HOSTS.eu;
  if (req.query.region === "us") {
    base = HOSTS.us;
  }
  // ok: javascript-ssrf
  const weather = await axios.get(base + "/weather");
  res.json({ city, weather });
});

async function repeat(ctx) {
  ctx.body = "an answer of our own";
  // ok: javascript-ssrf
  await fetch(ctx.body);
  const known = { first: "1", second: "2" };
  // ok: javascript-ssrf
  await fetch(known[ctx.query.name]);
  // ruleid: javascript-ssrf
  await fetch(ctx.request.body);
}
