"use strict";

const express = require("express");
const escapeHtml = require("escape-html");
const { db, ticketsOf, ticketById } = require("../lib/db");

const router = express.Router();
const ORDERS = { newest: "created_at DESC", oldest: "created_at ASC" };

router.get("/", (req, res, next) => {
  let sql = "SELECT id, title FROM tickets";
  const conditions = [];
  if (req.query.status) {
    conditions.push(`status = '${req.query.status}'`);
  }
  if (conditions.length > 0) {
    sql += " WHERE " + conditions.join(" AND ");
  }
  // ruleid: javascript-sql-injection
  db.all(sql, (error, rows) => (error ? next(error) : res.json(rows)));
});

router.get("/sorted", (req, res, next) => {
  let order = ORDERS.newest;
  if (req.query.order === "oldest") {
    order = ORDERS.oldest;
  }
  // ok: javascript-sql-injection
  db.all("SELECT id, title FROM tickets ORDER BY " + order, (error, rows) => (error ? next(error) : res.json(rows)));
});

router.get("/search", (req, res, next) => {
  const { q, limit = "20" } = req.query;
  const count = Number.parseInt(limit, 10);
  const like = `%${q}%`;
  // ok: javascript-sql-injection
  db.all(`SELECT id, title FROM tickets WHERE title LIKE ? LIMIT ${count}`, [like], (error, rows) => {
    if (error) {
      return next(error);
    }
    if (rows.length === 0) {
      // ruleid: javascript-reflected-xss
      return res.send("<p>No ticket matches <b>" + q + "</b></p>");
    }
    const items = rows.map((row) => `<li>${escapeHtml(row.title)}</li>`);
    // ok: javascript-reflected-xss
    res.send(`<h1>Results for ${escapeHtml(q)}</h1>` + items.length);
  });
});

router.get("/mine", (req, res, next) => {
  ticketsOf(req.cookies.user, (error, rows) => (error ? next(error) : res.json(rows)));
});

router.post("/:id/close", async (req, res, next) => {
  try {
    const note = req.body.note || "closed";
    const statement = ["UPDATE tickets SET status = 'closed', note = '", note, "' WHERE id = ?"].join("");
    // ruleid: javascript-sql-injection
    await db.run(statement, [req.params.id]);
    // ruleid: javascript-open-redirect
    res.redirect(req.body.back);
  } catch (error) {
    next(error);
  }
});

router.get("/:id", (req, res, next) => {
  ticketById(req.params.id, (error, row) => {
    if (error) {
      return next(error);
    }
    // ok: javascript-reflected-xss
    res.json({ id: req.params.id, ticket: row });
  });
});

module.exports = router;
