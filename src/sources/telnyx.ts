import * as z from 'zod'
import { parseJson } from '../model/json.ts'
import { err, ok } from '../model/result.ts'
import { utf8 } from '../signing/bytes.ts'
import { fromBase64 } from '../signing/encodings.ts'
import { keyFrom, textAt, typeFrom } from './payload.ts'
import { plainOk } from './schemes/answers.ts'
import type { Signing } from './schemes/claim.ts'
import { ed25519Problem } from './schemes/proof.ts'
import { secretOf, ToleranceS } from './settings.ts'
import { defineSource } from './source.ts'

const signing: Signing = {
  header: 'telnyx-signature-ed25519',
  encoding: 'base64',
  signed: ['timestamp', utf8('|'), 'body'],
}

const PublicKey = z
  .string()
  .max(100)
  .refine((text) => fromBase64(text)?.length === 32, { error: 'a public key: 32 bytes in base64' })

/** Type: `data.event_type`. Dedupe: `data.id`, the same in Telnyx's retries and at its failover URL. */
export const telnyx = defineSource({
  title: 'Telnyx',
  documentation:
    'https://developers.telnyx.com/development/api-fundamentals/webhooks/receiving-webhooks',
  config: z.strictObject({ public_key: secretOf(PublicKey), tolerance_s: ToleranceS }),
  secrets: [],
  proofHeaders: [signing.header],
  methods: ['POST'],
  typeIs: '`data.event_type`',
  dedupeKeyIs: '`data.id`',
  eventTypes: [
    'message.received',
    'message.finalized',
    'call.initiated',
    'call.hangup',
    'fax.received',
  ],
  steps: [
    'Open portal.telnyx.com, Account, Keys & Credentials, Public Key, and copy it into this source.',
    "Enter this source's URL as the webhook URL of the messaging profile or the voice application.",
    'Choose API v2 as the version of the webhooks.',
  ],

  async verify(request, { public_key, tolerance_s }, world) {
    const timestamp = { header: 'telnyx-timestamp', unit: 's', toleranceS: tolerance_s } as const
    const keys = public_key.map(fromBase64).filter((key) => key !== null)
    const problem = await ed25519Problem(request, { ...signing, timestamp }, keys, world)
    if (problem !== null) return err(problem)
    const json = parseJson(request.body)
    return ok({
      type: typeFrom(textAt(json, 'data', 'event_type')),
      dedupeKey: keyFrom(textAt(json, 'data', 'id')),
    })
  },

  accepted: plainOk,
})
