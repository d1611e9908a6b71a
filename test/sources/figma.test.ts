import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bindSource, handshake, verify } from '../../src/sources/index.ts'
import { itIsASource, nowMs, post } from './contract.ts'

const config = { passcode: 'secretpasscode' }
const world = { nowMs }
const event = {
  event_type: 'FILE_UPDATE',
  file_key: 'CL06nJNn5eZLQKDoARMND5',
  file_name: 'Developer page mockup demo',
  passcode: 'secretpasscode',
  timestamp: '2020-02-23T20:27:16Z',
  webhook_id: '22',
}
const sent = (change: Record<string, unknown> = {}) =>
  post(JSON.stringify({ ...event, ...change }), { 'content-type': 'application/json' })
const ask = (change: Record<string, unknown> = {}, passcode: unknown = config.passcode) =>
  verify('figma', sent(change), { passcode }, world)
const keyOf = async (change: Record<string, unknown> = {}) => {
  const result = await ask(change, ['secretpasscode', 'next'])
  return result.ok ? result.value.dedupeKey : 'refused'
}

itIsASource({
  provider: 'figma',
  sign: (passcode) => sent({ passcode }),
  secrets: ['secretpasscode', 'next'],
  secretField: 'passcode',
  proofHeader: null,
  malformed: [],
  signsBody: false,
  toleranceS: null,
  expected: { type: 'FILE_UPDATE', dedupeKey: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) },
})

describe('the passcode', () => {
  it.each([
    ['another', 'secretpasscodf'],
    ['a longer one', 'secretpasscode '],
    ['a shorter one', 'secretpasscod'],
    ['one in a list', ['secretpasscode']],
    ['null', null],
    ['true', true],
    ['zero', 0],
    ['an object', { passcode: 'secretpasscode' }],
  ])('is refused as %s', async (_case, passcode) => {
    const error = { reason: 'credentials_mismatch' }
    expect(await ask({ passcode })).toEqual({ ok: false, error })
  })

  it.each([[undefined], ['']])('is missing as %j', async (passcode) => {
    const error = { reason: 'missing_field', field: 'passcode' }
    expect(await ask({ passcode })).toEqual({ ok: false, error })
  })

  it('is not inherited', async () => {
    const body = '{"__proto__":{"passcode":"secretpasscode"},"event_type":"PING"}'
    expect((await verify('figma', post(body, {}), config, world)).ok).toBe(false)
  })
})

it.each([
  '',
  'passcode=secretpasscode',
  '[]',
  '"secretpasscode"',
  '[{"passcode":"secretpasscode"}]',
])('refuses the body %j', async (body) => {
  const error = { reason: 'malformed_body', detail: expect.any(String) }
  expect(await verify('figma', post(body, {}), config, world)).toEqual({ ok: false, error })
})

describe('the ping', () => {
  const ping = { event_type: 'PING', file_key: undefined, file_name: undefined }

  it('is answered with 200', async () => {
    expect((await handshake('figma', sent(ping), config, world))?.status).toBe(200)
  })

  it('is not answered with a wrong passcode', async () => {
    const forged = sent({ ...ping, passcode: 'guess' })
    expect(await handshake('figma', forged, config, world)).toBeNull()
    expect((await verify('figma', forged, config, world)).ok).toBe(false)
  })
})

describe('the dedupe key', () => {
  it('is the same for a retry, and under the next passcode', async () => {
    expect(await keyOf({ retries: 1 })).toBe(await keyOf({ retries: 2 }))
    expect(await keyOf({ passcode: 'next' })).toBe(await keyOf())
  })

  it.each([
    [{ webhook_id: '23' }],
    [{ timestamp: '2020-02-23T20:27:17Z' }],
    [{ event_type: 'FILE_DELETE' }],
    [{ file_key: 'other' }],
    [{ created_components: [{ key: 'a' }] }],
  ])('is another for %j', async (change) => {
    expect(await keyOf(change)).not.toBe(await keyOf())
  })
})

it('never throws, whatever comes', async () => {
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
  const nested = post(`{"passcode":"secretpasscode","a":${deep}}`, {})
  expect((await verify('figma', nested, config, world)).ok).toBe(true)
  const body = fc.oneof(
    fc.json(),
    fc
      .dictionary(fc.constantFrom('passcode', 'event_type'), fc.jsonValue())
      .map((one) => JSON.stringify(one)),
    fc.string(),
  )
  const property = fc.asyncProperty(body, async (text) => {
    await handshake('figma', post(text, {}), config, world)
    expect((await verify('figma', post(text, {}), config, world)).ok).toBe(false)
  })
  await fc.assert(property, { numRuns: 100 })
})

it('answers an event with 200', () => {
  const bound = bindSource('figma', config)
  expect(bound.ok ? bound.value.accepted(sent())?.status : null).toBe(200)
})
