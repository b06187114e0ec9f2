import { Body, Controller, Get, Param, ParseIntPipe, Post, Query } from "@nestjs/common";
import { DataSource } from "typeorm";
import { PrismaClient } from "@prisma/client";

@Controller("cats")
export class CatsController {
  constructor(private readonly db: DataSource, private readonly prisma: PrismaClient) {}

  @Get("search")
  async search(@Query("name") name: string): Promise<Cat[]> {
    // ruleid: javascript-sql-injection
    return this.db.query(`SELECT * FROM cats WHERE name = '${name}'`);
  }

  @Get("safe")
  async safe(@Query("name") name: string): Promise<Cat[]> {
    // ok: javascript-sql-injection
    return this.db.query("SELECT * FROM cats WHERE name = $1", [name]);
  }

  @Post()
  async create(@Body() dto: CreateCat) {
    const sql: string = "INSERT INTO cats (name) VALUES ('" + dto.name + "')";
    // ruleid: javascript-sql-injection
    await this.prisma.$executeRawUnsafe(sql);
    // ok: javascript-sql-injection
    await this.prisma.$executeRaw`INSERT INTO cats (name) VALUES (${dto.name})`;
  }

  @Get(":id")
  async one(@Param("id") id: string) {
    const key = parseInt(id, 10);
    // ok: javascript-sql-injection
    return this.db.query(`SELECT * FROM cats WHERE id = ${key}`);
  }
}

export async function GET(request: Request) {
  const { searchParams } = new URL(request.url);
  const tag = searchParams.get("tag") as string;
  // ruleid: javascript-sql-injection
  const rows = await prisma.$queryRawUnsafe("SELECT * FROM posts WHERE tag = '" + tag + "'");
  return Response.json(rows);
}
