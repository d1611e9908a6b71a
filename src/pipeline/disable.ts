import type { DeadLetter } from '../ledger/protocol.ts'
import { notify } from './notice.ts'
import type { Services } from './bound-services.ts'

/** A receiver that never wants to be called again is not: its destination is disabled, and its tenant told why. */
export async function disableDestination(
  services: Services,
  tenantId: string,
  { id: delivery_id, destination_id }: DeadLetter,
): Promise<boolean> {
  const { destinations } = services.configuration.of(tenantId)
  const known = await destinations.get(destination_id)
  if (known === null) return true
  if (known.enabled) {
    const change = { secretPaths: [], enabled: false, disabled_reason: 'gone' }
    await destinations.update(destination_id, change)
    services.log({ at: 'destination.disabled', tenant_id: tenantId, destination_id })
  }
  return notify(services, tenantId, 'switchyard.destination.disabled', `disabled:${delivery_id}`, {
    destination_id,
    destination_name: known.name,
    delivery_id,
    reason: 'gone',
  })
}
