import {
  deliveryIdOf,
  eventIdOf,
  firstSeqOf,
  maxDeliveriesPerEvent,
  timeOfSeq,
} from '../model/event-id.ts'
import type { PlannedVerdict } from '../model/event.ts'
import { reserve } from './bucket.ts'
import { newDelivery, type OpenDelivery } from './open-delivery.ts'
import type { AcceptResult, NewEvent } from './protocol.ts'
import type { State } from './state.ts'
import type { Plan, StoredDelivery } from './tables.ts'

/** The most deliveries that may be open in one ledger: they live in memory. Beyond it nothing is accepted. */
export const mostOpen = 100_000

/** What accepting came to, before anything is granted. */
export type Accepted =
  | { kind: 'accepted'; event_id: string; received_at: number; open: OpenDelivery[] }
  | Exclude<AcceptResult, { kind: 'accepted' }>

/** Dedupe, ingest limit, place, event and deliveries: all of it in the caller's transaction. */
export function accept(state: State, version: number, event: NewEvent, body: Uint8Array): Accepted {
  const freshness = state.freshness(version)
  if (freshness !== 'current') return { kind: freshness }
  const seen = duplicateOf(state, event)
  if (seen !== null) return seen
  const refused = limitOf(state, event)
  if (refused !== null) return refused
  return store(state, event, body)
}

const dedupeKeyOf = ({ dedupe }: NewEvent): string | null =>
  dedupe === null ? null : `${dedupe.scope}:${dedupe.key}`

function duplicateOf(state: State, event: NewEvent): Accepted | null {
  const key = dedupeKeyOf(event)
  if (event.dedupe === null || key === null) return null
  const row = state.tables.first<{ seq: number; content: string | null }>(
    'SELECT seq, content FROM dedupe WHERE key = ?',
    key,
  )
  if (row === null) return null
  const { window_ms, content_hash } = event.dedupe
  if (window_ms !== null && timeOfSeq(row.seq) + window_ms <= state.now()) return null
  const first = state.events.row(row.seq)
  if (first === null) return null
  if (content_hash !== null && row.content !== null && content_hash !== row.content) {
    return { kind: 'conflict', event_id: first.id }
  }
  state.events.countDuplicate(row.seq)
  return { kind: 'duplicate', event_id: first.id }
}

function limitOf(state: State, { type }: NewEvent): Accepted | null {
  if (state.scheduler.open.size >= mostOpen) return { kind: 'full' }
  const { config } = state
  // What Switchyard has to say is not kept back by a limit on what others send.
  const isNotice = type.startsWith('switchyard.')
  if (config === null || config.ingest_per_s === null || isNotice) return null
  const perShard = config.ingest_per_s / config.shards
  const now = state.now()
  const { at, tat } = reserve(1000 / perShard, Math.max(1, perShard), state.ingestTat, now)
  if (at > now) return { kind: 'limited', retry_after_ms: at - now }
  state.ingestTat = tat
  return null
}

function store(state: State, event: NewEvent, body: Uint8Array): Accepted {
  const seq = state.nextSeq()
  const id = eventIdOf({ seq, shard: state.config?.shard ?? 0 }, state.random(8))
  const plan = planned(state, seq, event.plan)
  const key = dedupeKeyOf(event)
  state.events.insert(seq, id, event, plan, key, body)
  if (key !== null) {
    const content = event.dedupe?.content_hash ?? null
    state.tables.run('INSERT OR REPLACE INTO dedupe VALUES (?, ?, ?)', key, seq, content)
  }
  const open = plan.deliveries.map((stored, index) => openFrom(stored, seq, index, id))
  state.work.accepted(seq, open)
  for (const delivery of open) state.scheduler.add(delivery)
  return { kind: 'accepted', event_id: id, received_at: timeOfSeq(seq), open }
}

function planned(state: State, seq: number, verdicts: readonly PlannedVerdict[]): Plan {
  const plan: Plan = { verdicts: [], deliveries: [] }
  for (const verdict of verdicts) {
    if (verdict.verdict !== 'delivery') {
      plan.verdicts.push(verdict)
    } else if (plan.deliveries.length < maxDeliveriesPerEvent) {
      const { connection_id, destination_id, priority, lane } = verdict
      const sequence = lane === null ? null : state.lanes.next(lane, seq)
      plan.deliveries.push({ connection_id, destination_id, priority, lane, sequence })
    }
  }
  return plan
}

/** The open delivery that a stored one stands for. */
export const openFrom = (
  stored: StoredDelivery,
  seq: number,
  index: number,
  eventId: string,
): OpenDelivery =>
  newDelivery({
    seq,
    index,
    id: deliveryIdOf(eventId, index),
    eventId,
    connectionId: stored.connection_id,
    destinationId: stored.destination_id,
    priority: stored.priority,
    lane: stored.lane,
    sequence: stored.sequence,
  })

/** The place before which everything is older than `retention_days`. */
export const retentionStart = (state: State): number =>
  firstSeqOf(state.now() - (state.config?.retention_days ?? 90) * 86_400_000)
