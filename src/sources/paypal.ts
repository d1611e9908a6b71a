import * as z from 'zod'
import { parseJson } from '../model/json.ts'
import type { Refusal } from '../model/refusal.ts'
import { err, ok } from '../model/result.ts'
import { utf8 } from '../signing/bytes.ts'
import { crc32 } from '../signing/crc32.ts'
import { fromPaddedBase64 } from '../signing/encodings.ts'
import { keyFrom, textAt, typeFrom } from './payload.ts'
import { certificateProblem, PinnedCertificate } from './schemes/certificate.ts'
import { headerOf } from './schemes/claim.ts'
import { skewed } from './schemes/likely-cause.ts'
import { timestampProblem } from './schemes/timestamp.ts'
import { secretOf, toleranceOf } from './settings.ts'
import { defineSource } from './source.ts'
import type { SourceRequest, World } from './source.ts'

/** PayPal tries again for three days, with the time of its first try. */
const retriesS = 3 * 86_400 + 3600

const Config = z.strictObject({
  webhook_id: secretOf(
    z
      .string()
      .max(50)
      .regex(/^[A-Za-z0-9_-]+$/, "the webhook's id"),
  ),
  certificate: PinnedCertificate,
  tolerance_s: toleranceOf(retriesS),
})

const certificateUrl =
  /^https:\/\/api\.(?:sandbox\.)?paypal\.com\/v1\/notifications\/certs\/[A-Za-z0-9_-]+$/

const header = {
  id: 'paypal-transmission-id',
  time: 'paypal-transmission-time',
  signature: 'paypal-transmission-sig',
  algorithm: 'paypal-auth-algo',
  certificate: 'paypal-cert-url',
} as const

async function problemOf(
  request: SourceRequest,
  { webhook_id, certificate, tolerance_s }: z.infer<typeof Config>,
  world: World,
): Promise<Refusal | null> {
  const value: Record<string, string> = {}
  for (const name of Object.values(header)) {
    const found = headerOf(request, name)
    if (!found.ok) return found.error
    value[name] = found.value
  }
  const { [header.id]: id = '', [header.time]: time = '', [header.certificate]: url = '' } = value
  const signature = fromPaddedBase64(value[header.signature] ?? '')
  if (signature === null) return { reason: 'malformed_header', header: header.signature }
  if (value[header.algorithm] !== 'SHA256withRSA') {
    return { reason: 'malformed_header', header: header.algorithm }
  }
  const rule = { unit: 'iso', toleranceS: tolerance_s } as const
  const late = timestampProblem(time, header.time, rule, world.nowMs)
  if (late?.reason === 'timestamp_malformed') return late

  const contents = webhook_id.map((webhook) =>
    utf8(`${id}|${time}|${webhook}|${crc32(request.body)}`),
  )
  const claim = { pinned: certificate, url, trusted: certificateUrl, hash: 'SHA-256' } as const
  const problem = await certificateProblem({ ...claim, signature, contents }, world)
  if (problem === null) return late === null ? null : skewed(late)
  return problem.reason === 'signature_mismatch' ? (late ?? problem) : problem
}

/**
 * Type: `event_type` (`PAYMENT.CAPTURE.COMPLETED`). Dedupe: the event's `id` (`WH-…`), the same in retries. The signature is over a
 * CRC-32 of the body, which is PayPal's own protocol and binds it weakly: whoever has seen one signed request can make another
 * body with its checksum. Where much hangs on an event, ask PayPal's API for what it is about.
 */
export const paypal = defineSource({
  title: 'PayPal',
  documentation: 'https://developer.paypal.com/api/rest/webhooks/rest/',
  config: Config,
  secrets: [],
  proofHeaders: [header.signature],
  methods: ['POST'],
  typeIs: '`event_type` of the body',
  dedupeKeyIs: '`id` of the body',
  eventTypes: [
    'CHECKOUT.ORDER.APPROVED',
    'PAYMENT.CAPTURE.COMPLETED',
    'PAYMENT.CAPTURE.REFUNDED',
    'PAYMENT.SALE.COMPLETED',
    'BILLING.SUBSCRIPTION.ACTIVATED',
    'BILLING.SUBSCRIPTION.CANCELLED',
    'CUSTOMER.DISPUTE.CREATED',
  ],
  steps: [
    'Open the PayPal developer dashboard, then Apps & Credentials, and choose the app.',
    "Webhooks, Add webhook: enter this source's URL and choose the events.",
    'Copy the webhook ID that is shown then into this source.',
  ],

  async verify(request, config, world) {
    const problem = await problemOf(request, config, world)
    if (problem !== null) return err(problem)
    const event = parseJson(request.body)
    return ok({
      type: typeFrom(textAt(event, 'event_type')),
      dedupeKey: keyFrom(textAt(event, 'id')),
    })
  },
})
