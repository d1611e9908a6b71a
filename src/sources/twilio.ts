import * as z from 'zod'
import { parseJson } from '../model/json.ts'
import { err, ok } from '../model/result.ts'
import { utf8 } from '../signing/bytes.ts'
import { equal } from '../signing/equal.ts'
import { digestLength, hmacOf } from '../signing/hmac.ts'
import { formOf, keyFrom, textAt, typeFrom } from './payload.ts'
import { readClaim } from './schemes/claim.ts'
import type { Signing } from './schemes/claim.ts'
import { likelyCauseOf } from './schemes/likely-cause.ts'
import { PublicUrl, Secret, secretPaths } from './settings.ts'
import { defineSource } from './source.ts'
import type { SourceRequest } from './source.ts'
import { signedTexts, urlsOf } from './twilio-signed.ts'

const signing: Signing = {
  header: 'x-twilio-signature',
  encoding: 'base64',
  signed: ['body'],
}

/** Twilio's fields for how something stands, and what it is that stands so. A recording's callback names its call too. */
const statuses = [
  ['RecordingStatus', 'recording'],
  ['TranscriptionStatus', 'transcription'],
  ['MessageStatus', 'message'],
  ['SmsStatus', 'message'],
  ['CallStatus', 'call'],
] as const

function typeOf(request: SourceRequest): string {
  const form = formOf(request)
  if (form === null) {
    const json = parseJson(request.body)
    return typeFrom(textAt(json, 0, 'type'), textAt(json, 'type'), textAt(json, 'EventType'))
  }
  const status = statuses.find(([field]) => (form.get(field) ?? '') !== '')
  return typeFrom(
    form.get('EventType'),
    form.get('StatusCallbackEvent'),
    status && `${status[1]}.${form.get(status[0])}`,
  )
}

/**
 * Type: `EventType` (Conversations, TaskRouter) or `StatusCallbackEvent` (Video, conferences); else what there is a status of and which,
 * `message.delivered`, `message.received`, `call.completed`, `recording.completed`; of JSON, the CloudEvent's `type`. Dedupe:
 * `I-Twilio-Idempotency-Token`, the same in Twilio's retries.
 */
export const twilio = defineSource({
  title: 'Twilio',
  documentation: 'https://www.twilio.com/docs/usage/security#validating-requests',
  config: z.strictObject({ secret: Secret, url: PublicUrl }),
  secrets: secretPaths('secret'),
  proofHeaders: [signing.header],
  methods: ['POST'],
  typeIs:
    '`EventType` or `StatusCallbackEvent`, else what has a status and which: `message.delivered`',
  dedupeKeyIs: 'the header I-Twilio-Idempotency-Token',
  eventTypes: [
    'message.received',
    'message.delivered',
    'message.failed',
    'call.ringing',
    'call.completed',
    'recording.completed',
    'onMessageAdded',
    'com.twilio.messaging.message.delivered',
  ],
  steps: [
    'Open console.twilio.com and copy the auth token (Account Info) into this source.',
    "Enter this source's URL where Twilio asks for a webhook or status callback, with the method HTTP POST.",
    'If Twilio calls another URL than this source has (a proxy, a user name in it), enter that URL in this source.',
  ],

  async verify(request, { secret, url }, world) {
    const claim = readClaim(request, signing, digestLength('sha1'), world)
    if (!claim.ok) return claim
    const { signatures } = claim.value
    const fits = async (key: Uint8Array, texts: readonly Uint8Array[]): Promise<boolean> => {
      for (const text of texts) {
        const digest = await hmacOf('sha1', key, text)
        if (signatures.some((signature) => equal(signature, digest))) return true
      }
      return false
    }
    const keys = secret.map(utf8)
    const texts = await signedTexts(urlsOf(request.url, url), request.body)
    for (const key of keys) {
      if (!(await fits(key, texts))) continue
      const token = request.headers.get('i-twilio-idempotency-token')
      return ok({ type: typeOf(request), dedupeKey: keyFrom(token) })
    }
    const given = { keys, body: request.body, url: url ?? request.url }
    const cause = await likelyCauseOf(given, async (other) =>
      fits(other.key, await signedTexts([other.url], other.body)),
    )
    return err({ reason: 'signature_mismatch', ...cause })
  },

  /** TwiML that does nothing: anything else is an error to a call or a message that waits for an answer. */
  accepted: () =>
    new Response('<Response/>', { status: 200, headers: { 'content-type': 'text/xml' } }),
})
