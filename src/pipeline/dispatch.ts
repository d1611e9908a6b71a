import type { Job, SettleResult, Upcoming } from '../ledger/protocol.ts'
import type { AttemptReport } from '../model/outcome.ts'
import { makeReady, type Ready } from './ahead.ts'
import { attempt } from './attempt.ts'
import type { Services } from './bound-services.ts'

export interface Place {
  tenantId: string
  shard: number
}

/** Pauses between tries to settle; after the last one the lease runs out and the attempt is made again. */
const settleAgainMs = [50, 250, 1000]

/**
 * Makes the attempts that leases were granted for, and then those that settling them grants: down a lane, along a
 * backlog. Work is taken only while an attempt that uses all of its time-out still ends within the invocation's time. What
 * is left then is given to a queue by the ledger.
 */
export async function dispatch(
  services: Services,
  place: Place,
  jobs: readonly Job[],
): Promise<void> {
  const endsAt = services.now() + services.limits.afterMs
  await Promise.all(
    jobs.map(async (job) => {
      try {
        await carry(services, place, job, endsAt)
      } catch (error) {
        services.log({ at: 'step.crashed', step: 'dispatch', error: String(error) })
      }
    }),
  )
}

async function carry(services: Services, place: Place, first: Job, endsAt: number): Promise<void> {
  let next: Upcoming | null = null
  let ready: Ready | null = null
  for (let job: Job | undefined = first; job !== undefined;) {
    if (job.wait_ms > 0) await services.sleep(job.wait_ms)
    const reporting = reported(services, place.tenantId, job, ready)
    const takeReady = makeReady(services, place.tenantId, next)
    const report = await reporting
    const roomMs = Math.max(0, endsAt - services.now())
    const settled = await settle(services, place, job, report, roomMs, next?.delivery_id ?? null)
    ready = takeReady()
    if (settled === null) return
    await follow(services, place, job, report, settled).catch((error: unknown) =>
      services.log({ at: 'step.crashed', step: 'follow', error: String(error) }),
    )
    job = nextJob(settled, next)
    next = settled.next
  }
}

/** More work: with its event, or of an event that is here already. */
function nextJob({ jobs, leases }: SettleResult, next: Upcoming | null): Job | undefined {
  const [lease] = leases
  return lease === undefined || next === null
    ? jobs[0]
    : { ...lease, head: next.head, body: next.body }
}

/** A failure of our own is an attempt too: the schedule goes on, and the place in flight is given back at once. */
async function reported(
  services: Services,
  tenantId: string,
  job: Job,
  ready: Ready | null,
): Promise<AttemptReport> {
  const startedAt = services.now()
  try {
    return await attempt(services, tenantId, job, ready)
  } catch (error) {
    services.log({ at: 'step.crashed', step: 'attempt', error: String(error) })
    return {
      outcome: { kind: 'failed', cause: 'interrupted' },
      duration_ms: services.now() - startedAt,
      status: null,
      error: 'Switchyard could not make this attempt.',
      request_headers: {},
    }
  }
}

async function settle(
  services: Services,
  { tenantId, shard }: Place,
  job: Job,
  report: AttemptReport,
  roomMs: number,
  holds: string | null,
): Promise<SettleResult | null> {
  for (const pause of [...settleAgainMs, null]) {
    try {
      // A stub that has thrown is of no further use: each try takes its own.
      return await services
        .ledger(tenantId, shard)
        .settle(job.delivery_id, job.token, report, roomMs, holds)
    } catch (error) {
      if (pause === null) services.log({ at: 'step.crashed', step: 'settle', error: String(error) })
      else await services.sleep(pause)
    }
  }
  return null
}

async function follow(
  services: Services,
  { tenantId, shard }: Place,
  job: Job,
  report: AttemptReport,
  { heard, state }: SettleResult,
): Promise<void> {
  services.log({
    at: 'delivery.attempted',
    tenant_id: tenantId,
    delivery_id: job.delivery_id,
    destination_id: job.destination_id,
    attempt: job.attempt,
    status: report.status,
    outcome: report.outcome.kind,
    state,
    ms: report.duration_ms,
  })
  const disables = report.outcome.kind === 'refused' && report.outcome.disable === true
  if (heard && (state === 'dead' || disables)) {
    await services.bury({ kind: 'bury', tenant_id: tenantId, shard, delivery_id: job.delivery_id })
  }
}
