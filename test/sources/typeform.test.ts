import { createHmac } from 'node:crypto'
import { expect, it } from 'vitest'
import { verify } from '../../src/sources/index.ts'
import { itIsASource, nowMs, post } from './contract.ts'

const body = '{"event_id":"LtWXD3crgy","event_type":"form_response","form_response":{}}'
const digest = (key: string) => createHmac('sha256', key).update(body)

itIsASource({
  provider: 'typeform',
  sign: (secret) =>
    post(body, { 'Typeform-Signature': `sha256=${digest(secret).digest('base64')}` }),
  secrets: ['first', 'second'],
  proofHeader: 'typeform-signature',
  malformed: [
    'sha256=',
    `${'A'.repeat(43)}=`,
    `sha1=${'A'.repeat(43)}=`,
    `sha256=${'_'.repeat(43)}=`,
    `sha256=${'A'.repeat(42)}B=`,
  ],
  signsBody: true,
  toleranceS: null,
  expected: { type: 'form_response', dedupeKey: 'LtWXD3crgy' },
})

it('refuses the same digest in hex', async () => {
  const request = post(body, { 'Typeform-Signature': `sha256=${digest('first').digest('hex')}` })
  expect((await verify('typeform', request, { secret: 'first' }, { nowMs })).ok).toBe(false)
})
