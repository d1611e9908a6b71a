/** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md, for those who receive. */

import { concat, utf8 } from '../signing/bytes.ts'
import { verifyEd25519 } from '../signing/ed25519.ts'
import { fromBase64, fromPaddedBase64 } from '../signing/encodings.ts'

export type RefusedBecause =
  | 'missing_header'
  | 'malformed_header'
  | 'timestamp_outside_tolerance'
  | 'signature_mismatch'
  | 'malformed_secret'

/** The request is not to be believed, or the secret is none. */
export class WebhookVerificationError extends Error {
  override readonly name = 'WebhookVerificationError'

  readonly reason: RefusedBecause

  constructor(reason: RefusedBecause) {
    super(`The webhook could not be verified: ${reason}`)
    this.reason = reason
  }
}

export interface VerifiedWebhook {
  /** The event's id, the same in every attempt: take each once. */
  id: string
  /** When the attempt was made. */
  timestamp: Date
  type: string | null
  /** The very bytes that were signed. */
  body: Uint8Array
  /** Them as JSON; `undefined` where they are not that. */
  data: unknown
}

/** A request's headers as any platform has them, and its body as it came: parsed JSON cannot be verified. */
export interface ReceivedWebhook {
  headers: Headers | Record<string, string | string[] | undefined>
  body: string | Uint8Array
}

export interface VerifyOptions {
  /** How far the sender's clock may be off: 300 s, unless told. */
  toleranceS?: number
  nowMs?: number
}

type Key = { version: 'v1' | 'v1a'; bytes: Uint8Array }

const mostSignatures = 20

/** `whsec_…`, or its base64 alone, for HMAC; `whpk_…` for Ed25519. */
function keyOf(secret: string): Key {
  const [, prefix = '', text = ''] = /^(whsec_|whpk_)?(.*)$/s.exec(secret) ?? []
  const bytes = fromBase64(text)
  const version = prefix === 'whpk_' ? 'v1a' : 'v1'
  const fits = bytes !== null && (version === 'v1' ? bytes.length > 0 : bytes.length === 32)
  if (!fits) throw new WebhookVerificationError('malformed_secret')
  return { version, bytes }
}

const isRequest = (received: Request | ReceivedWebhook): received is Request =>
  'arrayBuffer' in received

function headerOf({ headers }: Pick<ReceivedWebhook, 'headers'>, name: string): string | null {
  if (headers instanceof Headers) return headers.get(name)
  const value = Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1]
  return (Array.isArray(value) ? value.join(' ') : value) ?? null
}

/** The header's signatures of one version, as bytes. */
const signaturesOf = (header: string, version: Key['version']): Uint8Array[] =>
  header.split(' ').flatMap((token) => {
    if (!token.startsWith(`${version},`)) return []
    const signature = fromPaddedBase64(token.slice(version.length + 1))
    return signature === null ? [] : [signature]
  })

async function matches({ version, bytes }: Key, signature: Uint8Array, content: Uint8Array) {
  if (version === 'v1a') return verifyEd25519(bytes, signature, content)
  const hash = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', bytes, hash, false, ['verify'])
  return crypto.subtle.verify('HMAC', key, signature, content)
}

function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(body))
  } catch {
    return undefined
  }
}

/**
 * What a webhook says, once its signature by one of `secrets` and its time are proved; throws `WebhookVerificationError`
 * for everything else. Reads a `Request`'s body.
 */
export async function verifyWebhook(
  received: Request | ReceivedWebhook,
  secrets: string | readonly string[],
  { toleranceS = 300, nowMs = Date.now() }: VerifyOptions = {},
): Promise<VerifiedWebhook> {
  const keys = (typeof secrets === 'string' ? [secrets] : secrets).map(keyOf)
  const id = headerOf(received, 'webhook-id')
  const timestamp = headerOf(received, 'webhook-timestamp')
  const signature = headerOf(received, 'webhook-signature')
  if (id === null || timestamp === null || signature === null) {
    throw new WebhookVerificationError('missing_header')
  }
  if (!/^\d{1,12}$/.test(timestamp)) throw new WebhookVerificationError('malformed_header')
  const atMs = Number(timestamp) * 1000
  // Said so that a tolerance which is no number tolerates nothing.
  if (!(Math.abs(nowMs - atMs) <= toleranceS * 1000)) {
    throw new WebhookVerificationError('timestamp_outside_tolerance')
  }
  const raw = isRequest(received) ? new Uint8Array(await received.arrayBuffer()) : received.body
  const body = typeof raw === 'string' ? utf8(raw) : raw
  const content = concat(utf8(`${id}.${timestamp}.`), body)
  for (const key of keys) {
    // A signature costs a curve operation: a header full of them must not buy thousands.
    for (const one of signaturesOf(signature, key.version).slice(0, mostSignatures)) {
      if (!(await matches(key, one, content))) continue
      const type = headerOf(received, 'switchyard-event-type')
      return { id, timestamp: new Date(atMs), type, body, data: parsed(body) }
    }
  }
  throw new WebhookVerificationError('signature_mismatch')
}
