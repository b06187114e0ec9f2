"use strict";

const express = require("express");
const cookieParser = require("cookie-parser");
const tickets = require("./routes/tickets");
const agents = require("./routes/agents");
const files = require("./routes/files");
const tools = require("./routes/tools");

const app = express();

app.use(express.json());
app.use(express.urlencoded({ extended: false }));
app.use(cookieParser());
app.use(express.static("public"));

app.use("/tickets", tickets);
app.use("/agents", agents);
app.use("/files", files);
app.use("/tools", tools);

app.use((req, res) => {
  // ruleid: javascript-reflected-xss
  res.status(404).send(`<p>There is nothing at ${req.originalUrl}</p>`);
});

app.use((error, req, res, next) => {
  console.error(error);
  // ok: javascript-reflected-xss
  res.status(500).send("<p>Something went wrong</p>");
});

module.exports = app;
