import os
from pathlib import Path

import flask
from fastapi import FastAPI
from fastapi.responses import FileResponse
from flask import Flask, send_file, send_from_directory
from werkzeug.utils import secure_filename

app = Flask(__name__)
api = FastAPI()
FOLDER = "/srv/files"


@app.route("/download")
def download():
    name = flask.request.args.get("name")
    # ruleid: python-path-traversal
    with open(os.path.join(FOLDER, name)) as file:
        content = file.read()
    # ok: python-path-traversal
    with open(os.path.join(FOLDER, os.path.basename(name))) as file:
        content += file.read()
    return content


@app.route("/reports/<path:report>")
def report(report):
    path = FOLDER + "/reports/" + report
    if not path.endswith(".pdf"):
        path += ".pdf"
    # ruleid: python-path-traversal
    return send_file(path)


@app.route("/attachments/<path:name>")
def attachment(name):
    # ok: python-path-traversal
    return send_from_directory(FOLDER, name)


@app.route("/upload", methods=["POST"])
def upload():
    name = flask.request.form["name"]
    safe = secure_filename(name)
    # ok: python-path-traversal
    with open(f"{FOLDER}/{safe}", "wb") as file:
        file.write(flask.request.data)
    # ruleid: python-path-traversal
    os.remove(f"{FOLDER}/{name}.old")
    return "", 204


@api.get("/avatars/{user}")
def avatar(user: str, size: int = 64):
    # ruleid: python-path-traversal
    return FileResponse("/srv/avatars/" + user + ".png")


@api.get("/thumbnails/{number}")
def thumbnail(number: int):
    # ok: python-path-traversal
    return FileResponse(f"/srv/thumbnails/{number}.png")


def export(request):
    template = request.GET.get("template", "default")
    # ruleid: python-path-traversal
    text = Path(template).read_text()
    # ok: python-path-traversal
    text += Path("templates/default.txt").read_text()
    return text


TABLE = {"a": "first", "b": "second"}


def harmless(request):
    # ok: python-path-traversal
    open("/srv/notes/%s" % (len(request.GET)))
    # ok: python-path-traversal
    open("/srv/notes/%s" % (TABLE[request.GET["key"]]))
    # ruleid: python-path-traversal
    open("/srv/notes/%s" % (request.GET["key"]))
