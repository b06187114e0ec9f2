import flask
from django.template import Context, Template
from flask import Flask, render_template_string
from jinja2 import Environment
import jinja2

app = Flask(__name__)


@app.route("/hello")
def hello():
    name = flask.request.args.get("name")
    # ruleid: python-template-injection
    page = render_template_string("<h1>Hello " + name + "</h1>")
    # ok: python-template-injection
    page = render_template_string("<h1>Hello {{ name }}</h1>", name=name)
    return page


@app.route("/mail", methods=["POST"])
def mail():
    body = flask.request.form["body"]
    for key, value in flask.request.form.items():
        body = body.replace("[" + key + "]", value)
    environment = Environment(autoescape=True)
    # ruleid: python-template-injection
    letter = environment.from_string(body)
    # ok: python-template-injection
    footer = environment.from_string("Yours, {{ sender }}")
    return letter.render() + footer.render(sender=body)


@app.errorhandler(404)
def missing(error):
    # ruleid: python-template-injection
    return jinja2.Template("No page " + flask.request.url).render(), 404


def preview(request):
    # ruleid: python-template-injection
    template = Template(request.POST["template"])
    # ok: python-template-injection
    fixed = Template("Hello {{ name }}")
    return template.render(Context({})) + fixed.render(Context({"name": request.POST["name"]}))


TABLE = {"a": "first", "b": "second"}


def harmless(request):
    # ok: python-template-injection
    jinja2.Template(len(request.GET))
    # ok: python-template-injection
    jinja2.Template(TABLE[request.GET["key"]])
    # ruleid: python-template-injection
    jinja2.Template(request.GET["key"])
