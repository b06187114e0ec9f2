import flask
from django.http import HttpResponseRedirect
from django.shortcuts import redirect as go
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from fastapi import FastAPI
from fastapi.responses import RedirectResponse
from flask import Flask, redirect, url_for

app = Flask(__name__)
api = FastAPI()


@app.route("/login", methods=["POST"])
def login():
    target = flask.request.args.get("next") or "/"
    # ruleid: python-open-redirect
    return redirect(target)


@app.route("/logout")
def logout():
    # ok: python-open-redirect
    return redirect(url_for("index", reason=flask.request.args.get("reason")))


@app.route("/short/<code>")
def short(code):
    if flask.request.headers.get("Referer"):
        # ruleid: python-open-redirect
        return redirect(flask.request.headers["Referer"], code=303)
    # ok: python-open-redirect
    return redirect("/")


def finish(request):
    # ruleid: python-open-redirect
    return HttpResponseRedirect(request.GET["return_to"])


def leave(request):
    if request.POST.get("again"):
        # ok: python-open-redirect
        return go(reverse("form", args=[request.POST["again"]]))
    # ruleid: python-open-redirect
    return go(request.POST.get("target"))


@api.get("/out")
async def out(url: str):
    # ruleid: python-open-redirect
    return RedirectResponse(url)


@api.get("/items/{item}")
async def item(item: int):
    # ok: python-open-redirect
    return RedirectResponse(f"/catalogue/{item}")


def again(request):
    # ok: python-open-redirect
    return HttpResponseRedirect(request.get_full_path())


def onwards(request):
    target = request.POST.get("next")
    if not url_has_allowed_host_and_scheme(url=target, allowed_hosts={request.get_host()}):
        target = "/"
    # ok: python-open-redirect
    return HttpResponseRedirect(target)


def forwards(request):
    target = request.GET.get("next")
    if target and not url_has_allowed_host_and_scheme(target, None):
        target = None
    # ok: python-open-redirect
    return HttpResponseRedirect(target)


def results(request):
    if "all" in request.GET:
        # ok: python-open-redirect
        return go("/results/?%s" % urlencode(request.GET))
    # ok: python-open-redirect
    return go("/results/" + request.GET["page"])


TARGETS = {"home": "/", "shop": "https://shop.example.org/"}


@app.route("/go/<name>")
def go_to(name):
    # ok: python-open-redirect
    return redirect(TARGETS[name])


@app.route("/tag/<name>")
def tag(name):
    if len(name) > 20:
        # ruleid: python-open-redirect
        return redirect("/" + name)
    if name == "old":
        # ruleid: python-open-redirect
        return redirect(f"https://{name}.example.org/")
    # ok: python-open-redirect
    return redirect(f"/tags/{name}")
