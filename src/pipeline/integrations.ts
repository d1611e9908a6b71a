import type { ConnectionRecord, DestinationRecord } from '../config/config.ts'
import type { Services } from './bound-services.ts'

/** What the integration face makes: a destination, and the connection that its marker stands on. Secrets are open. */
export interface Integration {
  kind: string
  connection: ConnectionRecord
  destination: DestinationRecord
}

type Made = Pick<ConnectionRecord, 'id' | 'created_at'>

const prefix = 'integrations/'

/** The type that a kind's destinations have: a marker on another's connection, put there by hand, makes no integration. */
const typeOfKind = (kind: string): string => (kind === 'webhooks' ? 'webhook' : kind)

/** The name of the connection by which an integration is known again. */
export const markOf = (kind: string): string => prefix + kind

/** The tenant's integrations, oldest first, and all its destinations, of this very moment. `null`: no such tenant. */
export async function integrationsOf(
  { configuration }: Pick<Services, 'configuration'>,
  tenantId: string,
): Promise<{ integrations: Integration[]; destinations: DestinationRecord[] } | null> {
  const snapshot = await configuration.load(tenantId)
  if (snapshot === null) return null
  const byId = new Map(snapshot.destinations.map((one) => [one.id, one]))
  const integrations = snapshot.connections.flatMap((connection): Integration[] => {
    const destination = byId.get(connection.destination_id)
    const { name } = connection
    if (destination === undefined || name?.startsWith(prefix) !== true) return []
    const kind = name.slice(prefix.length)
    // What the face shows of a type's config another type may keep secret (`url`).
    return destination.type === typeOfKind(kind) ? [{ kind, connection, destination }] : []
  })
  // By id within a millisecond, so that every reader finds the same one to be the oldest.
  const byAge = (a: Made, b: Made) => a.created_at - b.created_at || (a.id < b.id ? -1 : 1)
  return {
    integrations: integrations.sort((a, b) => byAge(a.connection, b.connection)),
    destinations: [...snapshot.destinations].sort(byAge),
  }
}

/** The one integration of a kind that a tenant has once: the oldest. */
export async function integrationOf(
  services: Pick<Services, 'configuration'>,
  tenantId: string,
  kind: string,
): Promise<Integration | null> {
  const all = await integrationsOf(services, tenantId)
  return all?.integrations.find((one) => one.kind === kind) ?? null
}
