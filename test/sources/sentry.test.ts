import { createHmac } from 'node:crypto'
import { expect, it } from 'vitest'
import { verify } from '../../src/sources/index.ts'
import { itIsASource, nowMs, post } from './contract.ts'

// As Sentry writes JSON: with a space behind each comma and colon.
const body =
  '{"action": "created", "installation": {"uuid": "a8e5"}, "data": {"issue": {"id": "1"}}}'
const hex = (key: string, text: string) => createHmac('sha256', key).update(text).digest('hex')

const signed = (key: string, of = body) =>
  post(body, {
    'Request-ID': '7d5cf0a1b9f44c4c8a5c',
    'Sentry-Hook-Resource': 'issue',
    'Sentry-Hook-Timestamp': '1700000000',
    'Sentry-Hook-Signature': hex(key, of),
  })

itIsASource({
  provider: 'sentry',
  sign: (secret) => signed(secret),
  secrets: ['first', 'second'],
  proofHeader: 'sentry-hook-signature',
  malformed: ['sha256=', '0'.repeat(63), 'A'.repeat(64), `sha256=${'0'.repeat(64)}`],
  signsBody: true,
  toleranceS: null,
  expected: { type: 'issue.created', dedupeKey: '7d5cf0a1b9f44c4c8a5c' },
})

it('refuses a signature of the JSON written anew, and says so', async () => {
  const request = signed('first', JSON.stringify(JSON.parse(body)))
  const error = { reason: 'signature_mismatch', likely_cause: 'body_was_changed' }
  expect(await verify('sentry', request, { secret: 'first' }, { nowMs })).toEqual({
    ok: false,
    error,
  })
})

it('pays no heed to a time that nobody signed', async () => {
  const request = signed('first')
  request.headers.set('sentry-hook-timestamp', '1')
  expect((await verify('sentry', request, { secret: 'first' }, { nowMs })).ok).toBe(true)
})
