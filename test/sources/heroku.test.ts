import { createHmac } from 'node:crypto'
import { expect, it } from 'vitest'
import { verify } from '../../src/sources/index.ts'
import { itIsASource, nowMs, post } from './contract.ts'

/** In the shape of the published notifications. */
const notification = (attempt: string) =>
  JSON.stringify({
    action: 'update',
    resource: 'release',
    version: 'application/vnd.heroku+json; version=3',
    webhook_metadata: {
      attempt: { id: attempt },
      delivery: { id: 'd244009a-670f-4340-88e9-789a4f9002d5' },
      event: { id: 'b6a68e77-8c13-41c8-b30c-b50cca7a608a', include: 'api:release' },
      webhook: { id: 'b54e6a7e-d162-4bd7-ab42-1011582c19cc' },
    },
  })

const signed = (secret: string, body = notification('8a44f820-2354-489d-9a11-a793cbf49979')) =>
  post(body, {
    'Heroku-Webhook-Hmac-SHA256': createHmac('sha256', secret).update(body).digest('base64'),
  })

const expected = {
  type: 'api:release.update',
  dedupeKey: 'd244009a-670f-4340-88e9-789a4f9002d5',
}

itIsASource({
  provider: 'heroku',
  sign: (secret) => signed(secret),
  secrets: ['a-secret', 'another'],
  proofHeader: 'heroku-webhook-hmac-sha256',
  malformed: ['no', '0'.repeat(64), `sha256=${'A'.repeat(43)}=`],
  signsBody: true,
  toleranceS: null,
  expected,
})

it.each([
  ['another attempt', notification('6ddac576-005d-456c-8153-8fba3f5702de'), expected],
  [
    'no metadata',
    '{"resource":"dyno","action":"create"}',
    { type: 'dyno.create', dedupeKey: null },
  ],
])('reads a delivery with %s', async (_case, body, value) => {
  const result = await verify('heroku', signed('s', body), { secret: 's' }, { nowMs })
  expect(result).toEqual({ ok: true, value })
})
