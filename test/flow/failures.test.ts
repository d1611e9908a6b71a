import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import type { AnswerSpec, Received, Receiver } from '../support/receiver.ts'
import { type Router, startRouter } from '../support/router.ts'
import {
  aReceiver,
  closeReceivers,
  connect,
  deliveryOnce,
  later,
  listAll,
  never,
  post,
  soon,
} from './story.ts'

let router: Router
beforeAll(async () => {
  router = await startRouter()
})
afterAll(async () => {
  await router.close()
  await closeReceivers()
})

const arrivalsOf = ({ received }: Receiver, eventId: string): number[] =>
  received.filter(({ headers }) => headers['webhook-id'] === eventId).map(({ at }) => at)

/** The moment at which an attempt's outcome was known. */
const endOf = ({ at, duration_ms }: { at: string; duration_ms: number }): number =>
  Date.parse(at) + duration_ms

describe.concurrent('when the next attempt comes', () => {
  it('two failing deliveries of one destination keep their own retry times', async () => {
    const receiver = await aReceiver(503)
    const tenant = await router.tenant()
    await connect(tenant, receiver.url, { retry: { schedule_s: [1, 3], jitter: 0 } })
    const older = await post(tenant)
    await receiver.until(() => arrivalsOf(receiver, older).length === 2)
    const newer = await post(tenant)
    await receiver.until(() => arrivalsOf(receiver, newer).length === 3, 15_000)
    for (const id of [older, newer]) {
      const { attempts } = await deliveryOnce(tenant, id, 'dead')
      const [first, second, third] = attempts
      for (const [before, after, wait] of [
        [first, second, 1000],
        [second, third, 3000],
      ] as const) {
        const waited = Date.parse(after.at) - endOf(before)
        expect(waited).toBeGreaterThanOrEqual(wait)
        expect(waited).toBeLessThan(wait + 1500)
      }
    }
    // The newer one's first retry did not wait for the older one's last.
    expect(arrivalsOf(receiver, newer)[1]).toBeLessThan(arrivalsOf(receiver, older)[2]!)
  })

  it('the time told for the next attempt is the schedule’s, counted from the end of the last', async () => {
    const receiver = await aReceiver(503)
    const tenant = await router.tenant()
    await connect(tenant, receiver.url, { retry: later })
    const { attempts, next_attempt_at } = await deliveryOnce(tenant, await post(tenant), 'waiting')
    expect(Date.parse(next_attempt_at) - endOf(attempts[0])).toBe(3_600_000)
  })

  it('jitter stays within its share and differs between deliveries', async () => {
    const receiver = await aReceiver(503)
    const tenant = await router.tenant()
    await connect(tenant, receiver.url, { retry: { schedule_s: [1000] } })
    const waits = new Set<number>()
    for (let i = 0; i < 8; i++) {
      const delivery = await deliveryOnce(tenant, await post(tenant), 'waiting')
      const wait = Date.parse(delivery.next_attempt_at) - endOf(delivery.attempts[0])
      expect(wait).toBeGreaterThanOrEqual(800_000)
      expect(wait).toBeLessThanOrEqual(1_200_001)
      waits.add(wait)
    }
    expect(waits.size).toBeGreaterThan(1)
  })

  const inSeconds = (s: number) => new Date(Date.now() + s * 1000).toUTCString()

  it.each<[string, number, (request: Received) => string, number]>([
    ['seconds, longer than the schedule', 1, () => '3', 3000],
    ['seconds, shorter than the schedule', 2, () => '1', 2000],
    // An HTTP date has no parts of a second: 4 s from now may be little more than 3.
    ['a date, later than the schedule', 1, () => inSeconds(4), 3000],
    ['a date, earlier than the schedule', 2, () => inSeconds(1), 2000],
    ['a date of long ago', 1, () => 'Thu, 01 Jan 1998 00:00:00 GMT', 1000],
    ['no time at all', 1, () => 'soon', 1000],
  ])(
    'Retry-After as %s is a lower bound and never shortens the wait',
    async (_name, scheduled, asked, atLeast) => {
      const answer = (request: Received) => ({
        status: 503,
        headers: { 'retry-after': asked(request) },
      })
      const receiver = await aReceiver(answer, 200)
      const tenant = await router.tenant()
      await connect(tenant, receiver.url, { retry: { schedule_s: [scheduled], jitter: 0 } })
      const id = await post(tenant)
      const { attempts } = await deliveryOnce(tenant, id, 'delivered', 15_000)
      const waited = Date.parse(attempts[1].at) - endOf(attempts[0])
      expect(waited).toBeGreaterThanOrEqual(atLeast - 10)
      expect(waited).toBeLessThan(atLeast + 2500)
    },
  )

  it('Retry-After of more than 24 h counts as 24 h', async () => {
    const receiver = await aReceiver({ status: 429, headers: { 'retry-after': '864000' } })
    const tenant = await router.tenant()
    await connect(tenant, receiver.url, { retry: soon })
    const { attempts, next_attempt_at } = await deliveryOnce(tenant, await post(tenant), 'waiting')
    expect(Date.parse(next_attempt_at) - endOf(attempts[0])).toBe(86_400_000)
  })
})

describe.concurrent('a receiver that has a bad day', () => {
  const failed = (status: number | null, error?: RegExp) => ({
    status,
    ...(error === undefined ? {} : { error: expect.stringMatching(error) }),
  })

  it.each<[string, AnswerSpec, object]>([
    ['hangs', { hang: true }, failed(null, /within 1 s/)],
    ['resets the connection', { reset: true }, failed(null, /connection/)],
    [
      'answers 500 and then streams for ever',
      { status: 500, stream: 'endless' },
      { ...failed(500), response_truncated: true },
    ],
    [
      'answers 500 and then stops half-way',
      { status: 500, stream: 'trickle' },
      { ...failed(500), response_truncated: true, response_body: '.' },
    ],
    ['answers 304', 304, failed(304, /redirects are not followed/)],
    ['answers 400', 400, failed(400)],
    ['answers 404', 404, failed(404)],
    ['answers 408', 408, failed(408)],
    ['answers 425', 425, failed(425)],
    ['answers 429', { status: 429, headers: { 'retry-after': '1' } }, failed(429)],
    ['answers 500', 500, failed(500)],
    ['answers 503', { status: 503, body: 'later' }, { ...failed(503), response_body: 'later' }],
  ])('%s is tried again by schedule and delivered', async (_name, spec, first) => {
    const receiver = await aReceiver(spec, { status: 200, body: 'thanks' })
    const tenant = await router.tenant()
    await connect(tenant, receiver.url, { retry: soon, timeout_ms: 1000 })
    const id = await post(tenant)
    const { attempts, ...delivery } = await deliveryOnce(tenant, id, 'delivered', 20_000)
    expect(delivery).toMatchObject({ attempt_count: 2, last_status: 200, next_attempt_at: null })
    expect(attempts).toMatchObject([
      { number: 1, trigger: 'first', ...first },
      { number: 2, trigger: 'retry', status: 200, response_body: 'thanks' },
    ])
    expect(receiver.received.map(({ headers }) => headers['switchyard-attempt'])).toEqual([
      '1',
      '2',
    ])
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
  })

  it.each([301, 302, 303, 307, 308])(
    'answers %i: its target is never requested, and it counts as failed',
    async (status) => {
      const target = await aReceiver()
      const receiver = await aReceiver({ status, headers: { location: target.url } })
      const tenant = await router.tenant()
      await connect(tenant, receiver.url, { retry: soon })
      const { attempts } = await deliveryOnce(tenant, await post(tenant), 'dead')
      expect(attempts).toMatchObject([{ status }, { status }])
      expect(attempts[0].error).toMatch(/redirects are not followed/)
      expect(target.received).toEqual([])
      expect(receiver.received).toHaveLength(2)
    },
  )

  it.each<[string, AnswerSpec]>([
    ['streams for ever', { status: 200, stream: 'endless' }],
    ['never ends its answer', { status: 200, stream: 'trickle' }],
  ])('answers 200 and %s: it is delivered, and the connection let go', async (_name, spec) => {
    const receiver = await aReceiver(spec)
    const tenant = await router.tenant()
    await connect(tenant, receiver.url, { retry: never, timeout_ms: 1000 })
    const { attempts } = await deliveryOnce(tenant, await post(tenant), 'delivered')
    expect(attempts).toMatchObject([{ status: 200, response_truncated: true }])
    expect(attempts[0].response_body.length).toBeLessThanOrEqual(16_384)
    await receiver.until(() => receiver.open() === 0)
  })

  it('a receiver that hangs is let go after its time-out', async () => {
    const receiver = await aReceiver({ hang: true })
    const tenant = await router.tenant()
    await connect(tenant, receiver.url, { retry: never, timeout_ms: 1000 })
    const { attempts } = await deliveryOnce(tenant, await post(tenant), 'dead')
    expect(attempts[0].duration_ms).toBeGreaterThanOrEqual(990)
    expect(attempts[0].duration_ms).toBeLessThan(2500)
    await receiver.until(() => receiver.open() === 0)
  })

  it('answers 410: the delivery is dead at once, the destination disabled, and its tenant told once', async () => {
    const receiver = await aReceiver(410)
    const alerts = await aReceiver()
    const tenant = await router.tenant()
    await connect(tenant, alerts.url, {}, { event_types: ['switchyard.destination.*'] })
    const { destination, connection } = await connect(
      tenant,
      receiver.url,
      { retry: soon },
      { event_types: ['order.*'] },
    )
    const id = await post(tenant)
    const dead = await deliveryOnce(tenant, id, 'dead')
    expect(dead).toMatchObject({ cause: 'gone', attempt_count: 1, last_status: 410 })
    await alerts.until((received) => received.length === 1)
    expect(JSON.parse(alerts.received[0]!.body.toString())).toMatchObject({
      destination_id: destination.id,
    })
    const { json } = await tenant.api(`/api/v1/destinations/${destination.id}`)
    expect(json.enabled).toBe(false)
    const next = (await tenant.api(`/api/v1/events/${await post(tenant)}`)).json
    expect(next.verdicts).toContainEqual({ connection_id: connection.id, verdict: 'disabled' })
    expect(receiver.received).toHaveLength(1)
    expect(
      await listAll(tenant, '/api/v1/events?type=switchyard.destination.disabled'),
    ).toHaveLength(1)
  })
})

describe.concurrent('what is kept of an answer', () => {
  const answeredWith = async (body: string | Uint8Array) => {
    const receiver = await aReceiver({ status: 200, body })
    const tenant = await router.tenant()
    await connect(tenant, receiver.url)
    const { attempts } = await deliveryOnce(tenant, await post(tenant), 'delivered')
    return attempts[0]
  }

  it('is all of a body of 16 KiB, unmarked', async () => {
    const attempt = await answeredWith('x'.repeat(16_384))
    expect(attempt.response_body).toBe('x'.repeat(16_384))
    expect(attempt.response_truncated).toBeUndefined()
  })

  it('is the first 16 KiB of a longer one, marked', async () => {
    const attempt = await answeredWith(`${'x'.repeat(16_384)}y`)
    expect(attempt.response_body).toBe('x'.repeat(16_384))
    expect(attempt.response_truncated).toBe(true)
  })

  it('is at most 16 KiB of text, whatever the bytes were', async () => {
    const attempt = await answeredWith(Buffer.alloc(16_384, 0xff))
    expect(Buffer.byteLength(attempt.response_body)).toBeLessThanOrEqual(16_384)
  })
})

describe.concurrent('which answers are tried again', () => {
  it.each<[string[], number, boolean]>([
    [['500-599'], 503, true],
    [['500-599'], 404, false],
    [['>=400', '!404'], 404, false],
    [['>=400', '!404'], 403, true],
    [['!501'], 501, false],
    [['!501'], 500, true],
    [['429'], 429, true],
    [['<500'], 500, false],
  ])('retry_on %j with %i: %j', async (retry_on, status, again) => {
    const receiver = await aReceiver(status)
    const tenant = await router.tenant()
    await connect(tenant, receiver.url, { retry: later, retry_on })
    const state = again ? 'waiting' : 'dead'
    const delivery = await deliveryOnce(tenant, await post(tenant), state)
    expect(delivery).toMatchObject({ attempt_count: 1, cause: again ? null : 'status' })
  })

  it('a connection that breaks is tried again whatever retry_on says', async () => {
    const receiver = await aReceiver({ reset: true })
    const tenant = await router.tenant()
    await connect(tenant, receiver.url, { retry: later, retry_on: ['!>=100'] })
    await deliveryOnce(tenant, await post(tenant), 'waiting')
  })
})

describe.concurrent('a dead letter', () => {
  it('says its cause and is told of once each, through an ordinary connection', async () => {
    const receiver = await aReceiver(500)
    const alerts = await aReceiver()
    const everything = await aReceiver()
    const tenant = await router.tenant()
    const { destination, connection } = await connect(tenant, receiver.url, { retry: soon })
    await connect(tenant, alerts.url, {}, { event_types: ['switchyard.delivery.dead'] })
    await connect(tenant, everything.url)
    const ids = [await post(tenant), await post(tenant), await post(tenant)]
    await alerts.until((received) => received.length >= 3, 15_000)

    const dead = await listAll(tenant, '/api/v1/dead-letters?order=asc')
    expect(dead.map(({ event_id }) => event_id)).toEqual(ids)
    for (const letter of dead) {
      expect(letter).toMatchObject({ cause: 'exhausted', attempt_count: 2, last_status: 500 })
      expect(letter.ended_at).not.toBeNull()
    }
    const told = alerts.received.map(({ body }) => JSON.parse(body.toString()))
    expect(told.map(({ delivery_id }) => delivery_id).sort()).toEqual(dead.map(({ id }) => id))
    expect(told[0]).toMatchObject({
      destination_id: destination.id,
      connection_id: connection.id,
      event_type: 'order.paid',
      cause: 'exhausted',
      attempts: 2,
      last_status: 500,
    })
    expect(await listAll(tenant, '/api/v1/events?type=switchyard.delivery.dead')).toHaveLength(3)
    // `*` is everything of the product's, and nothing of Switchyard's own.
    expect(everything.received.map(({ headers }) => headers['switchyard-event-type'])).toEqual([
      'order.paid',
      'order.paid',
      'order.paid',
    ])
  })

  it('about a notice that could not be delivered makes no further notice', async () => {
    const alerts = await aReceiver(500)
    const tenant = await router.tenant()
    await connect(
      tenant,
      alerts.url,
      { retry: never },
      { event_types: ['order.*', 'switchyard.*'] },
    )
    await post(tenant)
    const dead = await eventually(async () => {
      const letters = await listAll(tenant, '/api/v1/dead-letters?order=asc')
      return letters.length >= 2 && letters
    })
    expect(dead.map(({ event_type }) => event_type)).toEqual([
      'order.paid',
      'switchyard.delivery.dead',
    ])
    // Another death is told of, and by then a notice about the notice would have come.
    await post(tenant)
    await eventually(async () => (await listAll(tenant, '/api/v1/dead-letters')).length >= 4)
    expect(await listAll(tenant, '/api/v1/events')).toHaveLength(4)
  })

  it.each([
    ['an error of its own', '$error("no such order")'],
    ['a wrong type', '{"sum": data.amount + "x"}'],
    ['no end', '($f := function($n) { $f($n + 1) }; $f(0))'],
  ])(
    'of a transform with %s says so, and leaves the event and other connections alone',
    async (_name, transform) => {
      const receiver = await aReceiver()
      const other = await aReceiver()
      const tenant = await router.tenant()
      const { connection } = await connect(tenant, receiver.url, { retry: soon }, { transform })
      await connect(tenant, other.url, {}, { transform: '{"order": data.order}' })
      const id = await post(tenant, { data: { order: 4711, amount: 9 } })
      await other.until((received) => received.length === 1)
      expect(other.received[0]!.body.toString()).toBe('{"order":4711}')
      const letter = await eventually(async () => {
        const [dead] = await listAll(tenant, '/api/v1/dead-letters')
        return dead
      })
      expect(letter).toMatchObject({
        event_id: id,
        connection_id: connection.id,
        cause: 'transform_failed',
      })
      expect(receiver.received).toEqual([])
      expect((await tenant.api(`/api/v1/events/${id}/payload`)).json).toEqual({
        order: 4711,
        amount: 9,
      })
    },
  )
})

describe('an address inside', () => {
  it('is refused when it is saved, and at every attempt', async () => {
    const stateDir = mkdtempSync(join(tmpdir(), 'switchyard-'))
    const receiver = await aReceiver()
    const lenient = await startRouter({ stateDir })
    try {
      const tenant = await lenient.tenant()
      const { destination } = await connect(tenant, receiver.url, { retry: soon })
      await lenient.close()

      await using strict = await startRouter({ stateDir, env: { DESTINATION_ALLOWLIST: '' } })
      const ask = (path: string, method: string, body: unknown) =>
        strict.api(path, { method, body, key: tenant.key })
      for (const url of [
        receiver.url,
        'http://example.com/',
        'https://10.0.0.1/',
        'https://169.254.169.254/latest/meta-data',
        'https://[::ffff:127.0.0.1]/',
        'https://localhost/',
        'https://printer.local/',
      ]) {
        const body = { name: 'Inside', type: 'webhook', config: { url } }
        const saved = await ask('/api/v1/destinations', 'POST', body)
        expect([url, saved.status]).toEqual([url, 422])
        expect(saved.json.errors).toMatchObject([{ path: 'config.url' }])
        const changed = await ask(`/api/v1/destinations/${destination.id}`, 'PATCH', {
          config: { url },
        })
        expect([url, changed.status]).toEqual([url, 422])
      }

      const posted = await ask('/api/v1/events', 'POST', { type: 'order.paid', data: 1 })
      expect(posted.status).toBe(202)
      const dead = await eventually(async () => {
        const { json } = await strict.api('/api/v1/dead-letters', { key: tenant.key })
        return json.data[0]
      })
      expect(dead).toMatchObject({ cause: 'blocked_address', attempt_count: 1 })
      const tested = await ask(`/api/v1/destinations/${destination.id}/test`, 'POST', {})
      expect(tested.json).toMatchObject({ outcome: 'refused', cause: 'blocked_address' })
      expect(receiver.received).toEqual([])
    } finally {
      rmSync(stateDir, { recursive: true, force: true })
    }
  })
})
