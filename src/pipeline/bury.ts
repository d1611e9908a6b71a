import type { Pointer } from '../ledger/protocol.ts'
import { notify } from './notice.ts'
import type { Services } from './bound-services.ts'

/**
 * Tells the tenant of a dead letter, then lets the ledger know that it has been told. May run twice: the notice has the
 * delivery's id as its key, and is one event.
 */
export async function bury(
  services: Services,
  { tenant_id, shard, delivery_id }: Extract<Pointer, { kind: 'bury' }>,
): Promise<boolean> {
  const ledger = services.ledger(tenant_id, shard)
  const dead = await ledger.dead(delivery_id)
  if (dead === null) return true
  const told = await notify(
    services,
    tenant_id,
    'switchyard.delivery.dead',
    `dead:${delivery_id}:${dead.attempt_count}`,
    {
      delivery_id,
      event_id: dead.event_id,
      event_type: dead.event_type,
      connection_id: dead.connection_id,
      destination_id: dead.destination_id,
      cause: dead.cause,
      attempts: dead.attempt_count,
      last_status: dead.last_status,
    },
  )
  if (!told) return false
  await ledger.buried(delivery_id)
  services.log({ at: 'delivery.buried', tenant_id, delivery_id })
  return true
}
