'use strict'
import fs, { readFile as read, exec } from 'fs'
import * as cp from "child_process";
const { exec: run, ...others } = require('child_process')
const LIMIT = 10, COMMAND = 'ls ' + '-l'
let x = `${COMMAND} ${`inner ${LIMIT}`}`
var re = /[/]\/(?<a>x)/gi, div = a / b / c
export default async function* outer({ a = 1, ...rest } = {}, [b, , c], ...d) {
  label: for await (const i of d) { if (i) continue label; else yield* i }
  const inner = q => eval(q ?? req.query.q)
  const other = async (q) => { await cp.exec(`echo ${q}`) }
  do { x++ } while (x < LIMIT)
  switch (a) { case 1: case COMMAND: eval(a); break; default: return a?.b?.[0]?.() }
  try { inner(req.body.x) } catch { throw new Error(x) } finally { delete a.b }
  return function () { return new.target, eval(this.x) }
}
class A extends (B, C) {
  static #n = 1; [LIMIT] = 2
  static { eval(this.#n) }
  get v() { return this.#n } set v(v) { this.#n = v }
  async *g() { /* nosemgrep */ eval(this.v) }
}
app.get('/x', (req, res) => {
  const name = req.query.name
  res.send('<p>' + name + '</p>') // nosemgrep
  document.body.innerHTML = name

  html`<p>${name}</p>`
  module.exports.f = (0, eval)(name), void 0
})
// eval(x)
if (x) eval(x)
else x = y

enum E { A = 1, B = "b" }
declare module "m" { export type T<K extends string = "a"> = { [P in K]?: T<P>[] } | readonly number[] }
namespace N.M { export const LIMIT = <number>10 }
abstract class G<T> implements I, J<T> {
  constructor(private readonly a: string, public b?: number) { super() }
  @Input() protected abstract x!: string | undefined
  m<K>(this: G<T>, k: keyof T): k is K { return eval(k as unknown as string) satisfies any }
}
function over(a: string): void
function over(a: any) { cp.exec(a!) }
type F = typeof import('fs')
import old = require("old")
export = over
