import type { SigningSecret } from './config.ts'
import type { Keyring } from './keyring.ts'
import type { Place } from './seal.ts'
import { opened, seal } from './seal.ts'

const mostOld = 10

const placeOf = (tenant: string, record: string): Place => ({
  tenant,
  record,
  field: 'signing_secrets',
})

const alive = (secrets: SigningSecret[], now: number): SigningSecret[] =>
  secrets.filter(({ until }) => until === null || until > now)

/** The secrets that sign at `now`, the current one first. */
export async function openSecrets(
  keyring: Keyring,
  row: { tenant_id: string; id: string; signing_secrets: string | null },
  now: number,
): Promise<SigningSecret[]> {
  if (row.signing_secrets === null) return []
  const text = await opened(keyring, placeOf(row.tenant_id, row.id), row.signing_secrets)
  // What opens is what `sealSecrets` sealed: the seal vouches for it.
  return alive(JSON.parse(text) as SigningSecret[], now)
}

/** All of them as one text, so that whoever can write the row can neither reorder them nor prolong one. */
export const sealSecrets = (
  keyring: Keyring,
  row: { tenant_id: string; id: string },
  secrets: SigningSecret[],
  random: (bytes: number) => Uint8Array,
): Promise<string> => seal(keyring, placeOf(row.tenant_id, row.id), JSON.stringify(secrets), random)

/** `secret` first, the others until `until` at the latest; `null` where more than ten of them would go on. */
export function rotated(
  secrets: SigningSecret[],
  secret: string,
  until: number,
  now: number,
): SigningSecret[] | null {
  const old = secrets.map((one) => ({ ...one, until: Math.min(one.until ?? until, until) }))
  const going = alive(old, now)
  return going.length > mostOld ? null : [{ secret, until: null }, ...going]
}
