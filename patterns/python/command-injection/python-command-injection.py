import os
import shlex
import subprocess

from flask import Flask, request

app = Flask(__name__)


@app.route("/ping")
def ping():
    host = request.args["host"]
    # ruleid: python-command-injection
    os.system("ping -c 1 " + host)
    # ok: python-command-injection
    subprocess.run(["ping", "-c", "1", "--", host], check=True)
    # ok: python-command-injection
    os.system("ping -c 1 " + shlex.quote(host))
    return "done"


@app.route("/archive/<name>")
def archive(name):
    command = "tar czf /backups/%s.tgz /data/%s" % (name, name)
    # ruleid: python-command-injection
    subprocess.run(command, shell=True, check=True)
    # ok: python-command-injection
    subprocess.run(["tar", "czf", "/backups/all.tgz", "/data"], check=True)
    return "archived"


@app.route("/lines", methods=["POST"])
def lines():
    path = request.form.get("path") or "/var/log/app.log"
    try:
        count = int(request.form.get("count"))
    except ValueError:
        count = 10
    # ruleid: python-command-injection
    shown = subprocess.check_output(f"tail -n {count} {path}", shell=True)
    # ok: python-command-injection
    shown = subprocess.check_output(f"tail -n {count} /var/log/app.log", shell=True)
    return shown


def thumbnail(request):
    upload = request.FILES["image"].name
    # ruleid: python-command-injection
    result = os.popen(f"identify {upload}").read()
    # ruleid: python-command-injection
    subprocess.Popen(["sh", "-c", "convert " + upload])
    # ok: python-command-injection
    subprocess.Popen(["convert", "--", upload])
    return result


def rotate_logs():
    # ok: python-command-injection
    os.system("logrotate /etc/logrotate.conf")


TABLE = {"a": "first", "b": "second"}


def harmless(request):
    # ok: python-command-injection
    os.system("head -n %s notes.txt" % (len(request.GET)))
    # ok: python-command-injection
    os.system("head -n %s notes.txt" % (TABLE[request.GET["key"]]))
    # ruleid: python-command-injection
    os.system("head -n %s notes.txt" % (request.GET["key"]))
