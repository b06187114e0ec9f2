"""Attachments, exports and imports."""

import json
import os
import pickle
import subprocess
import tarfile

import yaml
from flask import Blueprint, abort, current_app, request, send_file, send_from_directory
from werkzeug.utils import secure_filename

pages = Blueprint("files", __name__, url_prefix="/files")

KINDS = ("png", "jpg", "pdf", "txt")


@pages.route("/<path:name>")
def attachment(name):
    # ok: python-path-traversal
    return send_from_directory(current_app.config["UPLOADS"], name)


@pages.route("/raw")
def raw():
    folder = current_app.config["UPLOADS"]
    name = request.args.get("name")
    if name is None:
        abort(400)
    path = os.path.join(folder, name)
    # ruleid: python-path-traversal
    return send_file(path, mimetype="application/octet-stream")


@pages.route("/", methods=["POST"])
def upload():
    file = request.files["file"]
    name = secure_filename(file.filename)
    kind = name.rsplit(".", 1)[-1]
    if kind not in KINDS:
        abort(415)
    target = os.path.join(current_app.config["UPLOADS"], name)
    # ok: python-path-traversal
    with open(target, "wb") as out:
        out.write(file.read())
    original = file.filename
    # ruleid: python-path-traversal
    with open("/srv/helpdesk/log/" + original + ".log", "a") as log:
        log.write("uploaded\n")
    return "", 201


@pages.route("/<name>", methods=["DELETE"])
def remove(name):
    # ok: python-path-traversal
    os.remove(os.path.join(current_app.config["UPLOADS"], os.path.basename(name)))
    return "", 204


@pages.route("/thumbnail", methods=["POST"])
def thumbnail():
    options = request.get_json()
    size = int(options.get("size", 64))
    source = options["source"]
    command = f"convert {source} -resize {size}x{size} /tmp/thumb.png"
    # ruleid: python-command-injection
    subprocess.run(command, shell=True, check=True)
    # ok: python-command-injection
    subprocess.run(["convert", "--", source, "-resize", f"{size}x{size}", "/tmp/thumb.png"], check=True)
    # ok: python-command-injection
    subprocess.run(f"optipng -o{size} /tmp/thumb.png", shell=True, check=True)
    return "", 202


@pages.route("/import", methods=["POST"])
def import_tickets():
    body = request.data
    kind = request.headers.get("Content-Type", "")
    if "json" in kind:
        # ok: python-unsafe-deserialization
        tickets = json.loads(body)
    elif "yaml" in kind:
        # ok: python-unsafe-deserialization
        tickets = yaml.safe_load(body)
    else:
        # ruleid: python-unsafe-deserialization
        tickets = pickle.loads(body)
    return {"imported": len(tickets)}


@pages.route("/backup")
def backup():
    # ok: python-path-traversal
    with tarfile.open("/srv/helpdesk/backup.tgz", "w:gz") as archive:
        archive.add(current_app.config["UPLOADS"])
    # ok: python-path-traversal
    return send_file("/srv/helpdesk/backup.tgz")
