import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { bindSource, verify } from '../../src/sources/index.ts'
import { toText } from '../../src/signing/bytes.ts'
import { itIsASource, nowMs, post } from './contract.ts'

const subscription =
  '{"id":"EV00BD05S5VM2T","created_at":"2018-07-05T09:13:51.404Z","resource_type":"subscriptions","action":"created","links":{"subscription":"SB0003JJQ2MR06"},"details":{"origin":"api","cause":"subscription_created","description":"Subscription created via the API."},"metadata":{}}'
const mandate =
  '{"id":"EV00BD05TB8K63","created_at":"2018-07-05T09:13:56.893Z","resource_type":"mandates","action":"created","links":{"mandate":"MD000AMA19XGEC"},"details":{"origin":"api","cause":"mandate_created","description":"Mandate created via the API."},"metadata":{}}'

const signed = (secret: string, body: string) =>
  post(body, { 'Webhook-Signature': createHmac('sha256', secret).update(body).digest('hex') })

itIsASource({
  provider: 'gocardless',
  sign: (secret) => signed(secret, `{"events":[${subscription}]}`),
  secrets: ['a-secret', 'another'],
  proofHeader: 'webhook-signature',
  malformed: ['NOTVERYCONVINCING', 'A'.repeat(64), `sha256=${'0'.repeat(64)}`],
  signsBody: true,
  toleranceS: null,
  expected: { type: 'subscriptions.created', dedupeKey: 'EV00BD05S5VM2T' },
})

describe("the fixture of GoCardless's own library", () => {
  const secret = 'ED7D658C-D8EB-4941-948B-3973214F2D49'
  const request = post(`{"events":[${subscription},${mandate}]}`, {
    'webhook-signature': '2693754819d3e32d7e8fcb13c729631f316c6de8dc1cf634d6527f1c07276e7e',
  })

  it('is accepted, and told as a batch', async () => {
    const value = { type: 'batch', dedupeKey: expect.stringMatching(/^sha256:/) }
    expect(await verify('gocardless', request, { secret }, { nowMs })).toEqual({ ok: true, value })
  })

  it('is split into its two events', () => {
    const bound = bindSource('gocardless', { secret, split: true })
    const parts = bound.ok ? bound.value.parts(request) : null
    expect(parts?.map(({ type, dedupeKey }) => [type, dedupeKey])).toEqual([
      ['subscriptions.created', 'EV00BD05S5VM2T'],
      ['mandates.created', 'EV00BD05TB8K63'],
    ])
    expect(parts?.map(({ body }) => toText(body))).toEqual([subscription, mandate])
    const whole = bindSource('gocardless', { secret })
    expect(whole.ok && whole.value.parts(request)).toBeNull()
  })
})

it.each(['{}', '{"events":[]}', '{"events":5}', 'no json'])(
  'keeps %s, which brings no event, as one',
  async (body) => {
    const config = { secret: 's', split: true }
    const result = await verify('gocardless', signed('s', body), config, { nowMs })
    expect(result).toMatchObject({ ok: true, value: { type: 'unknown' } })
    const bound = bindSource('gocardless', config)
    expect(bound.ok && bound.value.parts(signed('s', body))).toBeNull()
  },
)
