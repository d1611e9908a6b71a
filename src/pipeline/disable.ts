import type { Job } from '../ledger/protocol.ts'
import { notify } from './notice.ts'
import type { Services } from './bound-services.ts'

/** A receiver that never wants to be called again is not: its destination is disabled, and its tenant told why. */
export async function disableDestination(
  services: Services,
  tenantId: string,
  { destination_id, delivery_id }: Job,
): Promise<void> {
  const { destinations } = services.configuration.of(tenantId)
  const known = await destinations.get(destination_id)
  if (known === null || !known.enabled) return
  await destinations.update(destination_id, {
    secretPaths: [],
    enabled: false,
    disabled_reason: 'gone',
  })
  services.log({ at: 'destination.disabled', tenant_id: tenantId, destination_id })
  await notify(services, tenantId, 'switchyard.destination.disabled', `disabled:${delivery_id}`, {
    destination_id,
    destination_name: known.name,
    delivery_id,
    reason: 'gone',
  })
}
