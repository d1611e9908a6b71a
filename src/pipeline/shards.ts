import type { ActResult, DestinationHealth, LedgerApi, ReplayJob } from '../ledger/protocol.ts'
import { type EventPlace, placeOfDelivery, placeOfEvent } from '../model/event-id.ts'
import { deliveryAfter, eventAfter, mergePages } from './merge-pages.ts'
import type { Services } from './bound-services.ts'

/** A tenant's ledgers as one: lists are merged, and an id finds its shard by itself. */
export type TenantLedger = Pick<
  LedgerApi,
  | 'events'
  | 'event'
  | 'payload'
  | 'deliveries'
  | 'delivery'
  | 'rejections'
  | 'rejection'
  | 'health'
  | 'retry'
  | 'cancel'
  | 'replayDead'
  | 'job'
  | 'cancelJob'
>

/** Where rejections are kept: they belong to a source, not to an event that has a shard. */
const rejectionShard = 0

/** The ledgers of one tenant. `shards` is the tenant's, for life. */
export function tenantLedger(
  { ledger }: Pick<Services, 'ledger'>,
  { id: tenantId, shards }: { id: string; shards: number },
): TenantLedger {
  const on = (shard: number): LedgerApi => ledger(tenantId, shard)
  const everywhere = <T>(ask: (api: LedgerApi, shard: number) => Promise<T>): Promise<T[]> =>
    Promise.all(Array.from({ length: shards }, (_, shard) => ask(on(shard), shard)))
  const at = (place: EventPlace | null): LedgerApi | null =>
    place === null || place.shard >= shards ? null : on(place.shard)
  const missing: ActResult = { kind: 'not_found' }

  return {
    async events(query) {
      const pages = everywhere((api, shard) =>
        api.events({ ...query, after: eventAfter(query, shard) }),
      )
      return mergePages(await pages, query)
    },
    event: async (id) => (await at(placeOfEvent(id))?.event(id)) ?? null,
    payload: async (id) => (await at(placeOfEvent(id))?.payload(id)) ?? null,
    async deliveries(query) {
      const only = query.event_id === null ? null : placeOfEvent(query.event_id)
      if (query.event_id !== null) {
        return (await at(only)?.deliveries(query)) ?? { data: [], next_cursor: null }
      }
      const pages = everywhere((api, shard) =>
        api.deliveries({ ...query, after: deliveryAfter(query, shard) }),
      )
      return mergePages(await pages, query)
    },
    delivery: async (id) => (await at(placeOfDelivery(id))?.delivery(id)) ?? null,
    rejections: (query) => on(rejectionShard).rejections(query),
    rejection: (id) => on(rejectionShard).rejection(id),
    health: async (id) => healthOf(await everywhere((api) => api.health(id))),
    retry: async (id) => (await at(placeOfDelivery(id))?.retry(id)) ?? missing,
    cancel: async (id) => (await at(placeOfDelivery(id))?.cancel(id)) ?? missing,
    async replayDead(jobId, selection) {
      const parts = await everywhere((api) => api.replayDead(jobId, selection))
      return jobOf(parts) ?? emptyJob(jobId)
    },
    job: async (id) => jobOf(await everywhere((api) => api.job(id))),
    cancelJob: async (id) => jobOf(await everywhere((api) => api.cancelJob(id))),
  }
}

const circuits = ['closed', 'probing', 'open'] as const

const worst = (states: readonly DestinationHealth['circuit'][]): DestinationHealth['circuit'] =>
  circuits.findLast((state) => states.includes(state)) ?? 'closed'

const smallest = (values: readonly (number | null)[]): number | null => {
  const known = values.filter((value) => value !== null)
  return known.length === 0 ? null : Math.min(...known)
}

/** Each shard delivers by itself: what is held adds up, and the slowest decides when all is through. */
function healthOf(parts: readonly DestinationHealth[]): DestinationHealth {
  const sum = (count: (part: DestinationHealth) => number): number =>
    parts.reduce((total, part) => total + count(part), 0)
  const etas = parts.filter(({ held }) => held > 0).map(({ drain_eta_s }) => drain_eta_s)
  return {
    circuit: worst(parts.map(({ circuit }) => circuit)),
    consecutive_failures: Math.max(0, ...parts.map((part) => part.consecutive_failures)),
    held: sum(({ held }) => held),
    in_flight: sum(({ in_flight }) => in_flight),
    oldest_held_at: smallest(parts.map(({ oldest_held_at }) => oldest_held_at)),
    drain_eta_s: etas.includes(null) ? null : Math.max(0, ...etas.filter((eta) => eta !== null)),
  }
}

const emptyJob = (id: string): ReplayJob => ({
  id,
  state: 'done',
  total: 0,
  done: 0,
  failed: 0,
  created_at: 0,
})

function stateOf(parts: readonly ReplayJob[]): ReplayJob['state'] {
  const has = (state: ReplayJob['state']): boolean => parts.some((part) => part.state === state)
  return has('running') ? 'running' : has('canceled') ? 'canceled' : 'done'
}

/** A job runs on every shard under one id; it is done when all of them are. */
function jobOf(all: readonly (ReplayJob | null)[]): ReplayJob | null {
  const parts = all.filter((part) => part !== null)
  const [first] = parts
  if (first === undefined) return null
  const sum = (count: (part: ReplayJob) => number): number =>
    parts.reduce((total, part) => total + count(part), 0)
  return {
    id: first.id,
    state: stateOf(parts),
    total: sum(({ total }) => total),
    done: sum(({ done }) => done),
    failed: sum(({ failed }) => failed),
    created_at: Math.min(...parts.map(({ created_at }) => created_at)),
  }
}
