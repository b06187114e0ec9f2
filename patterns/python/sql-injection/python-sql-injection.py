import sqlite3

from django.db import connection
from django.http import JsonResponse
from fastapi import FastAPI
from flask import Flask, request as flask_request
from sqlalchemy import text
import flask

app = Flask(__name__)
api = FastAPI()


@app.route("/search")
def search():
    term = flask.request.args.get("q", "")
    db = sqlite3.connect("shop.db")
    # ruleid: python-sql-injection
    rows = db.execute("SELECT * FROM products WHERE name LIKE '%" + term + "%'")
    # ok: python-sql-injection
    rows = db.execute("SELECT * FROM products WHERE name LIKE ?", ("%" + term + "%",))
    return {"rows": rows.fetchall()}


@app.route("/orders/<number>")
def order(number):
    cursor = sqlite3.connect("shop.db").cursor()
    statement = f"SELECT * FROM orders WHERE number = '{number}'"
    # ruleid: python-sql-injection
    cursor.execute(statement)
    # ok: python-sql-injection
    cursor.execute("SELECT * FROM orders WHERE number = ?", (number,))
    # ok: python-sql-injection
    cursor.execute(f"SELECT * FROM orders WHERE number = {int(number)}")
    return {"order": cursor.fetchone()}


@app.route("/customers", methods=["POST"])
def customers():
    where = "active = 1"
    city = flask_request.form.get("city")
    if city:
        where += " AND city = '%s'" % city
    cursor = sqlite3.connect("shop.db").cursor()
    # ruleid: python-sql-injection
    cursor.execute("SELECT * FROM customers WHERE " + where)
    return {"customers": cursor.fetchall()}


def invoices(request):
    year = request.GET["year"]
    with connection.cursor() as cursor:
        # ruleid: python-sql-injection
        cursor.execute("SELECT total FROM invoices WHERE year = {}".format(year))
        # ok: python-sql-injection
        cursor.execute("SELECT total FROM invoices WHERE year = %s", [year])
        totals = cursor.fetchall()
    # ruleid: python-sql-injection
    Invoice.objects.raw("SELECT * FROM invoices WHERE owner = '%s'" % request.POST.get("owner"))
    # ok: python-sql-injection
    Invoice.objects.filter(owner=request.POST.get("owner"))
    return JsonResponse({"totals": totals})


@api.get("/notes/{note_id}")
async def note(note_id: int, author: str = "", session=None):
    # ruleid: python-sql-injection
    found = await session.execute(text("SELECT * FROM notes WHERE author = '" + author + "'"))
    # ok: python-sql-injection
    found = await session.execute(text(f"SELECT * FROM notes WHERE id = {note_id}"))
    # ok: python-sql-injection
    found = await session.execute(text("SELECT * FROM notes WHERE author = :author"), {"author": author})
    return found.all()


def nightly_report(cursor, table):
    # ok: python-sql-injection
    cursor.execute("SELECT count(*) FROM " + table)


TABLE = {"a": "first", "b": "second"}


def harmless(request):
    # ok: python-sql-injection
    connection.cursor().execute("SELECT * FROM notes LIMIT %s" % (len(request.GET)))
    # ok: python-sql-injection
    connection.cursor().execute("SELECT * FROM notes LIMIT %s" % (TABLE[request.GET["key"]]))
    # ruleid: python-sql-injection
    connection.cursor().execute("SELECT * FROM notes LIMIT %s" % (request.GET["key"]))
