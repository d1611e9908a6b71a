import { createHmac } from 'node:crypto'
import { expect, it } from 'vitest'
import { bindSource, handshake, verify } from '../../src/sources/index.ts'
import { utf8 } from '../../src/signing/bytes.ts'
import { itIsASource, nowMs, post } from './contract.ts'

const world = { nowMs }
const called = 'https://router.example/in/src_1'
const body =
  '{"action":{"id":"51f9424bcd6e040f3c002412","type":"updateCard","data":{"text":"na\u00EFve \u2013"}},"model":{}}'

const signed = (key: string, url = called) =>
  post(body, {
    'X-Trello-Webhook': createHmac('sha1', key).update(`${body}${url}`).digest('base64'),
  })

itIsASource({
  provider: 'trello',
  sign: (secret) => signed(secret),
  secrets: ['first', 'second'],
  proofHeader: 'x-trello-webhook',
  malformed: ['AAAA', `${'_'.repeat(27)}=`, '0'.repeat(40), `${'A'.repeat(26)}B=`],
  signsBody: true,
  signsUrl: true,
  toleranceS: null,
  expected: { type: 'updateCard', dedupeKey: '51f9424bcd6e040f3c002412' },
})

it('answers the HEAD that Trello saves no webhook without', async () => {
  const probe = { ...post('', {}), method: 'HEAD' }
  expect((await handshake('trello', probe, { secret: 'first' }, world))?.status).toBe(200)
})

it('takes the callback URL as it was given to Trello', async () => {
  const url = 'https://hooks.example/trello/?memberID=14&mainModel=true'
  const config = { secret: 'first', url }
  expect((await verify('trello', signed('first', url), config, world)).ok).toBe(true)
  expect((await verify('trello', signed('first'), config, world)).ok).toBe(false)
})

it('says that the URL differs where that is all', async () => {
  const request = signed('first', `${called}/`)
  const error = { reason: 'signature_mismatch', likely_cause: 'url_differs' }
  expect(await verify('trello', request, { secret: 'first' }, world)).toEqual({ ok: false, error })
})

it('answers an event with 200', () => {
  const bound = bindSource('trello', { secret: 'first' })
  expect(bound.ok ? bound.value.accepted(signed('first'))?.status : null).toBe(200)
})

it.each([
  ['gave its start to the body', `${body}h`, called.slice(1)],
  ['took the end of the body', body.slice(0, -1), `}${called}`],
])('takes no URL that %s', async (_case, changed, url) => {
  const request = { ...signed('first'), body: utf8(changed), url }
  expect((await verify('trello', request, { secret: 'first' }, world)).ok).toBe(false)
})
