import * as z from 'zod'
import type { Json } from '../model/json.ts'
import { err, ok } from '../model/result.ts'
import { utf8 } from '../signing/bytes.ts'
import { keyFrom, textAt, withAction } from './payload.ts'
import type { Signing } from './schemes/claim.ts'
import { jsonParts, together } from './schemes/json-batch.ts'
import { listBytes } from './schemes/json-member.ts'
import { hmacProblem } from './schemes/proof.ts'
import { Secret, secretPaths, Split } from './settings.ts'
import { defineSource } from './source.ts'
import type { Part, Verified } from './source.ts'

const signing: Signing = {
  header: 'webhook-signature',
  encoding: 'lower-hex',
  signed: ['body'],
}

const read = (json: Json): Verified => ({
  type: withAction(textAt(json, 'resource_type') ?? null, textAt(json, 'action')),
  dedupeKey: keyFrom(textAt(json, 'id')),
})

const partsOf = (body: Uint8Array): Part[] => jsonParts(listBytes(body, 'events'), read)

/** Up to 250 events a request. Type: `resource_type`, with the action after a dot. Dedupe: the event's `id`; of several taken whole a digest of all. */
export const gocardless = defineSource({
  title: 'GoCardless',
  documentation: 'https://developer.gocardless.com/api-reference/#webhooks-signing-webhooks',
  config: z.strictObject({ secret: Secret, split: Split }),
  secrets: secretPaths('secret'),
  proofHeaders: [signing.header],
  methods: ['POST'],
  typeIs: '`resource_type` of the event, with `action` after a dot',
  dedupeKeyIs: '`id` of the event; of several taken whole a digest of all',
  eventTypes: [
    'payments.confirmed',
    'payments.failed',
    'mandates.created',
    'mandates.cancelled',
    'subscriptions.created',
    'payouts.paid',
  ],
  steps: [
    'Open the GoCardless dashboard, then Developers, Create, Webhook endpoint.',
    "URL: this source's URL. Secret: the secret of this source.",
    'Set `split` on this source to get each event of a request on its own.',
  ],

  async verify(request, { secret }, world) {
    const problem = await hmacProblem(request, signing, 'sha256', secret.map(utf8), world)
    return problem === null ? ok(together(partsOf(request.body), request.body)) : err(problem)
  },

  parts: ({ body }, { split }) => (split ? partsOf(body) : null),
})
