import { createHmac } from 'node:crypto'
import { LinearWebhookClient } from '@linear/sdk/webhooks'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { bindSource, verify } from '../../src/sources/index.ts'
import { toText } from '../../src/signing/bytes.ts'
import type { SourceRequest } from '../../src/sources/index.ts'
import { itIsASource, nowMs, post } from './contract.ts'

const config = { secret: 'first' }
const delivery = '234d1a4e-b617-4388-90fe-adc3633d6b72'

const signed = (text: string, key = 'first') =>
  post(text, {
    'Linear-Delivery': delivery,
    'Linear-Event': 'Issue',
    'Linear-Signature': createHmac('sha256', key).update(text).digest('hex'),
  })

const at = (timeMs: unknown, key = 'first') =>
  signed(
    JSON.stringify({ action: 'create', type: 'Issue', data: {}, webhookTimestamp: timeMs }),
    key,
  )

itIsASource({
  provider: 'linear',
  sign: (secret, timeS) => at(timeS * 1000 + (nowMs % 1000), secret),
  secrets: ['first', 'second'],
  proofHeader: 'linear-signature',
  malformed: ['0'.repeat(63), 'A'.repeat(64), `sha256=${'0'.repeat(64)}`],
  signsBody: true,
  toleranceS: 60,
  expected: { type: 'Issue.create', dedupeKey: delivery },
})

describe("beside Linear's library", () => {
  beforeEach(() => vi.useFakeTimers({ now: nowMs, toFake: ['Date'] }))
  afterEach(() => vi.useRealTimers())

  function library({ headers, body }: SourceRequest): boolean {
    try {
      const signature = headers.get('linear-signature') ?? ''
      return new LinearWebhookClient('first').verify(Buffer.from(toText(body)), signature)
    } catch {
      return false
    }
  }

  const forged = at(nowMs)
  forged.headers.set('linear-signature', '0'.repeat(64))

  it.each([
    ['a genuine event', at(nowMs), true],
    ['one as old as may be', at(nowMs - 60_000), true],
    ['one as far ahead as may be', at(nowMs + 60_000), true],
    ['a stale one', at(nowMs - 60_001), false],
    ['one of the future', at(nowMs + 60_001), false],
    ['another secret', at(nowMs, 'second'), false],
    ['a forged one', forged, false],
    ['a time in a text', at(String(nowMs)), false],
    ['no time', at(undefined), false],
    ['a time of null', at(null), false],
    ['a body that is no JSON', signed('Issue'), false],
  ])('agrees on %s', async (_case, request, genuine) => {
    expect(library(request)).toBe(genuine)
    expect((await verify('linear', request, config, { nowMs })).ok).toBe(genuine)
  })

  it('is stricter about a time with a fraction', async () => {
    expect(library(at(nowMs + 0.5))).toBe(true)
    expect((await verify('linear', at(nowMs + 0.5), config, { nowMs })).ok).toBe(false)
  })
})

it('says which field is missing, and only once the signature holds', async () => {
  const missing = { reason: 'missing_field', field: 'webhookTimestamp' }
  const request = at(undefined)
  expect(await verify('linear', request, config, { nowMs })).toEqual({ ok: false, error: missing })
  const error = { reason: 'signature_mismatch' }
  expect(await verify('linear', at(undefined, 'x'), config, { nowMs })).toEqual({
    ok: false,
    error,
  })
})

it('does not let a header that nobody signed make an old event young', async () => {
  const request = at(nowMs - 3_600_000)
  request.headers.set('linear-timestamp', String(nowMs))
  const error = {
    reason: 'timestamp_outside_tolerance',
    skew_s: 3600,
    likely_cause: 'clock_skew',
  }
  expect(await verify('linear', request, config, { nowMs })).toEqual({ ok: false, error })
  const wide = { ...config, tolerance_s: 3600 }
  expect((await verify('linear', request, wide, { nowMs })).ok).toBe(true)
})

it('answers an event with 200, as any other status counts as failed', () => {
  const bound = bindSource('linear', config)
  expect(bound.ok ? bound.value.accepted(at(nowMs))?.status : null).toBe(200)
})
