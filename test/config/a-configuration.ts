import { env } from 'cloudflare:workers'
import { createConfiguration } from '../../src/config/index.ts'
import type {
  Configuration,
  ConfigurationNeeds,
  Snapshot,
  Tenant,
  TenantConfig,
} from '../../src/config/config.ts'
import { NewConnection } from '../../src/model/connection.ts'
import { NewDestination } from '../../src/model/destination.ts'
import { NewSource } from '../../src/model/source.ts'
import { NewTenant } from '../../src/model/tenant.ts'
import type { Result } from '../../src/model/result.ts'

export const masterKey = 'a master key for the tests alone'.replaceAll(' ', '-')
export const adminKey = 'the-instance-key'

export interface Setting {
  configuration: Configuration
  changes: Snapshot[]
  erased: Tenant[]
  clock: { now: number }
}

/** A configuration over the file's D1, whose clock moves by 1 ms each time it is read. */
export function aConfiguration(needs: Partial<ConfigurationNeeds> = {}): Setting {
  const changes: Snapshot[] = []
  const erased: Tenant[] = []
  const clock = { now: Date.UTC(2026, 10, 20) }
  const configuration = createConfiguration({
    db: env.DB,
    masterKey,
    adminKey,
    now: () => clock.now++,
    random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
    changed: async (snapshot) => void changes.push(snapshot),
    erase: async (tenant) => void erased.push(tenant),
    ...needs,
  })
  return { configuration, changes, erased, clock }
}

export interface TenantSetting extends Setting {
  id: string
  key: string
  mine: TenantConfig
}

export async function aTenant(
  fields: Partial<NewTenant> = {},
  needs: Partial<ConfigurationNeeds> = {},
): Promise<TenantSetting> {
  const setting = aConfiguration(needs)
  const created = await setting.configuration.tenants.create(
    NewTenant.parse({ name: 'Acme', ...fields }),
  )
  const { id } = created.tenant
  return { ...setting, id, key: created.key, mine: setting.configuration.of(id) }
}

export function valueOf<T>(result: Result<T, string>): T {
  if (!result.ok) throw new Error(`refused: ${result.error}`)
  return result.value
}

export const aSource = (config: Record<string, unknown> = { secret: 'source-secret-0123' }) => ({
  ...NewSource.parse({ name: 'GitHub', provider: 'github', config }),
  secretPaths: ['secret', 'secret.*'],
})

export const aDestination = (
  config: Record<string, unknown> = {
    url: 'https://a.example',
    auth: { password: 'pass-word-4567' },
  },
) => ({
  ...NewDestination.parse({ name: 'Shop', type: 'webhook', config }),
  rate_limit: null,
  secretPaths: ['auth.password', 'headers.*'],
  signing_secret: 'whsec_first-signing-secret',
})

export const aConnection = (destinationId: string, fields: Partial<NewConnection> = {}) =>
  NewConnection.parse({ destination_id: destinationId, ...fields })

export const firstPage = {
  limit: 50,
  order: 'desc',
  after: null,
  since: null,
  until: null,
} as const
