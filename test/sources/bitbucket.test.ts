import { createHmac } from 'node:crypto'
import { expect, it } from 'vitest'
import { verify } from '../../src/sources/index.ts'
import { itIsASource, nowMs, post } from './contract.ts'

const body = '{"actor":{},"repository":{},"push":{"changes":[]}}'
const digits = 'a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9'
const hex = (key: string, text: string) => createHmac('sha256', key).update(text).digest('hex')

const signed = (key: string, more: Record<string, string> = {}) =>
  post(body, {
    'X-Event-Key': 'repo:push',
    'X-Request-UUID': '2b0fd5e1-7c2a-4a3e-8a35-1f7d8e0cbb0d',
    'X-Hub-Signature': `sha256=${hex(key, body)}`,
    ...more,
  })

itIsASource({
  provider: 'bitbucket',
  sign: (secret) => signed(secret),
  secrets: ['first', 'second'],
  proofHeader: 'x-hub-signature',
  malformed: [
    'sha256=',
    `sha1=${digits}`,
    digits,
    `sha256=${digits.toUpperCase()}`,
    `sha256=${digits},sha256=${digits}`,
  ],
  signsBody: true,
  toleranceS: null,
  expected: { type: 'repo:push', dedupeKey: '2b0fd5e1-7c2a-4a3e-8a35-1f7d8e0cbb0d' },
})

it("accepts the worked example of Bitbucket's documentation", async () => {
  const hello = post('Hello World!', { 'X-Hub-Signature': `sha256=${digits}` })
  const config = { secret: "It's a Secret to Everybody" }
  expect((await verify('bitbucket', hello, config, { nowMs })).ok).toBe(true)
  const other = { ...hello, body: hello.body.slice(1) }
  expect((await verify('bitbucket', other, config, { nowMs })).ok).toBe(false)
})

it('takes the id that a Data Center sends', async () => {
  const request = signed('first', { 'X-Request-Id': '7f0', 'X-Event-Key': 'pr:opened' })
  request.headers.delete('x-request-uuid')
  const value = { type: 'pr:opened', dedupeKey: '7f0' }
  expect(await verify('bitbucket', request, { secret: 'first' }, { nowMs })).toEqual({
    ok: true,
    value,
  })
})
