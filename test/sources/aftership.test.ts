import { createHmac } from 'node:crypto'
import { itIsASource, post } from './contract.ts'

/** https://www.aftership.com/docs/tracking/webhook/webhook-specifications */
const body = JSON.stringify({
  ts: 1_700_000_000,
  event: 'tracking_update',
  event_id: 'fa5c3bb0-2ac6-4e2c-b4a6-c1a6f2b8f5a1',
  is_tracking_first_tag: true,
  msg: { slug: 'usps', tag: 'Delivered', tracking_number: '9400110897700003231250' },
})

itIsASource({
  provider: 'aftership',
  sign: (secret) =>
    post(body, {
      'content-type': 'application/json',
      'aftership-hmac-sha256': createHmac('sha256', secret).update(body).digest('base64'),
    }),
  secrets: ['first-key', 'second-key'],
  proofHeader: 'aftership-hmac-sha256',
  malformed: ['AAAA', 'nothing', '0'.repeat(64), 'A'.repeat(43), `sha256=${'A'.repeat(43)}=`],
  signsBody: true,
  toleranceS: null,
  expected: { type: 'tracking_update', dedupeKey: 'fa5c3bb0-2ac6-4e2c-b4a6-c1a6f2b8f5a1' },
})
