const express = require("express");
const app = express();

app.post("/login", async (req, res) => {
  // ruleid: javascript-nosql-injection
  const user = await User.findOne({ name: req.body.name, password: req.body.password });
  res.json(user);
});

app.post("/login-safely", async (req, res) => {
  // ok: javascript-nosql-injection
  const user = await User.findOne({ name: String(req.body.name) });
  res.json(user);
});

app.delete("/posts", async (req, res) => {
  const filter = req.body;
  // ruleid: javascript-nosql-injection
  await db.collection("posts").deleteMany(filter);
  // ok: javascript-nosql-injection
  await db.collection("posts").deleteMany({ archived: true });
  res.end();
});

app.get("/products", async (req, res) => {
  // ruleid: javascript-nosql-injection
  const found = await db.collection("products").find({ category: req.query.category }).toArray();
  // ok: javascript-nosql-injection
  const one = await Product.findOne({ sku: req.query.sku.toString() });
  // ok: javascript-nosql-injection
  const cheap = found.find((product) => product.price < 10);
  res.json({ found, one, cheap });
});

async function repeat(ctx) {
  ctx.body = "an answer of our own";
  // ok: javascript-nosql-injection
  await Post.findOne(ctx.body);
  const known = { first: "1", second: "2" };
  // ok: javascript-nosql-injection
  await Post.findOne(known[ctx.query.name]);
  // ruleid: javascript-nosql-injection
  await Post.findOne(ctx.request.body);
}
