import type { AttemptReport } from '../model/outcome.ts'
import type { Accepted } from './accepting.ts'
import type { OpenDelivery } from './open-delivery.ts'
import type { AcceptResult, Carrier, Job, Lease, SettleResult, Upcoming } from './protocol.ts'
import type { Grant } from './scheduler.ts'
import { settle } from './settling.ts'
import type { State } from './state.ts'

/** What the carrier of a new event may send at once: of its own, and of what waited. */
export function granted(
  state: State,
  accepted: Accepted,
  { capacity, roomMs }: Carrier,
): AcceptResult {
  if (accepted.kind !== 'accepted') return accepted
  const { event_id, received_at, open } = accepted
  const { scheduler, now } = state
  const own = new Set(open.map(({ id }) => id))
  const destinations = new Set(open.map(({ destinationId }) => destinationId))
  const grants: Grant[] = []
  for (const destination of destinations) {
    const carrier = { capacity: capacity - grants.length, roomMs }
    grants.push(...scheduler.grant(carrier, destination, now()))
  }
  return {
    kind: 'accepted',
    event_id,
    received_at,
    leases: grants
      .filter(({ delivery }) => own.has(delivery.id))
      .map((grant) => leaseOf(grant, versionOf(state))),
    jobs: jobsOf(
      state,
      grants.filter(({ delivery }) => !own.has(delivery.id)),
    ),
  }
}

/** Leases with what is to be sent. */
export const jobsOf = (state: State, grants: readonly Grant[]): Job[] =>
  grants.flatMap((grant) => {
    const stored = state.events.headAndBody(grant.delivery.seq)
    return stored === null ? [] : [{ ...leaseOf(grant, versionOf(state)), ...stored }]
  })

const versionOf = (state: State): number => state.config?.version ?? 0

const placeOf = (delivery: OpenDelivery) => ({
  delivery_id: delivery.id,
  event_id: delivery.eventId,
  connection_id: delivery.connectionId,
  destination_id: delivery.destinationId,
  sequence: delivery.sequence,
  attempt: delivery.attempts + 1,
})

const leaseOf = ({ delivery, waitMs, timeoutMs }: Grant, version: number): Lease => ({
  ...placeOf(delivery),
  trigger: delivery.trigger,
  token: delivery.token ?? '',
  version,
  timeout_ms: timeoutMs,
  wait_ms: waitMs,
})

/** A receiver that takes longer leaves nothing to be gained by making the next request ready meanwhile. */
const fastMs = 500

/** Hears what an attempt came to, and gives who made it the next one, of the same destination first. */
export function settleAndGrant(
  state: State,
  id: string,
  token: string,
  report: AttemptReport,
  roomMs: number,
  holds: string | null,
): SettleResult {
  const { scheduler, now } = state
  const destination = scheduler.open.get(id)?.destinationId ?? null
  const settled = settle(state, id, token, report)
  const grants = scheduler.grant({ capacity: 1, roomMs }, destination, now())
  const held = grants.filter(({ delivery }) => delivery.id === holds)
  const others = grants.filter(({ delivery }) => delivery.id !== holds)
  const [granted] = grants
  const isFast = report.duration_ms < fastMs
  return {
    ...settled,
    jobs: jobsOf(state, others),
    leases: held.map((grant) => leaseOf(grant, versionOf(state))),
    next: isFast && granted !== undefined ? upcoming(state, granted.delivery) : null,
  }
}

function upcoming(state: State, before: OpenDelivery): Upcoming | null {
  const behind = state.scheduler.behind(before)
  const stored = behind === undefined ? null : state.events.smallHeadAndBody(behind.seq)
  return behind === undefined || stored === null ? null : { ...placeOf(behind), ...stored }
}
