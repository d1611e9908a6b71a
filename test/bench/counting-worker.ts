/**
 * The production Worker with its operations counted, for the prices: every row that SQLite says it wrote or read,
 * every call of a ledger, every message and every statement. Only the counting cases run it.
 */
import production, { Ledger as ProductionLedger } from '../../src/index.ts'
import type { Pointer } from '../../src/ledger/protocol.ts'
import { type Counts, noCounts } from './counts.ts'

const counts = noCounts()
const cursors: SqlStorageCursor<Record<string, SqlStorageValue>>[] = []

/** A cursor knows its rows only when it has been read to its end, which here is before the next statement. */
function countCursors(): void {
  for (const { rowsRead, rowsWritten } of cursors.splice(0)) {
    counts.rows_read += rowsRead
    counts.rows_written += rowsWritten
  }
}

/** Calls `seen` before each call of one of the methods of `target`. */
const watched = <T extends object>(target: T, seen: (method: string, args: unknown[]) => void): T =>
  new Proxy(target, {
    get(_, name) {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      return (...args: unknown[]) => {
        seen(String(name), args)
        return Reflect.apply(value, target, args)
      }
    },
  })

const queue = (binding: Queue<Pointer>) =>
  watched(binding, (method, [messages]) => {
    if (method === 'send') counts.queue_operations += 1
    if (method === 'sendBatch' && Array.isArray(messages))
      counts.queue_operations += messages.length
  })

const ledgers = (binding: Env['LEDGER']): Env['LEDGER'] =>
  new Proxy(binding, {
    get: (_, name) =>
      name === 'getByName'
        ? (id: string) => watched(binding.getByName(id), () => void (counts.ledger_calls += 1))
        : Reflect.get(binding, name),
  })

const known = new WeakMap<Env, Env>()

/** The same for the same: production remembers things by its `env`. */
function counted(env: Env): Env {
  const seen = known.get(env) ?? {
    ...env,
    LEDGER: ledgers(env.LEDGER),
    DELIVERIES_HIGH: queue(env.DELIVERIES_HIGH),
    DELIVERIES: queue(env.DELIVERIES),
    DELIVERIES_LOW: queue(env.DELIVERIES_LOW),
    DEAD_LETTERS: queue(env.DEAD_LETTERS),
    DB: watched(env.DB, (method) => {
      if (method === 'prepare') counts.d1_statements += 1
    }),
  }
  known.set(env, seen)
  return seen
}

let isWatching = false

/** The storage is not handed on wrapped, because the runtime takes only its own: its methods are replaced instead. */
function watchStorage({ storage }: DurableObjectState): void {
  if (isWatching) return
  isWatching = true
  const sql = Object.getPrototypeOf(storage.sql)
  const { exec } = sql
  sql.exec = function (...args: unknown[]) {
    countCursors()
    const cursor = exec.apply(this, args)
    cursors.push(cursor)
    return cursor
  }
  const oneRow = (prototype: Record<string, (...args: unknown[]) => unknown>, method: string) => {
    const original = prototype[method]
    prototype[method] = function (...args: unknown[]) {
      counts.rows_written += 1
      return original?.apply(this, args)
    }
  }
  oneRow(Object.getPrototypeOf(storage.kv), 'put')
  oneRow(Object.getPrototypeOf(storage.kv), 'delete')
  oneRow(Object.getPrototypeOf(storage), 'setAlarm')
}

export class Ledger extends ProductionLedger {
  constructor(ctx: DurableObjectState, env: Env) {
    watchStorage(ctx)
    super(ctx, counted(env))
  }

  override alarm(): Promise<void> {
    counts.alarms += 1
    return super.alarm()
  }
}

export const door = {
  async fetch(request, env, ctx) {
    if (new URL(request.url).pathname === '/bench/counts') {
      countCursors()
      return Response.json(counts satisfies Counts)
    }
    counts.requests += 1
    return production.fetch(request, counted(env), ctx)
  },
} satisfies ExportedHandler<Env>

export default {
  ...door,
  async queue(batch, env, ctx) {
    // Read and deleted: a message that is tried again would be read once more, and is not deleted.
    counts.queue_operations += 2 * batch.messages.length
    await production.queue(batch, counted(env), ctx)
  },
} satisfies ExportedHandler<Env, Pointer>
