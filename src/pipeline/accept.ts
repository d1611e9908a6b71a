import type { AcceptResult, NewEvent } from '../ledger/protocol.ts'
import { dispatch } from './dispatch.ts'
import { type Stored, tellAndAsk } from './fresh.ts'
import type { Services } from './bound-services.ts'
import { shardOf } from './shard-of.ts'
import type { CompiledSnapshot } from './snapshots.ts'

/** What one invocation may send: six at once, for a Worker has six connections that may wait for an answer. */
const carrierOf = ({ limits }: Services) => ({ capacity: 6, roomMs: limits.afterMs })

export interface Acceptable {
  event: NewEvent
  body: Uint8Array
}

/**
 * Stores one event with its deliveries, in one commit, and begins its first attempts beside the answer. `stale`: the
 * ledger knows a newer configuration, and nothing was stored.
 */
export async function accept(
  services: Services,
  snapshot: CompiledSnapshot,
  { event, body }: Acceptable,
): Promise<Stored<AcceptResult>> {
  const { tenant, version } = snapshot
  const dedupe = event.dedupe === null ? null : `${event.dedupe.scope}:${event.dedupe.key}`
  const shard = shardOf(tenant.shards, event.plan, dedupe, services.random(2))
  const ledger = services.ledger(tenant.id, shard)
  const result = await tellAndAsk(ledger, snapshot, shard, () =>
    ledger.accept(version, event, body, carrierOf(services)),
  )
  follow(services, tenant.id, shard, event, body, result)
  return result
}

/** As `accept` for many: those of one shard share a call, and the answers stand in the events' order. */
export async function acceptAll(
  services: Services,
  snapshot: CompiledSnapshot,
  all: readonly Acceptable[],
): Promise<Stored<AcceptResult>[]> {
  const { tenant, version } = snapshot
  const placed = all.map(({ event, body }, index) => {
    const dedupe = event.dedupe === null ? null : `${event.dedupe.scope}:${event.dedupe.key}`
    return {
      index,
      event,
      body,
      shard: shardOf(tenant.shards, event.plan, dedupe, services.random(2)),
    }
  })
  const results = new Map<number, Stored<AcceptResult>>()
  const byShard = Map.groupBy(placed, ({ shard }) => shard)
  await Promise.all(
    [...byShard].map(async ([shard, here]) => {
      const ledger = services.ledger(tenant.id, shard)
      const answered = await acceptTogether(services, snapshot, shard, here, () =>
        ledger.acceptBatch(version, here, carrierOf(services)),
      )
      for (const [i, { index }] of here.entries()) {
        results.set(index, answered[i] ?? { kind: 'unavailable' })
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
  ask: () => Promise<AcceptResult[]>,
): Promise<Stored<AcceptResult>[]> {
  const ledger = services.ledger(snapshot.tenant.id, shard)
  // All of a batch meet the same configuration, so that the first answer speaks for all.
  const first = await tellAndAsk(ledger, snapshot, shard, async () => {
    const answers = await ask()
    return { kind: answers[0]?.kind ?? 'full', answers }
  })
  if (!('answers' in first)) return here.map(() => first)
  for (const [i, result] of first.answers.entries()) {
    const one = here[i]
    if (one !== undefined) follow(services, snapshot.tenant.id, shard, one.event, one.body, result)
  }
  return first.answers
}

/** What is to be done at once for an accepted event goes on after the answer. */
function follow(
  services: Services,
  tenantId: string,
  shard: number,
  event: NewEvent,
  body: Uint8Array,
  result: Stored<AcceptResult>,
): void {
  const { source_id } = event.head
  if (result.kind === 'duplicate') {
    services.log({
      at: 'event.duplicate',
      tenant_id: tenantId,
      event_id: result.event_id,
      source_id,
    })
  }
  if (result.kind !== 'accepted') return
  const { head, leases, jobs } = result
  const deliveries = event.plan.filter(({ verdict }) => verdict === 'delivery').length
  services.log({
    at: 'event.accepted',
    tenant_id: tenantId,
    event_id: head.id,
    source_id,
    type: head.type,
    deliveries,
  })
  const own = leases.map((lease) => Object.assign(lease, { head, body }))
  if (own.length + jobs.length > 0) {
    services.after(dispatch(services, { tenantId, shard }, [...own, ...jobs]))
  }
}
