import { hmacValidator } from '@adyen/api-library'
import { expect, it } from 'vitest'
import { toText } from '../../src/signing/bytes.ts'
import { bindSource, verify } from '../../src/sources/index.ts'
import { itIsASource, nowMs, post } from './contract.ts'

const adyen = new hmacValidator()
const key = 'D7DD5BA6146493707BF0BE7496F6404EC7A63616B7158EC927B9F54BB436765F'
const other = '44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056'
const body = '{"data":{"id":"TR1","status":"booked"},"type":"balancePlatform.transfer.updated"}'

const signed = (secret = key) =>
  post(body, { HmacSignature: adyen.calculateHmac(body, secret), Protocol: 'HmacSHA256' })

itIsASource({
  provider: 'adyen-platform',
  sign: (secret) => signed(secret),
  secrets: [key, other],
  proofHeader: 'hmacsignature',
  malformed: ['A'.repeat(43), 'QUJD', 'not base64', 'a'.repeat(64)],
  signsBody: true,
  toleranceS: null,
  expected: {
    type: 'balancePlatform.transfer.updated',
    dedupeKey: 'sha256:269a536329eebfdb312cf7eb98a305c74ecb571b443e21eb044abb6f9ccaede4',
  },
})

it("is what Adyen's own library accepts, less a tail that it does not see", async () => {
  const { headers } = signed()
  const signature = headers.get('hmacsignature') ?? ''
  for (const [text, genuine] of [
    [signature, true],
    [`${signature}00`, false],
  ] as const) {
    const request = post(body, { HmacSignature: text })
    expect(adyen.validateHMACSignature(key, text, toText(request.body))).toBe(true)
    const result = await verify('adyen-platform', request, { secret: key }, { nowMs })
    expect(result.ok).toBe(genuine)
  }
})

it('takes a key in lower case for the same', async () => {
  const config = { secret: key.toLowerCase() }
  expect((await verify('adyen-platform', signed(), config, { nowMs })).ok).toBe(true)
})

it.each(['secret', `${key}0`, `${key} `, '0x00'])('refuses %j as a key, when saved', (secret) => {
  expect(bindSource('adyen-platform', { secret }).ok).toBe(false)
})

it('answers an event with the text that Adyen looks for', async () => {
  const bound = bindSource('adyen-platform', { secret: key })
  const answer = bound.ok ? bound.value.accepted(signed()) : null
  expect([answer?.status, await answer?.text()]).toEqual([200, '[accepted]'])
})
