import type { OutgoingRequest } from '../destinations/destination.ts'
import type { Job } from '../ledger/protocol.ts'
import type { AttemptReport } from '../model/outcome.ts'
import { isGood, type Ready } from './ahead.ts'
import type { Services } from './bound-services.ts'
import { type Addressed, addressed, type Mapped, prepare } from './prepare.ts'
import type { CompiledDestination, CompiledSnapshot } from './snapshots.ts'

/** The configuration that the lease was granted under, or a newer one. */
async function snapshotFor(
  services: Services,
  tenantId: string,
  { version }: Job,
): Promise<CompiledSnapshot | null> {
  const kept = await services.snapshots.get(tenantId)
  return kept !== null && kept.version >= version ? kept : services.snapshots.reload(tenantId)
}

/** One attempt at a delivery: the transform, where there is one, and the call. Never throws for what a receiver does. */
export async function attempt(
  services: Services,
  tenantId: string,
  job: Job,
  ready: Ready | null,
): Promise<AttemptReport> {
  const snapshot = await snapshotFor(services, tenantId, job)
  const isReady = ready !== null && isGood(ready, snapshot, job, services.now())
  const prepared = isReady ? ready : await prepare(services, tenantId, snapshot, job)
  if ('outcome' in prepared) return prepared
  const { destination, content } = prepared
  return sendTo(services, tenantId, destination, job, content, isReady ? ready.request : null)
}

/** One call of a destination. `made`: its request, where that has been made ahead. */
export const sendTo = (
  services: Services,
  tenantId: string,
  destination: CompiledDestination,
  job: Addressed,
  content: Mapped,
  made: OutgoingRequest | null,
): Promise<AttemptReport> =>
  destination.bound.send(...addressed(services, tenantId, destination, job, content), made)
