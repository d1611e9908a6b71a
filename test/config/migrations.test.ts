import { env } from 'cloudflare:workers'
import { getTableConfig } from 'drizzle-orm/sqlite-core'
import { expect, it } from 'vitest'
import * as schema from '../../src/config/schema.ts'

interface Column {
  name: string
  type: string
  notnull: number
  pk: number
}

async function readOf<Row>(sql: string): Promise<Row[]> {
  return (await env.DB.prepare(sql).all<Row>()).results
}

const tables = Object.values(schema).map(getTableConfig)

it('have made the tables of the schema, and no others', async () => {
  const made = await readOf<{ name: string }>(
    "select name from sqlite_master where type = 'table' and name not like 'sqlite%' and name not like '\\_cf%' escape '\\' and name <> 'd1_migrations'",
  )
  expect(made.map(({ name }) => name).sort()).toEqual(tables.map(({ name }) => name).sort())
})

it.each(tables)('have made $name as the schema says', async (table) => {
  const columns = await readOf<Column>(`pragma table_info("${table.name}")`)
  const [compound] = table.primaryKeys.map((key) => key.columns.map(({ name }) => name))
  expect(columns.map(({ name, type, notnull, pk }) => ({ name, type, notnull, pk }))).toEqual(
    table.columns.map((column) => ({
      name: column.name,
      type: column.getSQLType().toUpperCase(),
      notnull: Number(column.notNull),
      pk: column.primary ? 1 : (compound?.indexOf(column.name) ?? -1) + 1,
    })),
  )
  const indexes = await readOf<{ name: string; unique: number }>(
    `select name, "unique" from pragma_index_list('${table.name}') where origin = 'c'`,
  )
  expect(indexes).toEqual(
    table.indexes.map(({ config }) => ({ name: config.name, unique: Number(config.unique) })),
  )
})
