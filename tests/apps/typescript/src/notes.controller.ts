import { Body, Controller, Delete, Get, Headers, Param, ParseIntPipe, Post, Query, Res } from "@nestjs/common";
import { Response } from "express";
import { DataSource } from "typeorm";
import * as fs from "fs";
import * as path from "path";
import { NotesService } from "./notes.service";
import { CreateNote, Note } from "./note";

const ATTACHMENTS = path.join(__dirname, "attachments");

@Controller("notes")
export class NotesController {
  constructor(private readonly db: DataSource, private readonly notes: NotesService) {}

  @Get()
  async list(@Query("tag") tag: string, @Query("page") page = "1"): Promise<Note[]> {
    const offset = (Number(page) - 1) * 20;
    if (tag === undefined) {
      // ok: javascript-sql-injection
      return this.db.query(`SELECT * FROM notes LIMIT 20 OFFSET ${offset}`);
    }
    // ruleid: javascript-sql-injection
    return this.db.query(`SELECT * FROM notes WHERE tag = '${tag}' LIMIT 20 OFFSET ${offset}`);
  }

  @Post()
  async create(@Body() note: CreateNote): Promise<void> {
    const { title, text } = note;
    // ok: javascript-sql-injection
    await this.db.query("INSERT INTO notes (title, text) VALUES ($1, $2)", [title, text]);
    const audit: string = "INSERT INTO audit (entry) VALUES ('created " + title + "')";
    // ruleid: javascript-sql-injection
    await this.db.query(audit);
  }

  @Get("search")
  async search(@Query("q") q: string): Promise<Note[]> {
    return this.notes.search(q);
  }

  @Get(":id/attachment")
  attachment(@Param("id") id: string, @Query("name") name: string, @Res() res: Response): void {
    const folder = path.join(ATTACHMENTS, String(parseInt(id, 10)));
    // ruleid: javascript-path-traversal
    fs.createReadStream(path.join(folder, name)).pipe(res);
  }

  @Get(":id/cover")
  cover(@Param("id") id: string, @Query("name") name: string, @Res() res: Response): void {
    const file = path.join(ATTACHMENTS, "covers", path.basename(name));
    // ok: javascript-path-traversal
    fs.createReadStream(file).pipe(res);
  }

  @Delete(":id")
  async remove(@Param("id") id: string, @Headers("referer") referer: string, @Res() res: Response): Promise<void> {
    const key = parseInt(id, 10);
    // ok: javascript-sql-injection
    await this.db.query(`DELETE FROM notes WHERE id = ${key}`);
    // ruleid: javascript-open-redirect
    res.redirect(referer ?? "/notes");
  }

  @Get("hello")
  hello(@Query("name") name: string, @Res() res: Response): void {
    const greeting = `<h1>Hello ${name}</h1>`;
    // ruleid: javascript-reflected-xss
    res.send(greeting);
  }
}
