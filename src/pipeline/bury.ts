import type { DeadLetter, Pointer } from '../ledger/protocol.ts'
import type { Services } from './bound-services.ts'
import { disableDestination } from './disable.ts'
import { notify } from './notice.ts'

/**
 * Does what a dead letter asks for (its destination disabled, its tenant told), then lets the ledger know. May run twice: a
 * notice has the delivery's id in its key, and is one event.
 */
export async function bury(
  services: Services,
  { tenant_id, shard, delivery_id }: Extract<Pointer, { kind: 'bury' }>,
): Promise<boolean> {
  const ledger = services.ledger(tenant_id, shard)
  const dead = await ledger.dead(delivery_id)
  if (dead === null) return true
  if (dead.disables && !(await disableDestination(services, tenant_id, dead))) return false
  if (!(await tell(services, tenant_id, dead))) return false
  await ledger.buried(delivery_id)
  services.log({ at: 'delivery.buried', tenant_id, delivery_id })
  return true
}

/** A notice about a notice could go on for ever, and what has arrived after all is not dead. */
async function tell(services: Services, tenantId: string, dead: DeadLetter): Promise<boolean> {
  if (dead.state !== 'dead' || dead.event_type.startsWith('switchyard.')) return true
  const key = `dead:${dead.id}:${dead.attempt_count}`
  return notify(services, tenantId, 'switchyard.delivery.dead', key, {
    delivery_id: dead.id,
    event_id: dead.event_id,
    event_type: dead.event_type,
    connection_id: dead.connection_id,
    destination_id: dead.destination_id,
    cause: dead.cause,
    attempts: dead.attempt_count,
    last_status: dead.last_status,
  })
}
