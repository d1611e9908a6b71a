import { StandardConfig, standardProofHeaders, verifyStandardRequest } from './schemes/standard.ts'
import { secretPaths } from './settings.ts'
import { defineSource } from './source.ts'

/** Signatures v1 (HMAC) and v1a (Ed25519). Type: the body's `type`. Dedupe: `webhook-id`. */
export const standardWebhooks = defineSource({
  title: 'Standard Webhooks',
  documentation:
    'https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md',
  config: StandardConfig,
  secrets: secretPaths('secret'),
  proofHeaders: standardProofHeaders,
  methods: ['POST'],
  typeIs: '`type` of the body',
  dedupeKeyIs: 'the header webhook-id',
  eventTypes: [],
  steps: [
    "Add an endpoint with this source's URL at the sender.",
    'Copy its signing secret (whsec_…), or for asymmetric signatures its public key (whpk_…), into this source.',
  ],
  verify: (request, config, world) => verifyStandardRequest(request, config, 'webhook', world),
})
