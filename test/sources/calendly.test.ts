import { createHash, createHmac } from 'node:crypto'
import { expect, it } from 'vitest'
import { verify } from '../../src/sources/index.ts'
import { itIsASource, nowMs, post } from './contract.ts'

const body =
  '{"event":"invitee.created","created_at":"2023-11-14T22:13:20.000000Z","payload":{"uri":"https://api.calendly.com/x"}}'

const digestOf = (key: string, timeS: number) =>
  createHmac('sha256', key).update(`${timeS}.${body}`).digest('hex')

const signed = (key: string, timeS: number) =>
  post(body, { 'Calendly-Webhook-Signature': `t=${timeS},v1=${digestOf(key, timeS)}` })

const dedupeKey = `sha256:${createHash('sha256').update(body).digest('hex')}`

itIsASource({
  provider: 'calendly',
  sign: signed,
  secrets: ['first', 'second'],
  proofHeader: 'calendly-webhook-signature',
  malformed: [
    't=1700000000',
    `v1=${'0'.repeat(64)}`,
    `t=1700000000,v2=${'0'.repeat(64)}`,
    `t=1700000000,v1=${'A'.repeat(64)}`,
    `t=1700000000,t=1700000000,v1=${'0'.repeat(64)}`,
  ],
  signsBody: true,
  toleranceS: 180,
  expected: { type: 'invitee.created', dedupeKey },
})

it.each(['', '1700000000.0', '+1700000000', '1.7e9', '17OOOOOOOO'])(
  'refuses %j as a time',
  async (time) => {
    const signature = `t=${time},v1=${digestOf('k', 1_700_000_000)}`
    const request = post(body, { 'calendly-webhook-signature': signature })
    const error = { reason: 'timestamp_malformed', header: 'calendly-webhook-signature' }
    expect(await verify('calendly', request, { secret: 'k' }, { nowMs })).toEqual({
      ok: false,
      error,
    })
  },
)

it('takes another tolerance', async () => {
  const config = { secret: 'k', tolerance_s: 600 }
  expect((await verify('calendly', signed('k', 1_699_999_400), config, { nowMs })).ok).toBe(true)
})
