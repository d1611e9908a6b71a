import { createHmac } from 'node:crypto'
import { expect, it } from 'vitest'
import { sources, verify } from '../../src/sources/index.ts'
import { itIsASource, nowMs, post } from './contract.ts'

// The secret of tests that are sent before a webhook exists; Zendesk's documentation names it.
const secret = 'dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=='
const event = '{"type":"zen:event-type:user.created","id":"e1","detail":{}}'

function signed(time: string, key = secret, body = event) {
  const signature = createHmac('sha256', key).update(`${time}${body}`).digest('base64')
  return post(body, {
    'X-Zendesk-Webhook-Signature': signature,
    'X-Zendesk-Webhook-Signature-Timestamp': time,
    'X-Zendesk-Webhook-Invocation-Id': '8350205582',
  })
}

itIsASource({
  provider: 'zendesk',
  sign: (key, timeS) => signed(new Date(timeS * 1000 + 500).toISOString(), key),
  secrets: [secret, 'another'],
  proofHeader: 'x-zendesk-webhook-signature',
  signedHeaders: ['x-zendesk-webhook-signature-timestamp'],
  malformed: ['A'.repeat(43), 'AAAA', 'no base64', '0'.repeat(64)],
  signsBody: true,
  toleranceS: 300,
  expected: { type: 'zen:event-type:user.created', dedupeKey: '8350205582' },
})

const ask = (request = signed('2023-11-14T22:13:20Z')) =>
  verify('zendesk', request, { secret }, { nowMs })

it("takes the time as Zendesk's documentation shows it, in whole seconds", async () => {
  expect((await ask()).ok).toBe(true)
})

it.each([
  '1700000000',
  '2023-11-14 22:13:20Z',
  '2023-11-14T22:13:20',
  '2023-11-14T22:13:20Z ',
  '14 Nov 2023 22:13:20 GMT',
])('refuses %j as a time', async (time) => {
  const request = signed(time)
  const header = 'x-zendesk-webhook-signature-timestamp'
  // `Headers` trims values: a space behind the time shows in the signature alone.
  const reason = time.endsWith(' ') ? 'signature_mismatch' : 'timestamp_malformed'
  expect(await ask(request)).toMatchObject({
    ok: false,
    error: time.endsWith(' ') ? { reason } : { reason, header },
  })
})

it('refuses a request without its time', async () => {
  const request = signed('2023-11-14T22:13:20Z')
  request.headers.delete('x-zendesk-webhook-signature-timestamp')
  const error = { reason: 'missing_header', header: 'x-zendesk-webhook-signature-timestamp' }
  expect(await ask(request)).toEqual({ ok: false, error })
})

it.each([
  ['of a trigger, that names no type', '{"ticket":{"id":35436}}'],
  ['that is not there, as that of a DELETE', ''],
])('takes a body %s', async (_case, body) => {
  const value = { type: 'unknown', dedupeKey: '8350205582' }
  expect(await ask(signed('2023-11-14T22:13:20Z', secret, body))).toEqual({ ok: true, value })
})

it('takes the methods that a webhook may be set to', () => {
  expect(sources.zendesk.methods).toEqual(['POST', 'PUT', 'PATCH', 'DELETE'])
})

it('counts whole seconds where Zendesk does: exactly the tolerance passes', async () => {
  expect((await ask(signed('2023-11-14T22:08:20Z'))).ok).toBe(true)
  expect((await ask(signed('2023-11-14T22:08:19Z'))).ok).toBe(false)
  expect((await ask(signed('2023-11-14T22:08:20.499Z'))).ok).toBe(false)
})
