import * as z from 'zod'
import { acceptUnknown } from './schemes/body-type.ts'
import { defineSource } from './source.ts'

/** Whoever knows the URL is believed. There is no other way to have no proof than to choose this by name. */
export const none = defineSource({
  title: 'No verification',
  documentation: 'https://owasp.org/API-Security/editions/2023/en/0xa2-broken-authentication/',
  config: z.strictObject({}),
  secrets: [],
  proofHeaders: [],
  methods: ['POST', 'PUT', 'PATCH'],
  typeIs: '`type` or `event` of the JSON body',
  dedupeKeyIs: 'the header Idempotency-Key',
  eventTypes: [],
  steps: ["Send JSON to this source's URL. Keep the URL secret: it is the only proof."],
  verify: acceptUnknown,
})
