import base64
import json
import pickle

import flask
import jsonpickle
import yaml
from flask import Flask

app = Flask(__name__)


@app.route("/cart")
def cart():
    cookie = flask.request.cookies.get("cart")
    if cookie is None:
        return {"items": []}
    # ruleid: python-unsafe-deserialization
    items = pickle.loads(base64.b64decode(cookie))
    # ok: python-unsafe-deserialization
    items = json.loads(base64.b64decode(cookie))
    return {"items": items}


@app.route("/import", methods=["POST"])
def import_settings():
    text = flask.request.data.decode()
    # ruleid: python-unsafe-deserialization
    settings = yaml.load(text, Loader=yaml.Loader)
    # ok: python-unsafe-deserialization
    settings = yaml.load(text, Loader=yaml.SafeLoader)
    # ok: python-unsafe-deserialization
    settings = yaml.safe_load(text)
    return settings


def restore(request):
    upload = request.FILES["backup"]
    # ruleid: python-unsafe-deserialization
    backup = pickle.load(upload)
    # ruleid: python-unsafe-deserialization
    note = jsonpickle.decode(request.body)
    # ok: python-unsafe-deserialization
    with open("/var/lib/app/cache.pickle", "rb") as file:
        cache = pickle.load(file)
    return backup, note, cache


TABLE = {"a": "first", "b": "second"}


def harmless(request):
    # ok: python-unsafe-deserialization
    pickle.loads(len(request.GET))
    # ok: python-unsafe-deserialization
    pickle.loads(TABLE[request.GET["key"]])
    # ruleid: python-unsafe-deserialization
    pickle.loads(request.GET["key"])
