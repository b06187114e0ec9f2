import { execFile, execSync } from "child_process";
import { readFileSync } from "fs";
import path from "path";
import type { Request, Response } from "express";

const RENDERERS: Record<string, string> = { html: "render-html", pdf: "render-pdf" };

export async function preview(req: Request, res: Response): Promise<void> {
  const url = req.query.url as string;
  // ruleid: javascript-ssrf
  const page = await fetch(url);
  // ok: javascript-ssrf
  const icon = await fetch("https://icons.example/" + encodeURIComponent(url));
  res.json({ title: await page.text(), icon: icon.url });
}

export function render(req: Request, res: Response): void {
  const { note, format } = req.body as { note: string; format: string };
  const renderer = format === "pdf" ? RENDERERS.pdf : RENDERERS.html;
  // ok: javascript-command-injection
  execSync(renderer + " --check");
  // ok: javascript-command-injection
  execFile(renderer, ["--", note], (_, out) => res.json(out));
}

export function print(req: Request, res: Response): void {
  const copies = Number(req.query.copies);
  const printer = req.query.printer!;
  let command = `lp -n ${copies}`;
  // ok: javascript-command-injection
  execSync(command);
  command += ` -d ${printer}`;
  // ruleid: javascript-command-injection
  execSync(command);
  res.end();
}

export function filter(req: Request, res: Response): void {
  const expression = String(req.body.expression);
  // ruleid: javascript-code-injection
  const keep = new Function("note", `return ${expression}`) as (note: unknown) => boolean;
  // ok: javascript-code-injection
  const notes: unknown[] = JSON.parse(req.body.notes);
  res.json(notes.filter(keep));
}

export async function next(req: Request, res: Response): Promise<void> {
  const target = (req.query.next as string) || "/";
  if (target === "/") {
    // ok: javascript-open-redirect
    return res.redirect("/");
  }
  // ruleid: javascript-open-redirect
  res.redirect(target);
}

export function theme(req: Request, res: Response): void {
  const { name = "plain", size } = req.query as Record<string, string | undefined>;
  let sheet = "";
  try {
    // ruleid: javascript-path-traversal
    sheet = readFileSync(`themes/${name}/${size ?? "normal"}.css`, "utf8");
  } catch {
    // ok: javascript-path-traversal
    sheet = readFileSync(path.join("themes", name === "dark" ? "dark.css" : "plain.css"), "utf8");
  }
  res.json({ sheet });
}
