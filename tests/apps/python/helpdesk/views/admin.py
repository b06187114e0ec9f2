"""Reports, maintenance, integrations: for staff only."""

import ast
import os
import shlex
import subprocess

import requests
from flask import Blueprint, abort, request, session

from helpdesk.db import counts, get_db

pages = Blueprint("admin", __name__, url_prefix="/admin")

HOOKS = {"chat": "https://chat.example.com/hook", "mail": "https://mail.example.com/hook"}


@pages.before_request
def staff_only():
    if session.get("role") != "staff":
        abort(403)


@pages.route("/counts")
def show_counts():
    return counts()


@pages.route("/report", methods=["POST"])
def report():
    settings = request.get_json()
    columns = settings.get("columns", ["id", "title"])
    where = settings.get("where", "1 = 1")
    selected = ", ".join(columns)
    statement = "SELECT {} FROM tickets WHERE {}".format(selected, where)
    cursor = get_db().cursor()
    # ruleid: python-sql-injection
    cursor.execute(statement)
    return {"rows": [tuple(row) for row in cursor]}


@pages.route("/formula")
def formula():
    text = request.args.get("formula", "0")
    try:
        # ruleid: python-code-injection
        value = eval(text, {"__builtins__": {}})
    except (SyntaxError, NameError) as error:
        # ok: python-code-injection
        value = ast.literal_eval(text)
        print("formula:", error)
    return {"value": value}


@pages.route("/log")
def log():
    lines = request.args.get("lines", "100")
    name = request.args.get("name", "app")
    quoted = shlex.quote(name)
    # ok: python-command-injection
    shown = subprocess.check_output(f"tail -n {int(lines)} /var/log/helpdesk/{quoted}.log", shell=True)
    if not shown:
        # ruleid: python-command-injection
        shown = os.popen("zcat /var/log/helpdesk/" + name + ".log.1.gz | tail -n 100").read()
    return shown


@pages.route("/hooks/<name>", methods=["POST"])
def hook(name):
    if name not in HOOKS:
        abort(404)
    payload = request.get_json()
    # ok: python-ssrf
    requests.post("https://chat.example.com/hook", json=payload, timeout=5)
    callback = payload.get("callback") if payload else None
    if callback:
        url = callback if callback.startswith("http") else "https://" + callback
        # ruleid: python-ssrf
        answer = requests.get(url, timeout=5)
        return {"status": answer.status_code}
    return {"status": 0}


@pages.route("/mail/<int:template>")
def mail(template):
    # ok: python-ssrf
    answer = requests.get(f"https://mail.example.com/templates/{template}", timeout=5)
    return answer.text
