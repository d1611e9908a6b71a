import * as z from 'zod'
import { parseJson } from '../model/json.ts'
import { err, ok } from '../model/result.ts'
import { utf8 } from '../signing/bytes.ts'
import { keyFrom, textAt, typeFrom } from './payload.ts'
import { hmacProblem } from './schemes/proof.ts'
import type { Signing } from './schemes/claim.ts'
import { Secret, secretPaths, ToleranceS } from './settings.ts'
import { defineSource } from './source.ts'

const signing: Signing = {
  header: 'stripe-signature',
  encoding: 'lower-hex',
  // `v0` marks test signatures of another make: passed over.
  fields: { timestamp: 't', signature: 'v1' },
  signed: ['timestamp', utf8('.'), 'body'],
}

/** Type: the body's `type`. Dedupe: its `id` (`evt_…`), snapshot and thin events alike. */
export const stripe = defineSource({
  title: 'Stripe',
  documentation: 'https://docs.stripe.com/webhooks/signatures',
  config: z.strictObject({ secret: Secret, tolerance_s: ToleranceS }),
  secrets: secretPaths('secret'),
  proofHeaders: [signing.header],
  methods: ['POST'],
  typeIs: '`type` of the body',
  dedupeKeyIs: '`id` of the body',
  eventTypes: ['invoice.paid', 'checkout.session.completed', 'customer.subscription.updated'],
  steps: [
    'Open the Stripe dashboard, then Developers, Webhooks, Add destination.',
    "Choose the events. Endpoint URL: this source's URL.",
    'Copy the signing secret (whsec_…) whole into this source.',
  ],

  async verify(request, { secret, tolerance_s }, world) {
    const timed: Signing = { ...signing, timestamp: { unit: 's', toleranceS: tolerance_s } }
    // The key is the text of the secret with its `whsec_`, not what it encodes.
    const problem = await hmacProblem(request, timed, 'sha256', secret.map(utf8), world)
    if (problem !== null) return err(problem)
    const event = parseJson(request.body)
    return ok({ type: typeFrom(textAt(event, 'type')), dedupeKey: keyFrom(textAt(event, 'id')) })
  },
})
