import type { Bundle } from './build.ts'

/**
 * Brings the configuration database up to date. Keeps its account in the same table as `wrangler d1 migrations`,
 * so that either may be used on one database; each migration is one transaction together with its entry.
 */
export async function migrate(db: D1Database, migrations: Bundle['migrations']): Promise<void> {
  await db
    .prepare(
      `CREATE TABLE IF NOT EXISTS d1_migrations(
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT UNIQUE,
        applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL
      )`,
    )
    .run()
  const applied = await db.prepare('SELECT name FROM d1_migrations').all<{ name: string }>()
  const known = new Set(applied.results.map(({ name }) => name))
  for (const { name, queries } of migrations.filter(({ name }) => !known.has(name)))
    await db.batch([
      ...queries.map((query) => db.prepare(query)),
      db.prepare('INSERT INTO d1_migrations (name) VALUES (?)').bind(name),
    ])
}
