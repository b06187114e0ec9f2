"use strict";

const sqlite3 = require("sqlite3");

const db = new sqlite3.Database("helpdesk.sqlite");

function ticketsOf(owner, callback) {
  // todoruleid: javascript-sql-injection
  db.all("SELECT * FROM tickets WHERE owner = '" + owner + "'", callback);
}

function ticketById(id, callback) {
  // ok: javascript-sql-injection
  db.get("SELECT * FROM tickets WHERE id = ?", [id], callback);
}

module.exports = { db, ticketsOf, ticketById };
