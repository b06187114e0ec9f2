from django.http import HttpResponse
from django.shortcuts import render
from django.template import Context, Template
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from flask import Flask, make_response, render_template, request as req
from markupsafe import Markup, escape

app = Flask(__name__)
api = FastAPI()


@app.route("/hello")
def hello():
    name = req.args.get("name", "you")
    # ruleid: python-xss
    return "<h1>Hello, " + name + "</h1>"


@app.route("/hello/<name>")
def hello_path(name):
    # ruleid: python-xss
    return f"<h1>Hello, {name}</h1>"


@app.route("/welcome/<name>")
def welcome(name):
    safe = escape(name)
    # ok: python-xss
    return f"<h1>Welcome, {safe}</h1>"


@app.route("/profile")
def profile():
    # ok: python-xss
    return render_template("profile.html", name=req.args.get("name"))


@app.route("/banner")
def banner():
    color = req.cookies.get("color", "red")
    page = "<style>h1 { color: %s }</style>" % color
    # ruleid: python-xss
    response = make_response(page)
    # ruleid: python-xss
    response.banner = Markup("<b>" + color + "</b>")
    # ok: python-xss
    response.plain = Markup("<b>") + color
    return response


def search(request):
    term = request.GET.get("q", "")
    if not term:
        # ok: python-xss
        return render(request, "empty.html", {"term": term})
    # ruleid: python-xss
    return HttpResponse("<p>Nothing found for " + term + "</p>")


def greeting(request):
    name = request.POST["name"]
    # ok: python-xss
    html = format_html("<b>{}</b>", name)
    # ruleid: python-xss
    html += mark_safe("<i>%s</i>" % name)
    # ok: python-xss
    return HttpResponse(name, content_type="text/plain")


@api.get("/echo")
async def echo(message: str = ""):
    # ruleid: python-xss
    return HTMLResponse(f"<p>{message}</p>")


@api.get("/page/{number}")
async def page(number: int):
    # ok: python-xss
    return HTMLResponse(f"<p>Page {number}</p>")


def letter(request):
    template = Template("<p>Dear {{ name }}</p>")
    context = Context({"name": request.GET["name"]})
    # ok: python-xss
    return HttpResponse(template.render(context))


def polite_letter(request):
    if request.method == "POST":
        template = Template("<p>Dear {{ name }}</p>")
    else:
        template = Template("<p>Hello {{ name }}</p>")
    # ok: python-xss
    return HttpResponse(template.render(Context({"name": request.GET["name"]})))


def raw_letter(request):
    template = Template("<p>Dear {{ name }}</p>")
    # ruleid: python-xss
    return HttpResponse(template.render(Context({"name": request.GET["name"]}, autoescape=False)))


def upload(request):
    charset = request.encoding or "utf-8"
    # ok: python-xss
    sizes = HttpResponse("<p>%d files</p>" % len(request.FILES))
    # ok: python-xss
    known = HttpResponse("<p>Known: %s</p>" % ("name" in request.POST))
    # ruleid: python-xss
    ruler = HttpResponse(request.POST["ruler"] * 3)
    # ok: python-xss
    return HttpResponse(request.body, content_type="text/plain; charset=%s" % charset)
