import ast
import importlib
import json
import operator

import flask
from flask import Flask

app = Flask(__name__)
OPERATIONS = {"add": operator.add, "sub": operator.sub}


@app.route("/calculate")
def calculate():
    formula = flask.request.args.get("formula")
    # ruleid: python-code-injection
    result = eval(formula)
    # ok: python-code-injection
    result = ast.literal_eval(formula)
    return str(result)


@app.route("/calculate/<name>")
def operation(name):
    # ok: python-code-injection
    return str(OPERATIONS[name](int(flask.request.args["a"]), int(flask.request.args["b"])))


@app.route("/scripts", methods=["POST"])
def script():
    data = flask.request.get_json()
    code = "def run():\n    " + data["code"]
    # ruleid: python-code-injection
    exec(code, {})
    # ok: python-code-injection
    exec("print('done')")
    return "ok"


@app.route("/plugins/<name>")
def plugin(name):
    # ruleid: python-code-injection
    module = importlib.import_module("plugins." + name)
    # ok: python-code-injection
    default = importlib.import_module("plugins.default")
    return module.run() + default.run()


def settings(request):
    raw = request.body
    # ruleid: python-code-injection
    values = eval(compile(raw, "<settings>", "eval"))
    # ok: python-code-injection
    values = json.loads(raw)
    return values


TABLE = {"a": "first", "b": "second"}


def harmless(request):
    # ok: python-code-injection
    eval(len(request.GET))
    # ok: python-code-injection
    eval(TABLE[request.GET["key"]])
    # ruleid: python-code-injection
    eval(request.GET["key"])
