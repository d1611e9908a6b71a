/**
 * The ledger's tables. Steps are forward-only: a released one is never edited, and `apply` runs those that an object
 * has not seen. See docs/tables.md for the life of each row.
 */
const steps: readonly string[] = [
  `CREATE TABLE events (
     seq INTEGER PRIMARY KEY,
     id TEXT NOT NULL,
     type TEXT NOT NULL,
     source_id TEXT,
     open INTEGER NOT NULL,
     duplicates INTEGER NOT NULL DEFAULT 0,
     size INTEGER NOT NULL,
     dedupe TEXT,
     head TEXT NOT NULL,
     plan TEXT NOT NULL,
     body BLOB
   );
   CREATE TABLE bodies (
     seq INTEGER NOT NULL, part INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (seq, part)
   ) WITHOUT ROWID;
   CREATE TABLE dedupe (
     key TEXT PRIMARY KEY, seq INTEGER NOT NULL, content TEXT
   ) WITHOUT ROWID;
   CREATE TABLE work (
     seq INTEGER NOT NULL, idx INTEGER NOT NULL, data TEXT NOT NULL, PRIMARY KEY (seq, idx)
   ) WITHOUT ROWID;
   CREATE TABLE attempts (
     seq INTEGER NOT NULL, idx INTEGER NOT NULL, number INTEGER NOT NULL, data TEXT NOT NULL,
     PRIMARY KEY (seq, idx, number)
   ) WITHOUT ROWID;
   CREATE TABLE ended (
     seq INTEGER NOT NULL, idx INTEGER NOT NULL, state TEXT NOT NULL, replayed INTEGER NOT NULL DEFAULT 0,
     PRIMARY KEY (seq, idx)
   ) WITHOUT ROWID;
   CREATE TABLE lanes (
     lane TEXT PRIMARY KEY, last INTEGER NOT NULL, seq INTEGER NOT NULL
   ) WITHOUT ROWID;
   CREATE TABLE rejections (
     seq INTEGER PRIMARY KEY, id TEXT NOT NULL, source_id TEXT NOT NULL, data TEXT NOT NULL
   );
   CREATE TABLE jobs (
     id TEXT PRIMARY KEY, data TEXT NOT NULL
   ) WITHOUT ROWID;`,
]

/** Brings an object's tables to the newest step. `PRAGMA user_version` is refused here, so the step lies in the KV part. */
export function applySchema(storage: DurableObjectStorage): void {
  const seen = storage.kv.get<number>('schema') ?? 0
  if (seen >= steps.length) return
  storage.transactionSync(() => {
    for (const step of steps.slice(seen)) storage.sql.exec(step)
    storage.kv.put('schema', steps.length)
  })
}
