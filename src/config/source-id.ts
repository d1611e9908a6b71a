import { newId, prefixOf, randomDigits } from '../model/ids.ts'
import type { Keyring } from './keyring.ts'
import { hmac } from './keyring.ts'

const randomLength = 16
const checkLength = 4
const shape = /^src_[0-9a-hjkmnp-tv-z]{30}$/

async function checksum(key: CryptoKey, body: string): Promise<string> {
  return randomDigits((await hmac(key, body)).subarray(0, checkLength))
}

/**
 * `src_`, time, randomness, and four digits that only this instance can compute: of a million ids that somebody makes
 * up, one costs a look at the database.
 */
export async function newSourceId(
  [{ sourceIds }]: Keyring,
  nowMs: number,
  random: (bytes: number) => Uint8Array,
): Promise<string> {
  const body = newId('source', nowMs, random(randomLength))
  return body + (await checksum(sourceIds, body))
}

/** Whether the id may have been made here. It says nothing about whether it is still stored. */
export async function isSourceId(keyring: Keyring, id: string): Promise<boolean> {
  if (!shape.test(id) || !id.startsWith(prefixOf('source'))) return false
  const body = id.slice(0, -checkLength)
  const checksums = await Promise.all(keyring.map(({ sourceIds }) => checksum(sourceIds, body)))
  return checksums.includes(id.slice(-checkLength))
}
