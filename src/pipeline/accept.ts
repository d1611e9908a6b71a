import { type DraftHead, newEvent } from '../ledger/new-event.ts'
import type { AcceptResult, NewEvent } from '../ledger/protocol.ts'
import { dispatch } from './dispatch.ts'
import { type Stored, tellAndAsk } from './fresh.ts'
import type { Services } from './bound-services.ts'
import { shardOf } from './shard-of.ts'
import type { CompiledSnapshot } from './snapshots.ts'

/** What one invocation may send: six at once, for a Worker has six connections that may wait for an answer. */
const carrierOf = ({ limits }: Services) => ({ capacity: 6, roomMs: limits.afterMs })

/** An event with its decisions made: its bytes, how it is told from others, and where it goes. */
export interface Acceptable {
  head: DraftHead
  body: Uint8Array
  dedupe: NewEvent['dedupe']
  plan: NewEvent['plan']
}

interface Place {
  tenantId: string
  shard: number
}

/** The ledger that the event belongs to. */
function placeOf(
  services: Services,
  { tenant }: CompiledSnapshot,
  { dedupe, plan }: Acceptable,
): Place {
  if (tenant.shards === 1) return { tenantId: tenant.id, shard: 0 }
  const key = dedupe === null ? null : `${dedupe.scope}:${dedupe.key}`
  return { tenantId: tenant.id, shard: shardOf(tenant.shards, plan, key, services.random(2)) }
}

const eventOf = ({ head, dedupe, plan }: Acceptable): NewEvent => newEvent(head, dedupe, plan)

/**
 * Stores one event with its deliveries, in one commit, and begins its first attempts beside the answer. `stale`: the
 * ledger knows a newer configuration, and nothing was stored.
 */
export async function accept(
  services: Services,
  snapshot: CompiledSnapshot,
  one: Acceptable,
): Promise<Stored<AcceptResult>> {
  const place = placeOf(services, snapshot, one)
  const ledger = services.ledger(place.tenantId, place.shard)
  const result = await tellAndAsk(ledger, snapshot, place.shard, () =>
    ledger.accept(snapshot.version, eventOf(one), one.body, carrierOf(services)),
  )
  follow(services, place, one, result)
  return result
}

/** A call carries 32 MiB at most, and each event its own copy of the request's headers. */
const mostInCall = 1000

/** As `accept` for many: a thousand of one shard share a call and a commit, and the answers stand in the events' order. */
export async function acceptAll(
  services: Services,
  snapshot: CompiledSnapshot,
  all: readonly Acceptable[],
): Promise<Stored<AcceptResult>[]> {
  const shards = all.map((one) => placeOf(services, snapshot, one).shard)
  const results = new Map<number, Stored<AcceptResult>>()
  const byShard = Map.groupBy(all.keys(), (index) => shards[index] ?? 0)
  await Promise.all(
    [...byShard].map(async ([shard, indexes]) => {
      for (let from = 0; from < indexes.length; from += mostInCall) {
        const part = indexes.slice(from, from + mostInCall)
        const here = part.flatMap((index) => all[index] ?? [])
        const answers = await acceptTogether(services, snapshot, shard, here)
        for (const [i, index] of part.entries()) {
          results.set(index, answers[i] ?? { kind: 'unavailable' })
        }
      }
    }),
  )
  return all.map((_, index) => results.get(index) ?? { kind: 'unavailable' })
}

async function acceptTogether(
  services: Services,
  snapshot: CompiledSnapshot,
  shard: number,
  here: readonly Acceptable[],
): Promise<Stored<AcceptResult>[]> {
  const tenantId = snapshot.tenant.id
  const ledger = services.ledger(tenantId, shard)
  const events = here.map((one) => ({ event: eventOf(one), body: one.body }))
  // All of a batch meet the same configuration, so that the first answer speaks for all.
  const first = await tellAndAsk(ledger, snapshot, shard, async () => {
    const answers = await ledger.acceptBatch(snapshot.version, events, carrierOf(services))
    return { kind: answers[0]?.kind ?? 'full', answers }
  })
  if (!('answers' in first)) return here.map(() => first)
  for (const [i, result] of first.answers.entries()) {
    const one = here[i]
    if (one !== undefined) follow(services, { tenantId, shard }, one, result)
  }
  return first.answers
}

/** What is to be done at once for an accepted event goes on after the answer. */
function follow(
  services: Services,
  place: Place,
  { head: draft, body, plan }: Acceptable,
  result: Stored<AcceptResult>,
): void {
  const { type, source_id } = draft
  const { tenantId: tenant_id } = place
  if (result.kind === 'duplicate') {
    services.log({ at: 'event.duplicate', tenant_id, event_id: result.event_id, source_id })
  }
  if (result.kind !== 'accepted') return
  const { event_id, received_at, leases, jobs } = result
  const deliveries = plan.filter(({ verdict }) => verdict === 'delivery').length
  services.log({ at: 'event.accepted', tenant_id, event_id, source_id, type, deliveries })
  if (leases.length + jobs.length === 0) return
  const head = { id: event_id, received_at, ...draft }
  const own = leases.map((lease) => Object.assign(lease, { head, body }))
  services.after(dispatch(services, place, [...own, ...jobs]))
}
