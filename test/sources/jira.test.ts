import { createHmac } from 'node:crypto'
import { expect, it } from 'vitest'
import { verify } from '../../src/sources/index.ts'
import { itIsASource, nowMs, post } from './contract.ts'

const body = '{"timestamp":1700000000000,"webhookEvent":"jira:issue_created","issue":{"key":"A-1"}}'
const digits = 'a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9'

itIsASource({
  provider: 'jira',
  sign: (secret) =>
    post(body, {
      'X-Atlassian-Webhook-Identifier': '27e1b9d2-9d1b-4a9d-a1b2-6f1e',
      'X-Atlassian-Webhook-Flow': 'Primary',
      'X-Hub-Signature': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
    }),
  secrets: ['first', 'second'],
  proofHeader: 'x-hub-signature',
  malformed: ['sha256=', `sha1=${digits}`, digits, `SHA256=${digits}`],
  signsBody: true,
  toleranceS: null,
  expected: { type: 'jira:issue_created', dedupeKey: '27e1b9d2-9d1b-4a9d-a1b2-6f1e' },
})

it("accepts the worked example of Jira's documentation", async () => {
  const hello = post('Hello World!', { 'X-Hub-Signature': `sha256=${digits}` })
  const config = { secret: "It's a Secret to Everybody" }
  expect(await verify('jira', hello, config, { nowMs })).toEqual({
    ok: true,
    value: { type: 'unknown', dedupeKey: null },
  })
})

it("refuses a Connect app's webhook, which is signed in another way", async () => {
  const connect = post(body, { Authorization: 'JWT a.b.c' })
  const error = { reason: 'missing_header', header: 'x-hub-signature' }
  expect(await verify('jira', connect, { secret: 'first' }, { nowMs })).toEqual({
    ok: false,
    error,
  })
})
