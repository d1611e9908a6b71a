import type { ReplayJob } from '../ledger/protocol.ts'
import { fromBase32, newId, prefixOf } from '../model/ids.ts'
import { utf8 } from '../signing/bytes.ts'
import type { Services } from './bound-services.ts'
import { post, type Poster } from './post.ts'
import type { TenantLedger } from './shards.ts'
import type { Posted, PostedEvent } from './verbs.ts'

/** Records go in as many at once, so that no batch holds the ledger for long. */
const chunk = 100
/** How long what the ingest limit stops is posted again, all batches together, and the longest wait of one. */
const patienceMs = 20_000
const longestWaitMs = 3000

export interface Sync {
  jobId: string
  total: number
  /** How many were not stored, with the first reason. */
  refused: number
  reason: Posted['kind'] | null
}

export interface SyncRequest {
  /** The one connection that takes the records. */
  through: string
  type: string
  /** The `data` of each record's event. */
  records: readonly unknown[]
}

/** What tells a record's event from others, and from which job it is and how many there are of it. */
const idOf = (jobId: string, total: number, index: number): string => `${jobId}.${total}.${index}`

/** Who posts events chooses their ids, so that one may only begin like a record's. */
function totalIn(jobId: string, id: string): number | null {
  if (!id.startsWith(`${jobId}.`)) return null
  const [, total] = /^(\d{1,4})\.\d{1,4}$/.exec(id.slice(jobId.length + 1)) ?? []
  return total === undefined ? null : Number(total)
}

const eventOf = (type: string, data: unknown, id: string): PostedEvent => ({
  type,
  data: utf8(JSON.stringify(data) ?? 'null'),
  content_type: 'application/json',
  id,
  time: null,
  subject: null,
  source: 'sync',
  order_key: null,
  // What is alive comes before what is copied.
  priority: 'low',
  headers: {},
})

const isStored = ({ kind }: Posted): boolean => kind === 'accepted' || kind === 'duplicate'

/** Posts one batch, and what of it was not taken again after a while: those that were taken are then duplicates. */
async function postBatch(
  services: Services,
  caller: Poster,
  events: readonly PostedEvent[],
  through: string,
  until: number,
): Promise<Posted[]> {
  for (;;) {
    const posted = await post(services, caller, events, through)
    const waits = posted.flatMap((one) => ('retry_after_ms' in one ? [one.retry_after_ms] : []))
    const waitMs = Math.min(Math.max(0, ...waits), longestWaitMs)
    if (waits.length === 0 || services.now() + waitMs > until) return posted
    await services.sleep(waitMs)
  }
}

/** Stores an event for each record, for one connection alone. When it resolves, all that could be stored is. */
export async function startSync(
  services: Services,
  caller: Poster,
  { through, type, records }: SyncRequest,
): Promise<Sync> {
  const jobId = newId('job', services.now(), services.random(16))
  const total = records.length
  const events = records.map((data, i) => eventOf(type, data, idOf(jobId, total, i)))
  const refused: Posted['kind'][] = []
  const until = services.now() + patienceMs
  for (let from = 0; from < events.length; from += chunk) {
    const batch = events.slice(from, from + chunk)
    const posted = await postBatch(services, caller, batch, through, until)
    refused.push(...posted.filter((one) => !isStored(one)).map(({ kind }) => kind))
  }
  return { jobId, total, refused: refused.length, reason: refused[0] ?? null }
}

/** A job's events are stored within this time; what is looked through is no more. */
const windowMs = 120_000
const pageSize = 250
const mostPages = 40

const startedAt = (jobId: string): number | null =>
  jobId.startsWith(prefixOf('job')) ? fromBase32(jobId.slice(4, 14)) : null

interface Window {
  since: number
  until: number
}

async function eventsOf(ledger: TenantLedger, jobId: string, window: Window) {
  const ids = new Set<string>()
  let total = 0
  let after: string | null = null
  for (let page = 0; page < mostPages; page++) {
    const found: Awaited<ReturnType<TenantLedger['events']>> = await ledger.events({
      limit: pageSize,
      order: 'asc',
      after,
      ...window,
      type: null,
      source_id: null,
      q: null,
    })
    for (const { id, dedupe_key } of found.data) {
      const told = dedupe_key === null ? null : totalIn(jobId, dedupe_key)
      if (told === null) continue
      ids.add(id)
      total = told
    }
    after = found.next_cursor
    if (after === null || (total > 0 && ids.size === total)) break
  }
  return { ids, total }
}

async function endsOf(ledger: TenantLedger, ids: ReadonlySet<string>, window: Window) {
  const ends = { delivered: 0, failed: 0 }
  let seen = 0
  let after: string | null = null
  for (let page = 0; page < mostPages; page++) {
    const found: Awaited<ReturnType<TenantLedger['deliveries']>> = await ledger.deliveries({
      limit: pageSize,
      order: 'asc',
      after,
      ...window,
      state: null,
      destination_id: null,
      connection_id: null,
      event_id: null,
      event_type: null,
      response_status: null,
      unreplayed: false,
    })
    for (const { event_id, state, replay_of } of found.data) {
      if (!ids.has(event_id) || replay_of !== null) continue
      seen += 1
      if (state === 'delivered') ends.delivered += 1
      if (state === 'dead' || state === 'canceled') ends.failed += 1
    }
    after = found.next_cursor
    if (after === null || seen === ids.size) break
  }
  return ends
}

/** How far a sync is, read from what became of its records; `null`: there is no such job. */
export async function syncJob(ledger: TenantLedger, jobId: string): Promise<ReplayJob | null> {
  const created_at = startedAt(jobId)
  if (created_at === null) return null
  const window = { since: created_at, until: created_at + windowMs }
  const { ids, total } = await eventsOf(ledger, jobId, window)
  if (ids.size === 0) return null
  const { delivered, failed } = await endsOf(ledger, ids, window)
  const notStored = Math.max(0, total - ids.size)
  const isOver = delivered + failed >= ids.size
  return {
    id: jobId,
    state: isOver ? 'done' : 'running',
    total,
    done: delivered,
    failed: failed + notStored,
    created_at,
  }
}
