import { gzipSync } from 'node:zlib'
import { resolve } from 'node:path'
import { build } from 'esbuild'
import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import {
  ConflictError,
  ConnectionError,
  InvalidRequestError,
  KeyError,
  RateLimitError,
  Switchyard,
  SwitchyardError,
  verifyWebhook,
  type WebhookVerificationError,
} from '../../src/client/index.ts'
import { backoffMs, retryAfterMs } from '../../src/client/request.ts'
import {
  newEd25519Secret,
  newHmacSecret,
  publicKeyText,
  signatureOf,
} from '../../src/signing/standard-webhooks.ts'

type Answer = [status: number, body: unknown, headers?: Record<string, string>] | Error

interface Asked {
  url: string
  headers: Headers
  body: unknown
}

/** A client whose network answers this, in this order; the last one repeats. */
function clientOn(...answers: Answer[]) {
  const asked: Asked[] = []
  const slept: number[] = []
  const client = new Switchyard({
    url: 'https://switchyard.example.com/',
    key: 'sk_1',
    random: () => 0.5,
    now: () => 1_700_000_000_000,
    sleep: async (ms) => void slept.push(ms),
    fetch: async (input, init) => {
      const headers = new Headers(init?.headers)
      asked.push({ url: String(input), headers, body: JSON.parse(String(init?.body)) })
      const answer = answers[Math.min(asked.length, answers.length) - 1]!
      if (answer instanceof Error) throw answer
      const [status, body, extra = {}] = answer
      return new Response(typeof body === 'string' ? body : JSON.stringify(body), {
        status,
        headers: extra,
      })
    },
  })
  return { client, asked, slept }
}

const stored: Answer = [202, { id: 'evt_1', duplicate: false }]
const keysOf = (asked: Asked[]) =>
  new Set(asked.map(({ headers }) => headers.get('idempotency-key')))

describe('sending', () => {
  it('posts the event with the key, and answers its id', async () => {
    const { client, asked } = clientOn(stored)
    expect(await client.events.send({ type: 'order.paid', data: { total: 1 } })).toEqual({
      id: 'evt_1',
      duplicate: false,
    })
    expect(asked[0]?.url).toBe('https://switchyard.example.com/api/v1/events')
    expect(asked[0]?.headers.get('authorization')).toBe('Bearer sk_1')
    expect(asked[0]?.body).toEqual({ type: 'order.paid', data: { total: 1 } })
  })

  it('is typed by the catalogue, and takes what the catalogue does not know', async () => {
    const { client, asked } = clientOn(stored)
    const { events } = client
    await events.send({ type: 'video.generated', data: { video: { id: 'v', own: true } } })
    // @ts-expect-error -- a video has an id
    await events.send({ type: 'video.generated', data: { video: {} } })
    // @ts-expect-error -- that is a user's
    await events.send({ type: 'session.started', data: { user: { id: 'u' } } })
    await events.send({ type: 'order.paid', data: [1, 2] })
    expect(asked).toHaveLength(4)
  })

  it('has a word for each event of the catalogue', async () => {
    const { client, asked } = clientOn(stored)
    const { trigger } = client
    const [video, user, session] = [{ id: 'v' }, { id: 'u' }, { id: 's' }]
    await trigger.videoGenerated(video, user)
    await trigger.videoCompleted(video, user, { id: 'own' })
    await trigger.videoFailed({ ...video, error: 'no' })
    await trigger.userRegistered(user)
    await trigger.userUpdated(user, { subject: 's' })
    await trigger.sessionStarted(session, user)
    await trigger.sessionCompleted(session)
    expect(asked.map(({ body }) => body)).toEqual([
      { type: 'video.generated', data: { video, user } },
      { type: 'video.completed', data: { video, user }, id: 'own' },
      { type: 'video.failed', data: { video: { ...video, error: 'no' } } },
      { type: 'user.registered', data: { user } },
      { type: 'user.updated', data: { user }, subject: 's' },
      { type: 'session.started', data: { session, user } },
      { type: 'session.completed', data: { session } },
    ])
  })

  it.each([
    ['a 503', [503, {}], 250 * 0.5],
    ['a 500 that is no JSON', [500, '<html>'], 250 * 0.5],
    ['a 429 that names a wait', [429, {}, { 'retry-after': '7' }], 7000],
    ['a date', [503, {}, { 'retry-after': new Date(1_700_000_004_000).toUTCString() }], 4000],
    ['a broken network', new TypeError('fetch failed'), 250 * 0.5],
    ['one that is still running', [409, { code: 'idempotency_in_progress' }], 250 * 0.5],
  ] satisfies [string, Answer, number][])(
    'tries again after %s, with the same idempotency key',
    async (_case, failure, waited) => {
      const { client, asked, slept } = clientOn(failure, stored)
      await client.events.send({ type: 'a', data: 1 })
      expect(asked).toHaveLength(2)
      expect(keysOf(asked).size).toBe(1)
      expect(slept).toEqual([waited])
    },
  )

  it('takes an answer that breaks off, or is no JSON, for none', async () => {
    const asked: string[] = []
    const client = new Switchyard({
      url: 'https://switchyard.example.com',
      key: 'sk_1',
      sleep: async () => {},
      fetch: async (_, init) => {
        asked.push(new Headers(init?.headers).get('idempotency-key') ?? '')
        const broken = new ReadableStream({ start: (it) => it.error(new TypeError('terminated')) })
        return new Response(asked.length === 1 ? broken : '{"id":"evt_1"}', { status: 202 })
      },
    })
    expect(await client.events.send({ type: 'a', data: 1 })).toEqual({ id: 'evt_1' })
    expect(asked).toHaveLength(2)
    expect(new Set(asked).size).toBe(1)
    const portal = clientOn([200, '<html>Sign in</html>'])
    await expect(portal.client.events.send({ type: 'a', data: 1 })).rejects.toThrow(SwitchyardError)
  })

  it('refuses a key that no header can hold, without telling it', () => {
    const made = (key: string) => () => new Switchyard({ url: 'https://example.com', key })
    expect(made('sk_1\n')).not.toThrow()
    expect(made('sk_1\nx-other: 1')).toThrow(/^The key is none/)
    expect(made('')).toThrow(/^The key is none/)
  })

  it('gives up after its retries, with the last error', async () => {
    const { client, asked, slept } = clientOn([429, { code: 'rate_limited', detail: 'Slower.' }])
    await expect(client.events.send({ type: 'a', data: 1 })).rejects.toThrow(RateLimitError)
    expect(asked).toHaveLength(4)
    expect(slept).toEqual([125, 250, 500])
    const broken = clientOn(new TypeError('fetch failed'))
    await expect(broken.client.events.send({ type: 'a', data: 1 })).rejects.toThrow(ConnectionError)
    const late = clientOn([503, {}, { 'retry-after': '3600' }])
    await expect(late.client.events.send({ type: 'a', data: 1 })).rejects.toThrow(SwitchyardError)
    expect(late.asked).toHaveLength(1)
  })

  it.each([
    [422, InvalidRequestError],
    [401, KeyError],
    [403, KeyError],
    [409, ConflictError],
    [404, SwitchyardError],
  ])('does not repeat a %i, and says what it is', async (status, type) => {
    const errors = [{ path: 'type', message: 'required' }]
    const problem = { code: 'some_code', detail: 'So it is.', errors }
    const { client, asked } = clientOn([status, problem])
    const error = await client.events.send({ type: 'a', data: 1 }).catch((thrown) => thrown)
    expect(error).toBeInstanceOf(type)
    expect(error).toMatchObject({ status, code: 'some_code', detail: 'So it is.', errors })
    expect(asked).toHaveLength(1)
  })
})

describe('a batch', () => {
  it('sends again only what may work later, by the same ids, and keeps the order', async () => {
    const ok = (id: string) => ({ id, duplicate: false })
    const limited = { error: { code: 'rate_limited', detail: 'Slower.' } }
    const bad = { error: { code: 'validation_failed', detail: 'No.' } }
    const { client, asked } = clientOn(
      [202, { results: [ok('evt_1'), limited, bad, limited] }],
      [202, { results: [ok('evt_2'), ok('evt_4')] }],
    )
    const events = ['a', 'b', 'c', 'd'].map((type) => ({ type, data: 1 }))
    expect(await client.events.sendBatch(events)).toEqual([
      ok('evt_1'),
      ok('evt_2'),
      bad,
      ok('evt_4'),
    ])
    const [first, second] = asked.map(({ body }) => (body as { events: { id: string }[] }).events)
    expect(second).toEqual([first?.[1], first?.[3]])
    expect(first?.every(({ id }) => id.length > 10)).toBe(true)
  })

  it('has an id for each, also where one is said to have none', async () => {
    const { client, asked } = clientOn([202, { results: [] }])
    // What plain JavaScript may say.
    const event = { type: 'a', data: 1, id: undefined } as unknown as { type: string; data: 1 }
    await client.events.sendBatch([event])
    expect(asked[0]?.body).toMatchObject({ events: [{ id: expect.any(String) }] })
  })

  it('is cut where it is longer than one request takes', async () => {
    const { client, asked } = clientOn([202, { results: [] }])
    await client.events.sendBatch(Array.from({ length: 1001 }, () => ({ type: 'a', data: 1 })))
    const sizes = asked.map(({ body }) => (body as { events: unknown[] }).events.length)
    expect(sizes).toEqual([500, 500, 1])
  })
})

it('waits longer each time, but never beyond its bound', () => {
  expect([0, 1, 2, 3].map((attempt) => backoffMs(attempt, () => 1))).toEqual([250, 500, 1000, 2000])
  expect(backoffMs(30, () => 1)).toBe(20_000)
  expect(backoffMs(3, () => 0)).toBe(0)
  expect([retryAfterMs('1.5', 0), retryAfterMs('soon', 0), retryAfterMs(null, 0)]).toEqual([
    1500,
    null,
    null,
  ])
})

describe('verifying a webhook', () => {
  const nowMs = 1_700_000_000_000
  const body = '{"video":{"id":"v"}}'
  const hmacSecret = newHmacSecret(new Uint8Array(24).fill(3))

  const signed = async (secret: string, text = body, atS = nowMs / 1000) => ({
    'webhook-id': 'evt_1',
    'webhook-timestamp': String(atS),
    'webhook-signature': (await signatureOf(secret, 'evt_1', atS, new TextEncoder().encode(text)))!,
    'switchyard-event-type': 'video.generated',
  })

  const reasonOf = (verified: Promise<unknown>) =>
    verified.then(
      () => 'verified',
      (error: WebhookVerificationError) => error.reason,
    )

  it('answers what is proved, for headers and body and for a Request', async () => {
    const headers = await signed(hmacSecret)
    const expected = { id: 'evt_1', type: 'video.generated', data: { video: { id: 'v' } } }
    expect(await verifyWebhook({ headers, body }, hmacSecret, { nowMs })).toMatchObject(expected)
    const request = new Request('https://example.com', { method: 'POST', headers, body })
    expect(await verifyWebhook(request, hmacSecret, { nowMs })).toMatchObject(expected)
  })

  it('agrees with the reference library', async () => {
    const headers = {
      'webhook-id': 'msg_1',
      'webhook-timestamp': String(nowMs / 1000),
      'webhook-signature': new Webhook(hmacSecret).sign('msg_1', new Date(nowMs), body),
    }
    expect((await verifyWebhook({ headers, body }, hmacSecret, { nowMs })).id).toBe('msg_1')
  })

  it('takes Ed25519 by the public key, and any of several secrets', async () => {
    const secret = await newEd25519Secret(new Uint8Array(32).fill(9))
    const publicKey = (await publicKeyText(secret))!
    const headers = await signed(secret)
    const secrets = [hmacSecret, publicKey]
    expect((await verifyWebhook({ headers, body }, secrets, { nowMs })).id).toBe('evt_1')
    expect(await reasonOf(verifyWebhook({ headers, body }, hmacSecret, { nowMs }))).toBe(
      'signature_mismatch',
    )
  })

  it.each([
    ['another body', { body: '{}' }, 'signature_mismatch'],
    ['another id', { headers: { 'webhook-id': 'evt_2' } }, 'signature_mismatch'],
    ['no signature', { headers: { 'webhook-signature': '' } }, 'signature_mismatch'],
    ['a missing header', { headers: { 'webhook-id': undefined } }, 'missing_header'],
    ['a time that is none', { headers: { 'webhook-timestamp': '1e9' } }, 'malformed_header'],
    ['the past', { nowMs: nowMs + 301_000 }, 'timestamp_outside_tolerance'],
    ['the future', { nowMs: nowMs - 301_000 }, 'timestamp_outside_tolerance'],
    ['a tolerance that is none', { toleranceS: Number.NaN }, 'timestamp_outside_tolerance'],
    ['a secret that is none', { secret: 'whsec_!' }, 'malformed_secret'],
    ['another secret', { secret: `whsec_${btoa('x'.repeat(24))}` }, 'signature_mismatch'],
  ])('refuses %s', async (_case, change: Record<string, unknown>, reason) => {
    const headers = { ...(await signed(hmacSecret)), ...(change['headers'] as object | undefined) }
    const received = { headers, body: String(change['body'] ?? body) }
    const at = {
      nowMs: Number(change['nowMs'] ?? nowMs),
      toleranceS: Number(change['toleranceS'] ?? 300),
    }
    const secret = String(change['secret'] ?? hmacSecret)
    expect(await reasonOf(verifyWebhook(received, secret, at))).toBe(reason)
  })
})

it('is small, and holds nothing but itself and the signing', async () => {
  const { outputFiles, metafile } = await build({
    entryPoints: [resolve(import.meta.dirname, '../../src/client/index.ts')],
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'neutral',
    write: false,
    metafile: true,
  })
  expect(gzipSync(outputFiles[0]!.contents).length).toBeLessThan(8192)
  const foreign = Object.keys(metafile.inputs).filter(
    (path) => !/^src\/(?:client|signing)\//.test(path),
  )
  expect(foreign).toEqual([])
})
