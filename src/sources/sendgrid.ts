import * as z from 'zod'
import type { Json } from '../model/json.ts'
import type { Refusal } from '../model/refusal.ts'
import { err, ok } from '../model/result.ts'
import { concat, utf8 } from '../signing/bytes.ts'
import { fromDerSignature, isP256Spki, verifyEcdsaP256 } from '../signing/ecdsa.ts'
import { fromBase64, fromPaddedBase64 } from '../signing/encodings.ts'
import { keyFrom, textAt, typeFrom } from './payload.ts'
import { headerOf } from './schemes/claim.ts'
import { jsonParts, together } from './schemes/json-batch.ts'
import { likelyCauseOf, skewed } from './schemes/likely-cause.ts'
import { timestampProblem } from './schemes/timestamp.ts'
import { secretOf, Split, ToleranceS } from './settings.ts'
import { defineSource } from './source.ts'
import type { SourceRequest, Verified, World } from './source.ts'

const signatureHeader = 'x-twilio-email-event-webhook-signature'
const timeHeader = 'x-twilio-email-event-webhook-timestamp'

const PublicKey = z
  .string()
  .max(200)
  .refine((key) => isP256Spki(fromBase64(key) ?? new Uint8Array()), {
    error: 'the verification key as SendGrid shows it: base64 of a P-256 public key',
  })

const Config = z.strictObject({
  public_key: secretOf(PublicKey),
  tolerance_s: ToleranceS,
  split: Split,
})

async function problemOf(
  request: SourceRequest,
  { public_key, tolerance_s }: z.infer<typeof Config>,
  world: World,
): Promise<Refusal | null> {
  const header = headerOf(request, signatureHeader)
  if (!header.ok) return header.error
  const time = headerOf(request, timeHeader)
  if (!time.ok) return time.error
  const signature = fromDerSignature(fromPaddedBase64(header.value) ?? new Uint8Array())
  if (signature === null) return { reason: 'malformed_header', header: signatureHeader }
  const rule = { unit: 's', toleranceS: tolerance_s } as const
  const late = timestampProblem(time.value, timeHeader, rule, world.nowMs)
  if (late?.reason === 'timestamp_malformed') return late

  const fits = (key: Uint8Array, body: Uint8Array) =>
    verifyEcdsaP256(key, signature, concat(utf8(time.value), body))
  const keys = public_key.map(fromBase64).filter((key) => key !== null)
  for (const key of keys) {
    if (await fits(key, request.body)) return late === null ? null : skewed(late)
  }
  if (late !== null) return late
  const given = { keys, body: request.body, url: null }
  const cause = await likelyCauseOf(given, ({ key, body }) => isP256Spki(key) && fits(key, body))
  return { reason: 'signature_mismatch', ...cause }
}

const read = (event: Json): Verified => ({
  type: typeFrom(textAt(event, 'event')),
  dedupeKey: keyFrom(textAt(event, 'sg_event_id')),
})

/**
 * Type: `event` (`delivered`, `bounce`); of a batch not split, the one that all its events share, else `batch`. Dedupe:
 * `sg_event_id`, the same in SendGrid's retries; of a batch not split, a digest of all of them. The signature is over the
 * very bytes, the CRLF behind each event included.
 */
export const sendgrid = defineSource({
  title: 'SendGrid',
  documentation:
    'https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features',
  config: Config,
  secrets: [],
  proofHeaders: [signatureHeader],
  methods: ['POST'],
  typeIs: '`event` of each event; `batch` for several kinds in one request, unless `split` is on',
  dedupeKeyIs:
    '`sg_event_id`; for several events in one request a digest of all, unless `split` is on',
  eventTypes: [
    'processed',
    'deferred',
    'delivered',
    'open',
    'click',
    'bounce',
    'dropped',
    'spamreport',
    'unsubscribe',
  ],
  steps: [
    'Open SendGrid, then Settings, Mail Settings, Event Webhooks, Create new webhook.',
    "Post URL: this source's URL. Choose the events.",
    'Under Security features turn on Signed Event Webhook, and save.',
    'Copy the verification key (MFkwEwYH…) into this source.',
  ],

  async verify(request, config, world) {
    const problem = await problemOf(request, config, world)
    if (problem !== null) return err(problem)
    return ok(together(jsonParts(request.body, read), request.body))
  },

  parts: ({ body }, { split }) => (split ? jsonParts(body, read) : null),
})
