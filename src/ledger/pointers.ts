import type { Priority } from '../model/connection.ts'
import type { OpenDelivery } from './open-delivery.ts'
import type { Pointer } from './protocol.ts'
import type { State } from './state.ts'

/** What one `sendBatch` takes. */
const batch = 100

interface Addressed {
  queue: Priority | 'dead'
  pointer: Pointer
}

/** Pointers to released deliveries and to dead ones that are to be buried. */
export function pointersFor(
  state: State,
  released: readonly OpenDelivery[],
  burials: readonly string[],
): Addressed[] {
  const { config } = state
  if (config === null) return []
  const { tenant_id, shard } = config
  return [
    ...released.map(({ id, token, priority }) => ({
      queue: priority,
      pointer: { kind: 'deliver' as const, tenant_id, shard, delivery_id: id, token: token ?? '' },
    })),
    ...burials.map((id) => ({
      queue: 'dead' as const,
      pointer: { kind: 'bury' as const, tenant_id, shard, delivery_id: id },
    })),
  ]
}

const bindings = {
  high: 'DELIVERIES_HIGH',
  normal: 'DELIVERIES',
  low: 'DELIVERIES_LOW',
  dead: 'DEAD_LETTERS',
} as const satisfies Record<Addressed['queue'], keyof Env>

/** Sends each to its queue. `lost` is told of the deliveries whose pointers a queue would not take. */
export async function sendPointers(
  env: Env,
  addressed: readonly Addressed[],
  lost: (deliveryIds: string[]) => Promise<void>,
): Promise<void> {
  const queues = Map.groupBy(addressed, ({ queue }) => queue)
  for (const [queue, ofQueue] of queues) {
    for (let at = 0; at < ofQueue.length; at += batch) {
      const messages = ofQueue.slice(at, at + batch).map(({ pointer }) => ({ body: pointer }))
      try {
        await env[bindings[queue]].sendBatch(messages)
      } catch (error) {
        console.log(JSON.stringify({ at: 'step.crashed', step: 'queue', error: String(error) }))
        await lost(messages.map(({ body }) => body.delivery_id))
      }
    }
  }
}
