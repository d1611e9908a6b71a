import { createHmac } from 'node:crypto'
import { expect, it } from 'vitest'
import { verify } from '../../src/sources/index.ts'
import { itIsASource, nowMs, post } from './contract.ts'

/** In the shape of the documentation's sample. */
const body =
  '{"_id":"57c0a8e29969090743529965","date":1472243938774,"accesses":[{"action":"updateName","resource":"proj/alexis:env/test"}],"kind":"environment"}'

const signed = (text: string, secret: string) =>
  post(text, { 'X-LD-Signature': createHmac('sha256', secret).update(text).digest('hex') })

itIsASource({
  provider: 'launchdarkly',
  sign: (secret) => signed(body, secret),
  secrets: ['a-secret', 'another'],
  proofHeader: 'x-ld-signature',
  malformed: ['no', 'A'.repeat(64), `sha256=${'0'.repeat(64)}`],
  signsBody: true,
  toleranceS: null,
  expected: { type: 'environment.updateName', dedupeKey: '57c0a8e29969090743529965' },
})

it.each([
  ['{"kind":"flag","accesses":[]}', 'flag'],
  ['{"accesses":[{"action":"x"}]}', 'unknown'],
])('names %s', async (text, type) => {
  const result = await verify('launchdarkly', signed(text, 's'), { secret: 's' }, { nowMs })
  expect(result).toEqual({ ok: true, value: { type, dedupeKey: null } })
})
