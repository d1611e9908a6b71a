import { createHmac } from 'node:crypto'
import { expect, it } from 'vitest'
import { verify } from '../../src/sources/index.ts'
import { itIsASource, nowMs, post } from './contract.ts'

const body = '{"id":"3888f21b-eaa7-38e3-8f3d-75a63bba8895","type":"workflow-completed"}'
const digits = '734cc62f32841568f45715aeb9f4d7891324e6d948e4c6c60c0621cdac48623a'

itIsASource({
  provider: 'circleci',
  sign: (secret) =>
    post(body, {
      'circleci-event-type': 'workflow-completed',
      'circleci-signature': `v1=${createHmac('sha256', secret).update(body).digest('hex')}`,
    }),
  secrets: ['a-secret', 'another'],
  proofHeader: 'circleci-signature',
  malformed: [digits, `v2=${digits}`, 'v1=', `v1=${digits.toUpperCase()}`],
  signsBody: true,
  toleranceS: null,
  expected: { type: 'workflow-completed', dedupeKey: '3888f21b-eaa7-38e3-8f3d-75a63bba8895' },
})

it.each([
  ['hello world', 'secret', digits],
  ['lalala', 'another-secret', 'daa220016c8f29a8b214fbfc3671aeec2145cfb1e6790184ffb38b6d0425fa00'],
  [
    'an-important-request-payload',
    'hunter123',
    '9be2242094a9a8c00c64306f382a7f9d691de910b4a266f67bd314ef18ac49fa',
  ],
])("accepts the documentation's %s", async (text, secret, signature) => {
  const asked = (value: string) =>
    verify('circleci', post(text, { 'circleci-signature': value }), { secret }, { nowMs })
  expect((await asked(`v1=${signature}`)).ok).toBe(true)
  // A later version in the list changes nothing for those who know but the first.
  expect((await asked(`v2=xyz,v1=${signature}`)).ok).toBe(true)
  expect((await asked(`v1=${signature.replace(/.$/, '1')}`)).ok).toBe(false)
})
