import { createHmac } from 'node:crypto'
import { expect } from 'vitest'
import { itIsASource, post } from './contract.ts'

const body =
  '{"triggerEvent":"BOOKING_CREATED","createdAt":"2023-05-24T09:30:00.538Z","payload":{"uid":"bFJeNb2uX8ANpT3JL5EfXw"}}'

itIsASource({
  provider: 'cal-com',
  sign: (secret) =>
    post(body, {
      'content-type': 'application/json',
      'X-Cal-Signature-256': createHmac('sha256', secret).update(body).digest('hex'),
    }),
  secrets: ['a-secret', 'another'],
  proofHeader: 'x-cal-signature-256',
  // The first is what Cal.com sends for a webhook without a secret.
  malformed: ['no-secret-provided', 'A'.repeat(64), `sha256=${'0'.repeat(64)}`],
  signsBody: true,
  toleranceS: null,
  expected: { type: 'BOOKING_CREATED', dedupeKey: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) },
})
