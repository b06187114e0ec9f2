"""Signing in, profile, preferences."""

import base64
import json
import pickle

from flask import Blueprint, abort, make_response, redirect, render_template, render_template_string, request, session, url_for

from helpdesk.db import get_db

pages = Blueprint("account", __name__, url_prefix="/account")

PAGES = {"tickets": "/tickets/", "profile": "/account/profile"}


class Greeting:
    """What the profile says on top."""

    def __init__(self):
        self.text = "Welcome back"
        self.name = ""


@pages.route("/login", methods=["GET", "POST"])
def login():
    if request.method == "GET":
        return render_template("login.html", next=request.args.get("next"))
    row = get_db().execute("SELECT * FROM people WHERE login = ?", (request.form["login"],)).fetchone()
    if row is None:
        abort(403)
    session["person"] = row["id"]
    target = request.args.get("next", "/")
    # ruleid: python-open-redirect
    return redirect(target)


@pages.route("/logout")
def logout():
    session.clear()
    page = request.args.get("to", "tickets")
    # ok: python-open-redirect
    return redirect(url_for("account.login", to=page))


@pages.route("/profile")
def profile():
    greeting = Greeting()
    greeting.name = request.args.get("name", "colleague")
    # ruleid: python-template-injection
    html = render_template_string("<h1>{{ text }}, " + greeting.name + "</h1>", text=greeting.text)
    # ok: python-template-injection
    html += render_template_string("<p>{{ text }}, {{ name }}</p>", text=greeting.text, name=greeting.name)
    # ok: python-template-injection
    html += render_template_string("<p>" + greeting.text + "</p>")
    return html


@pages.route("/preferences")
def preferences():
    cookie = request.cookies.get("preferences")
    values = {}
    while cookie:
        part, _, cookie = cookie.partition("|")
        # ruleid: python-unsafe-deserialization
        values.update(pickle.loads(base64.b64decode(part)))
    # ok: python-unsafe-deserialization
    defaults = pickle.loads(base64.b64decode("gAR9lC4="))
    return json.dumps({**defaults, **values})


@pages.route("/theme/<name>")
def theme(name):
    response = make_response(render_template("theme.html", name=name))
    response.set_cookie("theme", name)
    # ok: python-xss
    response.data = render_template("theme.html", name=name)
    return response
