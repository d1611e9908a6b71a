import type { OutgoingRequest } from '../destinations/destination.ts'
import type { Job, Upcoming } from '../ledger/protocol.ts'
import type { Services } from './bound-services.ts'
import { addressed, prepare, type Prepared } from './prepare.ts'
import type { CompiledSnapshot } from './snapshots.ts'

/** A delivery made ready before it may be sent. Only its lease is the right to send it. */
export interface Ready extends Prepared {
  deliveryId: string
  attempt: number
  madeAt: number
  request: OutgoingRequest
}

/** A signature says when it was made, in seconds, and that is to be the time of the attempt. */
const freshMs = 1000

/** Whether what was made ready is still what would be made now. */
export const isGood = (
  { deliveryId, attempt, madeAt, snapshot: { version } }: Ready,
  snapshot: CompiledSnapshot | null,
  job: Job,
  now: number,
): boolean =>
  deliveryId === job.delivery_id &&
  attempt === job.attempt &&
  version === snapshot?.version &&
  now - madeAt < freshMs

/**
 * Begins to make `next` ready, while the delivery before it is on its way: it is signed, and its transform has run, by the time
 * that its lease comes. Answers what asks for it: `null` where it is not ready, for whatever reason, and then everything is made
 * when it is sent.
 */
export function makeReady(
  services: Services,
  tenantId: string,
  next: Upcoming | null,
): () => Ready | null {
  if (next === null) return () => null
  let ready: Ready | null = null
  let isOver = false
  const make = async () => {
    // Not in the turn that sends the one before: its request would leave later.
    await services.sleep(1)
    if (isOver) return
    const snapshot = await services.snapshots.get(tenantId)
    const madeAt = services.now()
    const prepared = await prepare(services, tenantId, snapshot, next)
    if ('outcome' in prepared) return
    const { destination, content } = prepared
    const parts = addressed(services, tenantId, destination, next, content)
    const request = await destination.bound.request(...parts)
    const { delivery_id: deliveryId, attempt } = next
    if (request !== null) ready = { ...prepared, deliveryId, attempt, madeAt, request }
  }
  // What fails here fails again when it is sent, and is told there.
  make().catch(() => undefined)
  return () => {
    isOver = true
    return ready
  }
}
