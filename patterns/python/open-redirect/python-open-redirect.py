import flask
from django.http import HttpResponseRedirect
from django.shortcuts import redirect as go
from django.urls import reverse
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
