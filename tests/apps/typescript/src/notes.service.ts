import { Injectable } from "@nestjs/common";
import { DataSource } from "typeorm";
import { Note } from "./note";

@Injectable()
export class NotesService {
  constructor(private readonly db: DataSource) {}

  async search(term: string): Promise<Note[]> {
    // todoruleid: javascript-sql-injection
    return this.db.query(`SELECT * FROM notes WHERE text LIKE '%${term}%'`);
  }
}
