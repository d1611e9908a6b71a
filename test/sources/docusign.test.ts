import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { verify } from '../../src/sources/index.ts'
import { itIsASource, nowMs, post } from './contract.ts'

const message = (more = {}) => ({
  event: 'envelope-completed',
  apiVersion: 'v2.1',
  retryCount: 0,
  configurationId: 11,
  generatedDateTime: '2026-04-29T19:00:00.0000000Z',
  data: { accountId: 'a', envelopeId: 'env-1234' },
  ...more,
})

const hmacOf = (body: string, key: string) =>
  createHmac('sha256', key).update(body).digest('base64')

const signed = (key: string, body = JSON.stringify(message())) =>
  post(body, { 'X-DocuSign-Signature-1': hmacOf(body, key) })

const dedupeKey = '["envelope-completed","2026-04-29T19:00:00.0000000Z","env-1234",null,11]'

itIsASource({
  provider: 'docusign',
  sign: (secret) => signed(secret),
  secrets: ['a-connect-key', 'another'],
  proofHeader: 'x-docusign-signature-1',
  malformed: ['no', '0'.repeat(64), 'A'.repeat(43)],
  signsBody: true,
  toleranceS: null,
  expected: { type: 'envelope-completed', dedupeKey },
})

const config = { secret: 'a-connect-key' }

describe('several keys of the account', () => {
  const body = JSON.stringify(message())
  const [good, bad] = [hmacOf(body, config.secret), hmacOf(body, 'other')]
  it.each([
    ['the first', { 'x-docusign-signature-1': good, 'x-docusign-signature-2': bad }, true],
    ['the second', { 'x-docusign-signature-1': bad, 'x-docusign-signature-2': good }, true],
    ['the hundredth', { 'x-docusign-signature-1': bad, 'x-docusign-signature-100': good }, true],
    ['one alone, not the first', { 'x-docusign-signature-7': good }, true],
    ['none', { 'x-docusign-signature-1': bad, 'x-docusign-signature-2': bad }, false],
    ['one of another name', { 'x-docusign-signature-0': good }, false],
  ])('sign, and ours is %s', async (_case, headers, passes) => {
    const request = post(body, headers as Record<string, string>)
    expect((await verify('docusign', request, config, { nowMs })).ok).toBe(passes)
  })
})

const valueOf = async (body: string) => {
  const result = await verify('docusign', signed(config.secret, body), config, { nowMs })
  return result.ok ? result.value : null
}

it('tells a retry from another event', async () => {
  const keyOf = async (more: object) => (await valueOf(JSON.stringify(message(more))))?.dedupeKey
  expect(await keyOf({ retryCount: 3 })).toBe(dedupeKey)
  const others = [
    { event: 'envelope-sent' },
    { generatedDateTime: '2026-04-29T19:00:01Z' },
    { data: { envelopeId: 'env-1234', recipientId: '1' } },
    { configurationId: 12 },
  ]
  const keys = await Promise.all([{}, ...others].map(keyOf))
  expect(new Set(keys).size).toBe(others.length + 1)
})

it('takes the older XML, which it cannot name', async () => {
  const value = { type: 'unknown', dedupeKey: expect.stringMatching(/^sha256:/) }
  expect(await valueOf('<DocuSignEnvelopeInformation/>')).toEqual(value)
})

it('reads nothing but texts and numbers, however deep the message nests', async () => {
  const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`
  const body = JSON.stringify(message({ configurationId: 'x' })).replace('"x"', deep)
  expect((await valueOf(body))?.dedupeKey).toBe(dedupeKey.replace('11]', 'null]'))
})
