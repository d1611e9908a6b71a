import { utf8 } from '../signing/bytes.ts'
import { fromBase64, toBase64Url } from '../signing/encodings.ts'
import { sha256 } from '../signing/hmac.ts'

/** What one master key is good for. Each use has a key of its own, so that none helps against another. */
export interface MasterKey {
  /** Names the key in what it sealed, and tells nothing about it. */
  kid: string
  seal: CryptoKey
  sourceIds: CryptoKey
  fingerprints: CryptoKey
}

/** The first key seals, signs and names; all of them open and are recognized. */
export type Keyring = readonly [MasterKey, ...MasterKey[]]

const keyBytes = 32
const shortest = 16

/**
 * `MASTER_KEY` is base64 of 32 bytes, or any other text of 16 characters or more, which is hashed.
 * Several keys stand with a space or a comma between them, the newest first. An old key stays as long as anything
 * sealed with it is stored; source ids made under a key that is gone are unknown.
 */
export function masterKeysIn(text: string): Uint8Array[] {
  const texts = text.split(/[\s,]+/).filter((part) => part !== '')
  if (texts.length === 0 || texts.some((part) => part.length < shortest)) {
    throw new Error(`MASTER_KEY must be 32 bytes in base64, or ${shortest} characters or more`)
  }
  return texts.map((part) => {
    const bytes = fromBase64(part)
    return bytes?.length === keyBytes ? bytes : sha256(utf8(part))
  })
}

const extract = (bytes: Uint8Array): Promise<CryptoKey> =>
  crypto.subtle.importKey('raw', bytes, 'HKDF', false, ['deriveKey'])

/** HKDF (RFC 5869): the purpose is the `info`, so that keys of different purposes are unrelated. */
const expand = (
  master: CryptoKey,
  purpose: string,
  algorithm: 'AES-GCM' | 'HMAC',
): Promise<CryptoKey> =>
  crypto.subtle.deriveKey(
    {
      name: 'HKDF',
      hash: 'SHA-256',
      salt: new Uint8Array(),
      info: utf8(`switchyard/${purpose}/v1`),
    },
    master,
    algorithm === 'HMAC'
      ? { name: 'HMAC', hash: 'SHA-256', length: 256 }
      : { name: 'AES-GCM', length: 256 },
    false,
    algorithm === 'HMAC' ? ['sign'] : ['encrypt', 'decrypt'],
  )

async function masterKeyOf(bytes: Uint8Array): Promise<MasterKey> {
  const master = await extract(bytes)
  const [seal, sourceIds, fingerprints] = await Promise.all([
    expand(master, 'seal', 'AES-GCM'),
    expand(master, 'source-ids', 'HMAC'),
    expand(master, 'fingerprints', 'HMAC'),
  ])
  return { kid: toBase64Url(sha256(bytes)).slice(0, 4), seal, sourceIds, fingerprints }
}

let imported: { text: string; keyring: Keyring } | null = null

/** Imports the keys once per isolate. */
export async function keyringOf(masterKey: string): Promise<Keyring> {
  // The keys are kept, not the promise of them: a promise belongs to the request that made it, and dies with it.
  if (imported?.text === masterKey) return imported.keyring
  const [first, ...others] = await Promise.all(masterKeysIn(masterKey).map(masterKeyOf))
  if (first === undefined) throw new Error('MASTER_KEY is empty')
  const keyring: Keyring = [first, ...others]
  imported = { text: masterKey, keyring }
  return keyring
}

export const hmac = async (key: CryptoKey, text: string): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.sign('HMAC', key, utf8(text)))
