import { and, eq, inArray, isNull, lte, sql } from 'drizzle-orm'
import { utf8 } from '../signing/bytes.ts'
import { toHex } from '../signing/encodings.ts'
import { sha256 } from '../signing/hmac.ts'
import type { Configuration, StoredAnswer } from './config.ts'
import { hmac } from './keyring.ts'
import { idempotency } from './schema.ts'
import type { Place } from './seal.ts'
import { opened, seal } from './seal.ts'
import type { Store } from './store.ts'

type Row = typeof idempotency.$inferSelect

const keptMs = 24 * 60 * 60 * 1000
/** A request that has not answered by then has died with its isolate. */
const abandonedMs = 60_000
const patienceMs = 10_000
const firstLookMs = 25
const slowestLookMs = 500
const sweep = 100

const placeOf = ({ scope, key }: Pick<Row, 'scope' | 'key'>): Place => ({
  tenant: scope,
  record: key,
  field: 'answer',
})

/**
 * A request's fingerprint under every master key. Keyed, because a body may hold a secret, and a plain hash would let a
 * reader of the database try guesses.
 */
async function fingerprintsOf(store: Store, text: string): Promise<[string, ...string[]]> {
  const [first, ...others] = await store.keyring()
  const print = async (key: CryptoKey): Promise<string> => toHex(await hmac(key, text))
  return [
    await print(first.fingerprints),
    ...(await Promise.all(others.map((key) => print(key.fingerprints)))),
  ]
}

/** Puts `mine` in if nobody else's stands there, and answers what stands there then. */
async function claim({ db, now }: Store, mine: Row, fingerprints: string[]): Promise<Row | null> {
  const expired = db
    .select({ id: sql`rowid` })
    .from(idempotency)
    .where(lte(idempotency.expires_at, now()))
    .limit(sweep)
  const abandoned = and(
    isNull(idempotency.answer),
    lte(idempotency.claimed_at, now() - abandonedMs),
    inArray(idempotency.fingerprint, fingerprints),
  )
  const dead = lte(idempotency.expires_at, now())
  const [, , [row]] = await db.batch([
    db.delete(idempotency).where(sql`rowid in ${expired}`),
    db
      .insert(idempotency)
      .values(mine)
      .onConflictDoUpdate({
        target: [idempotency.scope, idempotency.key],
        set: mine,
        setWhere: sql`${abandoned} or ${dead}`,
      }),
    db
      .select()
      .from(idempotency)
      .where(and(eq(idempotency.scope, mine.scope), eq(idempotency.key, mine.key))),
  ])
  return row ?? null
}

/** Runs `execute` for the holder of the claim, and keeps its answer for those who come after. */
async function run(
  store: Store,
  mine: Row,
  execute: () => Promise<StoredAnswer>,
): Promise<StoredAnswer> {
  const { db } = store
  const own = and(
    eq(idempotency.scope, mine.scope),
    eq(idempotency.key, mine.key),
    eq(idempotency.claim, mine.claim),
  )
  let answer: StoredAnswer
  try {
    answer = await execute()
  } catch (error) {
    await db.delete(idempotency).where(own)
    throw error
  }
  if (answer.status >= 500) {
    await db.delete(idempotency).where(own)
    return answer
  }
  const sealed = await seal(
    await store.keyring(),
    placeOf(mine),
    JSON.stringify(answer),
    store.random,
  )
  const keep = () => db.update(idempotency).set({ answer: sealed }).where(own)
  // What was asked for is done: a failure to note it must not look to the caller as if it were not.
  await keep().catch(() => keep().catch(() => null))
  return answer
}

/** `Configuration.once` over one table: whose insert succeeds runs, the others look until there is an answer. */
export function onceIn(store: Store): Configuration['once'] {
  return async (scope, key, fingerprint, execute) => {
    const fingerprints = await fingerprintsOf(store, fingerprint)
    const start = store.now()
    const hash = toHex(sha256(utf8(key)))
    const token = toHex(store.random(16))
    for (let lookMs = firstLookMs; ; lookMs = Math.min(lookMs * 2, slowestLookMs)) {
      const now = store.now()
      const mine: Row = {
        scope,
        key: hash,
        fingerprint: fingerprints[0],
        claim: token,
        claimed_at: now,
        answer: null,
        expires_at: now + keptMs,
      }
      const row = await claim(store, mine, fingerprints)
      if (row?.claim === token) {
        return { kind: 'answer', answer: await run(store, mine, execute) }
      }
      if (row !== null && !fingerprints.includes(row.fingerprint)) return { kind: 'conflict' }
      if (row?.answer) {
        const text = await opened(await store.keyring(), placeOf(row), row.answer)
        // What opens is what `run` sealed: the seal vouches for it.
        return { kind: 'answer', answer: JSON.parse(text) as StoredAnswer }
      }
      if (store.now() - start >= patienceMs) return { kind: 'busy' }
      await store.wait(lookMs)
    }
  }
}
