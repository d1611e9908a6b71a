import type { DestinationRecord } from '../config/config.ts'
import type { Delivery } from '../ledger/protocol.ts'
import type { DeliveryState } from '../model/delivery.ts'
import type { TenantLedger } from './shards.ts'

/** How an integration is doing. Times are ms. */
export interface Standing {
  /** In one word: what its owner has to do about it, if anything. */
  health: 'healthy' | 'failing' | 'paused' | 'disabled' | 'idle'
  circuit: 'closed' | 'open' | 'probing'
  consecutive_failures: number
  held: number
  in_flight: number
  last_success: number | null
  last_error: { at: number; delivery_id: string; status: number | null; error: string } | null
  counts: Counts
}

/** `complete: false`: there were more deliveries than are counted one by one, and these are the newest. */
export interface Counts {
  total: number
  delivered: number
  dead: number
  canceled: number
  pending: number
  complete: boolean
}

const dayMs = 86_400_000
const pageSize = 250
/** Beyond these the counts say that they are not complete. */
const mostPages = 8

const countOf = {
  held: 'pending',
  sending: 'pending',
  waiting: 'pending',
  delivered: 'delivered',
  dead: 'dead',
  canceled: 'canceled',
} as const satisfies Record<DeliveryState, keyof Counts>

interface Day {
  deliveries: Delivery[]
  complete: boolean
}

const everything = {
  order: 'desc',
  after: null,
  until: null,
  state: null,
  destination_id: null,
  connection_id: null,
  event_id: null,
  event_type: null,
  response_status: null,
  unreplayed: false,
} as const

async function dayOf(
  ledger: TenantLedger,
  now: number,
  destinationId: string | null,
): Promise<Day> {
  const deliveries: Delivery[] = []
  let after: string | null = null
  for (let page = 0; page < mostPages; page++) {
    const { data, next_cursor }: Awaited<ReturnType<TenantLedger['deliveries']>> =
      await ledger.deliveries({
        ...everything,
        limit: pageSize,
        after,
        since: now - dayMs,
        destination_id: destinationId,
      })
    deliveries.push(...data)
    after = next_cursor
    if (after === null) return { deliveries, complete: true }
  }
  return { deliveries, complete: false }
}

function countsOf(deliveries: readonly Delivery[], complete: boolean): Counts {
  const counts = { total: deliveries.length, delivered: 0, dead: 0, canceled: 0, pending: 0 }
  for (const { state } of deliveries) counts[countOf[state]] += 1
  return { ...counts, complete }
}

const hasFailed = ({ state, last_status, attempt_count }: Delivery): boolean =>
  state === 'dead' ||
  ((state === 'waiting' || state === 'held') && attempt_count > 0) ||
  (last_status !== null && last_status >= 400)

async function lastErrorIn(
  ledger: TenantLedger,
  deliveries: readonly Delivery[],
): Promise<Standing['last_error']> {
  const failed = deliveries.find(hasFailed)
  if (failed === undefined) return null
  const detail = await ledger.delivery(failed.id)
  const attempt = detail?.attempts.findLast(
    ({ error, status }) => error !== undefined || status === null || status >= 300,
  )
  const status = attempt?.status ?? failed.last_status
  return {
    at: attempt?.at ?? failed.ended_at ?? failed.created_at,
    delivery_id: failed.id,
    status,
    error: attempt?.error ?? failed.cause ?? `The receiver answered ${status}.`,
  }
}

/** The newest success of the day; where there is none, of the week. */
async function lastSuccessIn(
  ledger: TenantLedger,
  deliveries: readonly Delivery[],
  destinationId: string,
  now: number,
): Promise<number | null> {
  const ended = deliveries.flatMap(({ state, ended_at }) =>
    state === 'delivered' && ended_at !== null ? [ended_at] : [],
  )
  if (ended.length > 0) return Math.max(...ended)
  const { data } = await ledger.deliveries({
    ...everything,
    limit: 1,
    since: now - 7 * dayMs,
    destination_id: destinationId,
    state: 'delivered',
  })
  return data[0]?.ended_at ?? null
}

async function standingIn(
  ledger: TenantLedger,
  { id, enabled, paused }: DestinationRecord,
  { deliveries, complete }: Day,
  now: number,
): Promise<Standing> {
  const health = await ledger.health(id)
  const { circuit, consecutive_failures, held, in_flight } = health
  const [last_success, last_error] = await Promise.all([
    lastSuccessIn(ledger, deliveries, id, now),
    lastErrorIn(ledger, deliveries),
  ])
  const wordFor = (): Standing['health'] => {
    if (!enabled) return 'disabled'
    if (paused) return 'paused'
    if (circuit !== 'closed' || consecutive_failures > 0) return 'failing'
    const lastFailed = last_error !== null && last_error.at > (last_success ?? 0)
    if (lastFailed) return 'failing'
    return last_success === null && deliveries.length === 0 ? 'idle' : 'healthy'
  }
  const counts = countsOf(deliveries, complete)
  return {
    health: wordFor(),
    circuit,
    consecutive_failures,
    held,
    in_flight,
    last_success,
    last_error,
    counts,
  }
}

/** How one destination is doing: its gates now, its last success and error, and its deliveries of the last 24 hours. */
export const standingOf = async (
  ledger: TenantLedger,
  destination: DestinationRecord,
  now: number,
): Promise<Standing> =>
  standingIn(ledger, destination, await dayOf(ledger, now, destination.id), now)

/** As `standingOf` for many, with one look at the tenant's day. */
export async function standingsOf(
  ledger: TenantLedger,
  destinations: readonly DestinationRecord[],
  now: number,
): Promise<Standing[]> {
  const day = await dayOf(ledger, now, null)
  const byDestination = Map.groupBy(day.deliveries, ({ destination_id }) => destination_id)
  return Promise.all(
    destinations.map((destination) => {
      const deliveries = byDestination.get(destination.id) ?? []
      return standingIn(ledger, destination, { deliveries, complete: day.complete }, now)
    }),
  )
}
