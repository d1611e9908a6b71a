import { eventually } from '../support/eventually.ts'
import { startReceiver } from '../support/receiver.ts'
import type { Router, RouterTenant } from '../support/router.ts'
import { connection, dataOf, destination, list, range, read } from './scene.ts'

/** A tenant, and a receiver behind one destination with these gates. */
export async function gatedScene(
  router: Router,
  fields: Record<string, unknown>,
  of: Record<string, unknown> = {},
) {
  const receiver = await startReceiver()
  const tenant = await router.tenant()
  const { id } = await destination(tenant, receiver, fields)
  const { id: connectionId } = await connection(tenant, { id }, of)
  return {
    receiver,
    tenant,
    id,
    connectionId,
    health: () => read(tenant, `destinations/${id}/health`),
    arrived: () => receiver.received.map(dataOf),
    [Symbol.asyncDispose]: () => receiver.close(),
  }
}

/** Events whose data are the numbers from … to. */
export const numbered = (from: number, to: number) => range(from, to).map((n) => ({ data: n }))

/** Waits until every delivery there is stands as `state`, and answers them. */
export const allAre = (tenant: RouterTenant, state: string, timeoutMs?: number) =>
  eventually(async () => {
    const deliveries = await list(tenant, 'deliveries')
    return deliveries.every((delivery) => delivery.state === state) && deliveries
  }, timeoutMs)
