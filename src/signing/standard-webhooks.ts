/** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */

import { concat, utf8 } from './bytes.ts'
import { publicKeyOf, signEd25519, verifyEd25519 } from './ed25519.ts'
import { fromBase64, fromPaddedBase64, toBase64 } from './encodings.ts'
import { equal } from './equal.ts'
import { digestLength, hmacOf } from './hmac.ts'

const hmacPrefix = 'whsec_'
const privatePrefix = 'whsk_'
const publicPrefix = 'whpk_'

const seedLength = 32
const publicKeyLength = 32
const ed25519SignatureLength = 64

// A signature costs a curve operation: a header full of them must not buy thousands.
const maxEd25519Signatures = 20

export type StandardSecret =
  | { kind: 'hmac'; key: Uint8Array }
  | { kind: 'ed25519'; seed: Uint8Array; publicKey?: Uint8Array }
  | { kind: 'ed25519-public'; publicKey: Uint8Array }

/** `whsec_…`, or its base64 alone; `whsk_…` (seed, or seed and public key); `whpk_…`. Else `null`. */
export function parseSecret(secret: string): StandardSecret | null {
  if (secret.startsWith(privatePrefix)) {
    const bytes = fromBase64(secret.slice(privatePrefix.length))
    if (bytes?.length === seedLength) return { kind: 'ed25519', seed: bytes }
    if (bytes?.length !== seedLength + publicKeyLength) return null
    return {
      kind: 'ed25519',
      seed: bytes.slice(0, seedLength),
      publicKey: bytes.slice(seedLength),
    }
  }
  if (secret.startsWith(publicPrefix)) {
    const publicKey = fromBase64(secret.slice(publicPrefix.length))
    return publicKey?.length === publicKeyLength ? { kind: 'ed25519-public', publicKey } : null
  }
  const key = fromBase64(secret.startsWith(hmacPrefix) ? secret.slice(hmacPrefix.length) : secret)
  return key === null || key.length === 0 ? null : { kind: 'hmac', key }
}

/** Why a secret may not sign what we send; `null`: it may. The specification asks for 24 bytes or more. */
export function signingSecretProblem(secret: string): string | null {
  const parsed = parseSecret(secret)
  if (parsed === null || parsed.kind === 'ed25519-public') {
    return '"whsec_" and base64, or "whsk_" and the base64 of an Ed25519 key'
  }
  if (parsed.kind === 'hmac' && (parsed.key.length < 24 || parsed.key.length > 75)) {
    return 'a key of 24 to 75 bytes'
  }
  return null
}

/** What is signed: `{id}.{timestamp}.{body}`. */
const signedContent = (id: string, timestamp: string, body: Uint8Array): Uint8Array =>
  concat(utf8(`${id}.${timestamp}.`), body)

/** One token of `webhook-signature`: `v1,<base64>` or `v1a,<base64>`; `null` for a secret that cannot sign. */
export async function signatureOf(
  secret: string,
  id: string,
  timestampS: number,
  body: Uint8Array,
): Promise<string | null> {
  const parsed = parseSecret(secret)
  if (parsed === null || parsed.kind === 'ed25519-public') return null
  const content = signedContent(id, String(timestampS), body)
  return parsed.kind === 'hmac'
    ? `v1,${toBase64(await hmacOf('sha256', parsed.key, content))}`
    : `v1a,${toBase64(await signEd25519(parsed.seed, content))}`
}

/** `whsec_…` of 24 random bytes. */
export const newHmacSecret = (random24: Uint8Array): string => hmacPrefix + toBase64(random24)

/** `whsk_…` of the seed and its public key. */
export const newEd25519Secret = async (seed32: Uint8Array): Promise<string> =>
  privatePrefix + toBase64(concat(seed32, await publicKeyOf(seed32)))

/** What the receiver is given for a `whsk_…`: its `whpk_…`. `null` for a secret that has no public half. */
export async function publicKeyText(secret: string): Promise<string | null> {
  const parsed = parseSecret(secret)
  if (parsed === null || parsed.kind === 'hmac') return null
  const publicKey = parsed.kind === 'ed25519' ? await publicKeyOf(parsed.seed) : parsed.publicKey
  return publicPrefix + toBase64(publicKey)
}

interface Signatures {
  v1: Uint8Array[]
  v1a: Uint8Array[]
}

/** The header's tokens that can be a signature at all: other versions and other lengths are passed over. */
function signaturesIn(header: string): Signatures {
  const found: Signatures = { v1: [], v1a: [] }
  for (const token of header.split(' ')) {
    const comma = token.indexOf(',')
    const signature = comma < 0 ? null : fromPaddedBase64(token.slice(comma + 1))
    const version = token.slice(0, Math.max(comma, 0))
    if (version === 'v1' && signature?.length === digestLength('sha256')) found.v1.push(signature)
    if (version === 'v1a' && signature?.length === ed25519SignatureLength) found.v1a.push(signature)
  }
  return found
}

async function matches(
  secret: StandardSecret,
  signatures: Signatures,
  content: Uint8Array,
): Promise<boolean> {
  if (secret.kind === 'hmac') {
    if (signatures.v1.length === 0) return false
    const digest = await hmacOf('sha256', secret.key, content)
    return signatures.v1.some((signature) => equal(signature, digest))
  }
  if (signatures.v1a.length === 0) return false
  const publicKey =
    secret.kind === 'ed25519-public' ? secret.publicKey : await publicKeyOf(secret.seed)
  for (const signature of signatures.v1a.slice(0, maxEd25519Signatures)) {
    if (await verifyEd25519(publicKey, signature, content)) return true
  }
  return false
}

/**
 * Whether any of the header's signatures is any of the secrets' over `{id}.{timestamp}.{body}`. `malformed`: it
 * holds no signature of a version that we know. Whether the time is near is the caller's to check. Never throws.
 */
export async function verifyStandard(
  secrets: readonly StandardSecret[],
  message: { id: string; timestamp: string; signature: string; body: Uint8Array },
): Promise<'genuine' | 'mismatch' | 'malformed'> {
  const signatures = signaturesIn(message.signature)
  if (signatures.v1.length + signatures.v1a.length === 0) return 'malformed'
  const content = signedContent(message.id, message.timestamp, message.body)
  for (const secret of secrets) {
    if (await matches(secret, signatures, content)) return 'genuine'
  }
  return 'mismatch'
}
