import { StandardConfig, standardProofHeaders, verifyStandardRequest } from './schemes/standard.ts'
import { secretPaths } from './settings.ts'
import { defineSource } from './source.ts'

/** Svix and the many who send through it (Clerk, Resend, …). Type: the body's `type`. Dedupe: `svix-id`. */
export const svix = defineSource({
  title: 'Svix',
  documentation: 'https://docs.svix.com/receiving/verifying-payloads/how-manual',
  config: StandardConfig,
  secrets: secretPaths('secret'),
  proofHeaders: standardProofHeaders,
  methods: ['POST'],
  typeIs: '`type` of the body',
  dedupeKeyIs: 'the header svix-id',
  eventTypes: [],
  steps: [
    "Open the sender's webhook settings (often a portal by Svix) and add an endpoint with this source's URL.",
    "Copy the endpoint's signing secret (whsec_…) into this source.",
  ],
  verify: (request, config, world) => verifyStandardRequest(request, config, 'svix', world),
})
