const express = require("express");
const app = express();

app.get("/login", (req, res) => {
  // ruleid: javascript-open-redirect
  res.redirect(req.query.next);
});

app.get("/logout", (req, res) => {
  const next = req.query.next || "/";
  // ruleid: javascript-open-redirect
  res.redirect(302, next);
  // ok: javascript-open-redirect
  res.redirect("/goodbye");
});

const PAGES = { start: "/", profile: "/me" };

app.get("/go", (req, res) => {
  let target = "/";
  if (req.query.page === "profile") {
    target = PAGES.profile;
  }
  // ok: javascript-open-redirect
  res.redirect(target);
  // ok: javascript-open-redirect
  res.redirect("/search?q=" + encodeURIComponent(req.query.q));
});

async function back(ctx) {
  // ruleid: javascript-open-redirect
  ctx.redirect(ctx.query.url);
}

function raw(request, response) {
  // ruleid: javascript-open-redirect
  response.writeHead(302, { Location: request.headers.referer });
  response.end();
}

app.get("/old/:page", (req, res) => {
  if (req.query.wiki) {
    // ok: javascript-open-redirect
    return res.redirect("https://wiki.example.com/" + req.params.page);
  }
  if (req.query.plain) {
    // ruleid: javascript-open-redirect
    return res.redirect("/" + req.params.page);
  }
  // ok: javascript-open-redirect
  res.redirect(`/pages/${req.params.page}`);
});
