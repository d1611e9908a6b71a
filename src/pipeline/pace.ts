import type { EventView, PlannedVerdict } from '../model/event.ts'
import type { Priority } from '../model/connection.ts'
import { type CompiledConnection, looksOfEvent, route, stepsSpent } from '../routing/index.ts'
import type { Services } from './bound-services.ts'

/** About what a step takes. A clock would not do: it stands still while code runs. */
const stepMs = 1 / 2500
/** How much of an isolate's time the expressions of one tenant may take. */
const share = 0.5
/** What goes at once; whoever takes more waits for it, and others have their turn meanwhile. */
const burstMs = 50
const mostTenants = 1000

interface Pace {
  /** Until when the time that was taken is paid for. */
  until: number
  lastMs: number
}

/** Of this isolate, for it is the isolate that its tenants share. */
const paces = new Map<string, Pace>()

function paceOf(tenantId: string, now: number): Pace {
  const known = paces.get(tenantId)
  if (known !== undefined) return known
  if (paces.size >= mostTenants) {
    for (const [id, { until }] of paces) if (until <= now) paces.delete(id)
  }
  const pace = { until: now, lastMs: 0 }
  paces.set(tenantId, pace)
  return pace
}

/**
 * Runs `work`, which evaluates a tenant's expressions and waits for nothing else. Each evaluation is bounded by itself; here
 * many of them are, so that a batch of the heaviest ones does not hold the isolate for the other tenants.
 */
export async function paced<T>(
  { now, sleep }: Pick<Services, 'now' | 'sleep'>,
  tenantId: string,
  work: () => Promise<T>,
  longestMs = Infinity,
): Promise<T> {
  const askedAt = now()
  const pace = paceOf(tenantId, askedAt)
  const from = Math.max(pace.until, askedAt)
  const expectedMs = pace.lastMs
  pace.until = from + expectedMs
  const waitMs = Math.min(from - askedAt - burstMs, longestMs)
  if (waitMs >= 1) await sleep(waitMs)
  const before = stepsSpent()
  try {
    return await work()
  } finally {
    const tookMs = ((stepsSpent() - before) * stepMs) / share
    pace.until += tookMs - expectedMs
    pace.lastMs = tookMs
  }
}

/** Whether an expression has to be run to know the connection's lane. */
const runsExpression = ({ enabled, matchesType, order }: CompiledConnection, view: EventView) =>
  enabled &&
  order !== null &&
  order.key !== null &&
  matchesType(view.type) &&
  order.key.now(view).kind === 'complex'

/** As `route`, at the tenant's pace. */
export async function routed(
  services: Pick<Services, 'now' | 'sleep'>,
  tenantId: string,
  view: EventView,
  sourceId: string | null,
  connections: readonly CompiledConnection[],
  priority?: Priority,
): Promise<PlannedVerdict[]> {
  if (!connections.some((connection) => runsExpression(connection, view))) {
    return route(view, sourceId, connections, priority)
  }
  const plan: PlannedVerdict[] = []
  const looks = looksOfEvent()
  for (const connection of connections) {
    const verdicts = () => route(view, sourceId, [connection], priority, looks)
    plan.push(...(await paced(services, tenantId, verdicts)))
  }
  return plan
}
