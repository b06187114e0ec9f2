const express = require("express");
const { Pool } = require("pg");
const mysql = require("mysql2/promise");

const app = express();
const pool = new Pool();

app.get("/users/:id", async (req, res) => {
  // ruleid: javascript-sql-injection
  const user = await pool.query("SELECT * FROM users WHERE id = " + req.params.id);
  res.json(user.rows[0]);
});

app.get("/search", async (req, res) => {
  const { term, order } = req.query;
  const like = `%${term}%`;
  // ok: javascript-sql-injection
  const safe = await pool.query("SELECT * FROM notes WHERE title LIKE $1", [like]);
  // ruleid: javascript-sql-injection
  const found = await pool.query(`SELECT * FROM notes WHERE title LIKE '${like}' ORDER BY created_at`);
  // ok: javascript-sql-injection
  const page = await pool.query("SELECT * FROM notes LIMIT " + Number(req.query.limit));
  res.json({ safe, found, page });
});

app.post("/orders", async (req, res) => {
  const conn = await mysql.createConnection({});
  let sql = "SELECT * FROM orders";
  if (req.body.status) {
    sql += " WHERE status = '" + req.body.status + "'";
  }
  // ruleid: javascript-sql-injection
  const [rows] = await conn.execute(sql);
  // ok: javascript-sql-injection
  const [own] = await conn.query("SELECT * FROM orders WHERE owner = " + conn.escape(req.body.owner));
  res.json({ rows, own });
});

async function report(ctx) {
  // ruleid: javascript-sql-injection
  ctx.body = await knex.raw("SELECT * FROM sales WHERE region = '" + ctx.query.region + "'");
  // ok: javascript-sql-injection
  ctx.total = await knex("sales").where({ region: ctx.query.region }).count();
}

function lookup(request, reply) {
  const name = request.body.name;
  // ruleid: javascript-sql-injection
  db.all("SELECT * FROM pets WHERE name = '" + name + "'", (err, rows) => reply.send(rows));
  // ok: javascript-sql-injection
  db.all("SELECT * FROM pets WHERE name = ?", [name], (err, rows) => reply.send(rows));
  const columns = { age: "age", name: "name" };
  // ok: javascript-sql-injection
  db.all("SELECT * FROM pets ORDER BY age", (err, rows) => reply.send(columns));
}

async function repeat(ctx) {
  ctx.body = "an answer of our own";
  // ok: javascript-sql-injection
  await db.query(ctx.body);
  const known = { first: "1", second: "2" };
  // ok: javascript-sql-injection
  await db.query(known[ctx.query.name]);
  // ruleid: javascript-sql-injection
  await db.query(ctx.request.body);
}
