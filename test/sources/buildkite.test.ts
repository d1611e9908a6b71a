import { createHmac } from 'node:crypto'
import { expect, it } from 'vitest'
import { bindSource, verify } from '../../src/sources/index.ts'
import { itIsASource, nowMs, post } from './contract.ts'

const body = '{"event":"build.finished","build":{"state":"failed"}}'

/** `timestamp=…,signature=…`, as the documentation's Ruby reads it. */
const signed = (secret: string, timeS: number) => {
  const digest = createHmac('sha256', secret).update(`${timeS}.${body}`).digest('hex')
  return post(body, {
    'X-Buildkite-Event': 'build.finished',
    'X-Buildkite-Signature': `timestamp=${timeS},signature=${digest}`,
  })
}

const digits = '0'.repeat(64)

itIsASource({
  provider: 'buildkite',
  sign: signed,
  secrets: ['a-token', 'another'],
  proofHeader: 'x-buildkite-signature',
  malformed: [
    digits,
    `signature=${digits}`,
    'timestamp=1700000000',
    `timestamp=1700000000,timestamp=1700000000,signature=${digits}`,
    `timestamp=1700000000,signature=${'A'.repeat(64)}`,
  ],
  signsBody: true,
  toleranceS: 300,
  expected: { type: 'build.finished', dedupeKey: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) },
})

it('never takes the plain token for a proof, and masks it', async () => {
  const config = { secret: 'a-token' }
  const request = post(body, { 'X-Buildkite-Token': 'a-token' })
  const error = { reason: 'missing_header', header: 'x-buildkite-signature' }
  expect(await verify('buildkite', request, config, { nowMs })).toEqual({ ok: false, error })
  const bound = bindSource('buildkite', config)
  expect(bound.ok && bound.value.proofHeaders).toContain('x-buildkite-token')
})
