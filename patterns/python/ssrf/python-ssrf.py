import urllib.request

import flask
import httpx
import requests
from fastapi import FastAPI
from flask import Flask

app = Flask(__name__)
api = FastAPI()
FEEDS = {"news": "https://example.com/news.xml", "blog": "https://example.com/blog.xml"}


@app.route("/preview")
def preview():
    url = flask.request.args.get("url")
    # ruleid: python-ssrf
    page = requests.get(url, timeout=5)
    # ok: python-ssrf
    page = requests.get("https://example.com/preview", timeout=5)
    return page.text


@app.route("/weather/<host>")
def weather(host):
    address = "https://{}/weather.json".format(host)
    # ruleid: python-ssrf
    with urllib.request.urlopen(address) as answer:
        return answer.read()


@app.route("/feed/<name>")
def feed(name):
    if name not in FEEDS:
        flask.abort(404)
    # ok: python-ssrf
    return requests.get("https://example.com/feed/%d" % int(flask.request.args["page"])).text


@api.post("/hooks")
async def hook(callback: str, payload: dict):
    # ruleid: python-ssrf
    return httpx.post(callback, json=payload)


@api.get("/status/{code}")
async def status(code: int):
    # ok: python-ssrf
    return httpx.get(f"https://example.com/status/{code}")


def proxy(request):
    target = request.META.get("HTTP_X_TARGET", "https://example.com")
    # ruleid: python-ssrf
    return requests.request("GET", target + "/health").text


def heartbeat(settings):
    # ok: python-ssrf
    requests.post(settings.MONITOR_URL, json={"alive": True})


TABLE = {"a": "first", "b": "second"}


def harmless(request):
    # ok: python-ssrf
    requests.get("http://%s" % (len(request.GET)))
    # ok: python-ssrf
    requests.get("http://%s" % (TABLE[request.GET["key"]]))
    # ruleid: python-ssrf
    requests.get("http://%s" % (request.GET["key"]))
