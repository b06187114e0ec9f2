#!/usr/bin/env python3
"""Corners of the language, small."""
from __future__ import annotations
import os, subprocess as sp
from flask import (
    request as req,
)
import flask
from os import path as p, system

LIMIT = 10
COMMAND = "ls " "-l"
TEMPLATE = f"{COMMAND} {LIMIT!r:>{LIMIT}}"
a, *b = c = [1, 2]


@flask.route("/x", methods=["GET"])
async def outer(a, /, b=COMMAND, *args, c: int = 1, **rest) -> None:
    """Doc."""
    global LIMIT
    x = req.args.get("x")

    def inner(y):
        nonlocal x
        if (z := y):
            return system(z)
        else:
            yield from (i for i in x if i)
        return eval(x)

    with open(x) as f, open(b) as g:
        for i, j in enumerate(f):
            sp.run(f"echo {i} {x}", shell=True)
    try:
        await inner(x)
    except* (ValueError, OSError) as e:
        raise RuntimeError(x) from e
    finally:
        x += 1; del x
    match x:
        case {"k": [1, *_], **kw} if kw:
            os.system(kw)
        case C(a=1) | None:
            pass
    return lambda q: eval(q)


class A(B, metaclass=M):
    LIMIT: int = 3
    def f(self): return self.LIMIT if self else os.system(COMMAND)
    class C:
        def g(self):
            # nosemgrep
            eval(self.x)


eval(req.form["y"] + """
%s""" % COMMAND)  # nosemgrep: other
if __name__ == "__main__": outer(
    1,
    b=2)
