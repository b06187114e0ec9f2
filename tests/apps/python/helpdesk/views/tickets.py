"""Tickets: list, search, show, open, close."""

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from markupsafe import Markup, escape

from helpdesk.db import find_by, get_db

pages = Blueprint("tickets", __name__, url_prefix="/tickets")

ORDERS = {"newest": "created DESC", "oldest": "created ASC", "urgent": "priority DESC"}


@pages.route("/")
def index():
    order = ORDERS.get(request.args.get("order"), "created DESC")
    rows = get_db().execute("SELECT * FROM tickets ORDER BY created DESC").fetchall()
    return render_template("tickets.html", tickets=rows, order=order)


@pages.route("/search")
def search():
    words = request.args.get("q", "").split()
    state = request.args.get("state")
    query = "SELECT * FROM tickets WHERE 1 = 1"
    if state:
        query += " AND state = '" + state + "'"
    if len(words) > 5:
        abort(400)
    db = get_db()
    # ruleid: python-sql-injection
    found = db.execute(query).fetchall()
    statement = "SELECT * FROM tickets WHERE title LIKE ?"
    for word in words:
        # ok: python-sql-injection
        found += db.execute(statement, (f"%{word}%",)).fetchall()
    return render_template("tickets.html", tickets=found, order=None)


@pages.route("/<int:number>")
def show(number):
    ticket = get_db().execute("SELECT * FROM tickets WHERE id = ?", (number,)).fetchone()
    if ticket is None:
        abort(404)
    return render_template("ticket.html", ticket=ticket)


@pages.route("/of/<person>")
def of(person):
    tickets = find_by("owner", person)
    return render_template("tickets.html", tickets=tickets, order=None)


@pages.route("/tagged/<tag>")
def tagged(tag):
    cursor = get_db().cursor()
    try:
        # ruleid: python-sql-injection
        cursor.execute("SELECT ticket FROM tags WHERE name = '%s'" % tag)
        rows = cursor.fetchall()
    finally:
        cursor.close()
    if not rows:
        # ruleid: python-xss
        return f"<p>No ticket is tagged <b>{tag}</b>.</p>", 404
    label = escape(tag)
    # ok: python-xss
    return f"<p>{len(rows)} tickets are tagged <b>{label}</b>.</p>"


@pages.route("/", methods=["POST"])
def create():
    form = request.form
    priority = int(form.get("priority", 1))
    values = {"title": form["title"], "body": form["body"], "priority": priority}
    db = get_db()
    # ok: python-sql-injection
    db.execute("INSERT INTO tickets (title, body, priority) VALUES (:title, :body, :priority)", values)
    # ok: python-sql-injection
    db.execute("UPDATE counters SET opened = opened + %d" % priority)
    db.commit()
    # ok: python-open-redirect
    return redirect(url_for("tickets.index", order=form.get("order")))


@pages.route("/<int:number>/close", methods=["POST"])
def close(number):
    reason = request.form.get("reason", "solved")
    db = get_db()
    # ok: python-sql-injection
    db.execute(f"UPDATE tickets SET state = 'closed' WHERE id = {number}")
    db.commit()
    note = "<p class=note>Closed: " + reason + "</p>"
    # ruleid: python-xss
    response = make_response(note)
    response.headers["X-Ticket"] = str(number)
    return response


@pages.route("/badge")
def badge():
    color = request.args.get("color", "grey")
    # ok: python-xss
    return Markup("<span class=badge>%s</span>") % color
