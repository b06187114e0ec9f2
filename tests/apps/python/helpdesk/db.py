"""The database: one connection a request."""

import sqlite3

from flask import current_app, g

TABLES = ("tickets", "comments", "people")


def get_db():
    if "db" not in g:
        g.db = sqlite3.connect(current_app.config["DATABASE"])
        g.db.row_factory = sqlite3.Row
    return g.db


def close_db(error=None):
    connection = g.pop("db", None)
    if connection is not None:
        connection.close()


def counts():
    db = get_db()
    result = {}
    for table in TABLES:
        # ok: python-sql-injection
        result[table] = db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    return result


def find_by(column, value):
    # todoruleid: python-sql-injection
    return get_db().execute(f"SELECT * FROM tickets WHERE {column} = '{value}'").fetchall()


def init_app(app):
    app.teardown_appcontext(close_db)
