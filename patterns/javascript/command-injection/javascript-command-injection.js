const child_process = require("child_process");
const { exec, execFile, execSync } = require("child_process");
const express = require("express");

const app = express();

app.get("/ping", (req, res) => {
  // ruleid: javascript-command-injection
  exec("ping -c 1 " + req.query.host, (error, stdout) => res.send(stdout));
});

app.get("/ping-safely", (req, res) => {
  // ok: javascript-command-injection
  execFile("ping", ["-c", "1", "--", req.query.host], (error, stdout) => res.send(stdout));
});

app.post("/convert", (req, res) => {
  const { file, width } = req.body;
  const size = parseInt(width, 10);
  // ok: javascript-command-injection
  execSync(`convert input.png -resize ${size} output.png`);
  let target = "output.png";
  if (file) {
    target = file;
  }
  // ruleid: javascript-command-injection
  execSync(`convert input.png -resize ${size} ${target}`);
  // ok: javascript-command-injection
  child_process.spawn("convert", ["input.png", target]);
  // ruleid: javascript-command-injection
  child_process.spawn("convert", ["input.png", target], { shell: true });
  res.end();
});

app.get("/log", (req, res) => {
  const parts = ["git", "log", req.query.branch];
  const command = parts.join(" ");
  try {
    // ruleid: javascript-command-injection
    res.send(child_process.execSync(command).toString());
  } catch (error) {
    res.status(500).end();
  }
});

app.get("/match", (req, res) => {
  // ok: javascript-command-injection
  const match = /^[a-z]+$/.exec(req.query.word);
  res.json(match);
});

async function repeat(ctx) {
  ctx.body = "an answer of our own";
  // ok: javascript-command-injection
  await execSync(ctx.body);
  const known = { first: "1", second: "2" };
  // ok: javascript-command-injection
  await execSync(known[ctx.query.name]);
  // ruleid: javascript-command-injection
  await execSync(ctx.request.body);
}
