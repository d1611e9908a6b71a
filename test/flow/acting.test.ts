import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import type { Received, Receiver } from '../support/receiver.ts'
import { type Router, type RouterTenant, startRouter } from '../support/router.ts'
import {
  act,
  aReceiver,
  closeReceivers,
  connect,
  deliveriesOf,
  deliveryOnce,
  later,
  listAll,
  never,
  post,
} from './story.ts'

let router: Router
beforeAll(async () => {
  router = await startRouter()
})
afterAll(async () => {
  await router.close()
  await closeReceivers()
})

const eventIds = ({ received }: Receiver): (string | undefined)[] =>
  received.map(({ headers }) => headers['webhook-id'])

const retry = (tenant: RouterTenant, { id }: { id: string }) =>
  act(tenant, `/api/v1/deliveries/${id}/retry`)

const cancel = (tenant: RouterTenant, { id }: { id: string }) =>
  act(tenant, `/api/v1/deliveries/${id}/cancel`)

describe('retry of a delivery', () => {
  it('that waits for its next attempt makes it now', async () => {
    const receiver = await aReceiver(500, 200)
    const tenant = await router.tenant()
    await connect(tenant, receiver.url, { retry: later })
    const id = await post(tenant)
    const waiting = await deliveryOnce(tenant, id, 'waiting')
    const [status, answer] = await retry(tenant, waiting)
    expect([status, answer.id]).toEqual([202, waiting.id])
    const { attempts } = await deliveryOnce(tenant, id, 'delivered')
    expect(attempts).toMatchObject([
      { number: 1, trigger: 'first', status: 500 },
      { number: 2, trigger: 'manual', status: 200 },
    ])
    expect(eventIds(receiver)).toEqual([id, id])
  })

  it('that fails again goes on with its schedule', async () => {
    const receiver = await aReceiver(500)
    const tenant = await router.tenant()
    await connect(tenant, receiver.url, { retry: { schedule_s: [3600, 7200], jitter: 0 } })
    const id = await post(tenant)
    await retry(tenant, await deliveryOnce(tenant, id, 'waiting'))
    const again = await eventually(async () => {
      const delivery = await deliveryOnce(tenant, id, 'waiting')
      return delivery.attempt_count === 2 && delivery
    })
    const { at, duration_ms } = again.attempts[1]
    expect(Date.parse(again.next_attempt_at) - Date.parse(at) - duration_ms).toBe(7_200_000)
  })

  it('that is dead makes one more attempt, and is no dead letter any more when that succeeds', async () => {
    const receiver = await aReceiver(500, 500, 200)
    const tenant = await router.tenant()
    await connect(tenant, receiver.url, { retry: never })
    const id = await post(tenant)
    const dead = await deliveryOnce(tenant, id, 'dead')
    expect((await retry(tenant, dead))[0]).toBe(202)
    await eventually(async () => (await deliveryOnce(tenant, id, 'dead')).attempt_count === 2)
    expect(await listAll(tenant, '/api/v1/dead-letters')).toHaveLength(1)
    expect((await retry(tenant, dead))[0]).toBe(202)
    const delivered = await deliveryOnce(tenant, id, 'delivered')
    expect(delivered).toMatchObject({ attempt_count: 3, last_status: 200, cause: null })
    expect(await listAll(tenant, '/api/v1/dead-letters')).toEqual([])
  })

  it('that is delivered sends it again, and it stays delivered even if that fails', async () => {
    const receiver = await aReceiver(200, 200, 500)
    const tenant = await router.tenant()
    await connect(tenant, receiver.url, { retry: never })
    const id = await post(tenant)
    const delivered = await deliveryOnce(tenant, id, 'delivered')
    for (const count of [2, 3]) {
      expect((await retry(tenant, delivered))[0]).toBe(202)
      await eventually(async () => {
        const now = await deliveryOnce(tenant, id, 'delivered')
        return now.attempt_count === count
      })
    }
    expect(eventIds(receiver)).toEqual([id, id, id])
  })

  it('is 409 for a canceled one and for a disabled destination, and 404 for one that is not there', async () => {
    const receiver = await aReceiver(500)
    const tenant = await router.tenant()
    const { destination } = await connect(tenant, receiver.url, { retry: later })
    const canceled = await deliveryOnce(tenant, await post(tenant), 'waiting')
    const waiting = await deliveryOnce(tenant, await post(tenant), 'waiting')
    expect((await cancel(tenant, canceled))[0]).toBe(200)
    expect(await retry(tenant, canceled)).toMatchObject([409, { code: 'delivery_canceled' }])
    await tenant.api(`/api/v1/destinations/${destination.id}`, {
      method: 'PATCH',
      body: { enabled: false },
    })
    expect(await retry(tenant, waiting)).toMatchObject([409, { code: 'destination_disabled' }])
    const nobodys = { id: `${waiting.id.slice(0, -2)}zz` }
    expect(await retry(tenant, nobodys)).toMatchObject([404, { code: 'not_found' }])
    expect(receiver.received).toHaveLength(2)
  })
})

describe('cancel of a delivery', () => {
  it('that is held or waiting ends it: nothing more is sent of it', async () => {
    const receiver = await aReceiver(500, 200)
    const tenant = await router.tenant()
    const { destination } = await connect(tenant, receiver.url, { retry: later })
    const waiting = await post(tenant)
    const failed = await deliveryOnce(tenant, waiting, 'waiting')
    await act(tenant, `/api/v1/destinations/${destination.id}/pause`)
    const held = await deliveryOnce(tenant, await post(tenant), 'held')
    expect(held.held_by).toBe('paused')
    for (const delivery of [failed, held]) {
      const [status, answer] = await cancel(tenant, delivery)
      expect([status, answer.state, answer.next_attempt_at]).toEqual([200, 'canceled', null])
      expect(await cancel(tenant, delivery)).toMatchObject([409, { status: 409 }])
    }
    await act(tenant, `/api/v1/destinations/${destination.id}/resume`)
    const next = await post(tenant)
    await deliveryOnce(tenant, next, 'delivered')
    expect(eventIds(receiver)).toEqual([waiting, next])
  })

  it('that has ended is 409', async () => {
    const receiver = await aReceiver(200, 500)
    const tenant = await router.tenant()
    await connect(tenant, receiver.url, { retry: never })
    const delivered = await deliveryOnce(tenant, await post(tenant), 'delivered')
    const dead = await deliveryOnce(tenant, await post(tenant), 'dead')
    for (const ended of [delivered, dead]) {
      expect(await cancel(tenant, ended)).toMatchObject([409, { code: 'delivery_ended' }])
    }
  })

  it('that is being sent lets the attempt end, and nothing follows it', async () => {
    const receiver = await aReceiver({ status: 500, delay_ms: 600 })
    const tenant = await router.tenant()
    await connect(tenant, receiver.url, { retry: { schedule_s: [1], jitter: 0 } })
    const id = await post(tenant)
    await receiver.until((received) => received.length === 1)
    const sending = await deliveryOnce(tenant, id, 'sending')
    expect((await cancel(tenant, sending))[0]).toBe(200)
    const canceled = await deliveryOnce(tenant, id, 'canceled')
    expect(canceled).toMatchObject({ attempt_count: 1, next_attempt_at: null })
  })
})

describe('replay of an event', () => {
  it('routes the same facts and bytes as a new event by today’s configuration', async () => {
    const [before, after] = [await aReceiver(), await aReceiver()]
    const tenant = await router.tenant()
    const old = await connect(tenant, before.url)
    const id = await post(tenant, { data: { n: 1 }, subject: 'order 1' })
    await deliveryOnce(tenant, id, 'delivered')
    await tenant.api(`/api/v1/connections/${old.connection.id}`, {
      method: 'PATCH',
      body: { enabled: false },
    })
    const today = await connect(tenant, after.url)

    const [status, replayed] = await act(tenant, `/api/v1/events/${id}/replay`)
    expect([status, replayed]).toEqual([202, { event_id: expect.any(String), replay_of: id }])
    await deliveryOnce(tenant, replayed.event_id, 'delivered')
    const { json } = await tenant.api(`/api/v1/events/${replayed.event_id}`)
    expect(json).toMatchObject({ replay_of: id, type: 'order.paid', subject: 'order 1' })
    expect(json.verdicts).toHaveLength(2)
    expect(json.verdicts).toContainEqual({
      connection_id: old.connection.id,
      verdict: 'disabled',
    })
    expect(json.verdicts).toContainEqual({
      connection_id: today.connection.id,
      verdict: 'delivery',
      delivery_id: expect.any(String),
    })
    expect(eventIds(before)).toEqual([id])
    expect(eventIds(after)).toEqual([replayed.event_id])
    expect(after.received[0]!.body).toEqual(before.received[0]!.body)
  })

  it('goes only through the connections that are named', async () => {
    const [one, other] = [await aReceiver(), await aReceiver()]
    const tenant = await router.tenant()
    const { connection } = await connect(tenant, one.url)
    await connect(tenant, other.url)
    const id = await post(tenant)
    await other.until((received) => received.length === 1)
    const body = { connection_ids: [connection.id] }
    const [, { event_id }] = await act(tenant, `/api/v1/events/${id}/replay`, body)
    await deliveryOnce(tenant, event_id, 'delivered')
    expect(await deliveriesOf(tenant, event_id)).toHaveLength(1)
    expect(eventIds(one)).toEqual([id, event_id])
    expect(eventIds(other)).toEqual([id])
    const unknown = { connection_ids: ['con_nobodys'] }
    expect(await act(tenant, `/api/v1/events/${id}/replay`, unknown)).toMatchObject([
      422,
      { errors: [{ path: 'connection_ids[0]' }] },
    ])
  })
})

describe('replay of dead letters', () => {
  const deadLetters = (tenant: RouterTenant) => listAll(tenant, '/api/v1/dead-letters')

  /** As many dead letters as `events` have deliveries, newest first. */
  async function killed(
    tenant: RouterTenant,
    events: number,
    type = 'order.paid',
    letters = events,
  ) {
    for (let left = events; left > 0; left -= 200) {
      const batch = Array.from({ length: Math.min(left, 200) }, (_, n) => ({ type, data: n }))
      await tenant.make('/api/v1/events/batch', { events: batch })
    }
    return eventually(async () => {
      const found = await listAll(tenant, `/api/v1/dead-letters?event_type=${type}`)
      return found.length >= letters && found
    }, 30_000)
  }

  it('is a job that ends with every one of 400 delivered as a new delivery of its event', async () => {
    const receiver = await aReceiver(500)
    const tenant = await router.tenant()
    await connect(tenant, receiver.url, { retry: never })
    const letters = await killed(tenant, 400)
    receiver.answers(200)
    const [status, { job_id }] = await act(tenant, '/api/v1/dead-letters/replay')
    expect(status).toBe(202)
    const seen: number[] = []
    await eventually(async () => {
      const { json } = await tenant.api(`/api/v1/jobs/${job_id}`)
      expect(json).toMatchObject({ id: job_id, total: 400, failed: 0 })
      seen.push(json.done)
      return json.state === 'done' && json.done === 400
    }, 30_000)
    expect(seen).toEqual(seen.toSorted((a, b) => a - b))
    await receiver.until((received) => received.length === 800, 30_000)
    await eventually(async () => {
      const delivered = await listAll(tenant, '/api/v1/deliveries?state=delivered')
      return delivered.length === 400
    }, 30_000)
    expect(await deadLetters(tenant)).toEqual([])
    expect(new Set(eventIds(receiver)).size).toBe(400)

    const [letter] = letters
    const { json: dead } = await tenant.api(`/api/v1/deliveries/${letter.id}`)
    expect(dead).toMatchObject({ state: 'dead', replayed_as: expect.any(String) })
    const { json: replay } = await tenant.api(`/api/v1/deliveries/${dead.replayed_as}`)
    expect(replay).toMatchObject({
      state: 'delivered',
      replay_of: letter.id,
      event_id: letter.event_id,
      connection_id: letter.connection_id,
    })
  })

  it('stops when it is canceled: what is replayed stays, the rest stays dead', async () => {
    const receiver = await aReceiver(500)
    const tenant = await router.tenant()
    const { destination } = await connect(tenant, receiver.url, { retry: never })
    await killed(tenant, 1000)
    await act(tenant, `/api/v1/destinations/${destination.id}/pause`)
    const [, { job_id }] = await act(tenant, '/api/v1/dead-letters/replay')
    const [status, canceled] = await act(tenant, `/api/v1/jobs/${job_id}/cancel`)
    expect([status, canceled.total]).toEqual([200, 1000])
    expect(canceled).toMatchObject({ state: 'canceled', failed: 0 })
    expect(canceled.done).toBeLessThan(1000)
    const held = await listAll(tenant, '/api/v1/deliveries?state=held')
    expect(held).toHaveLength(canceled.done)
    expect(await deadLetters(tenant)).toHaveLength(1000 - canceled.done)

    // The rest is another job's, and nothing is replayed twice.
    const [, rest] = await act(tenant, '/api/v1/dead-letters/replay')
    await eventually(async () => {
      const { json } = await tenant.api(`/api/v1/jobs/${rest.job_id}`)
      return json.state === 'done' && json.done === 1000 - canceled.done
    }, 30_000)
    expect((await tenant.api(`/api/v1/jobs/${job_id}`)).json).toEqual(canceled)
    expect(await listAll(tenant, '/api/v1/deliveries?state=held')).toHaveLength(1000)
  })

  it('takes only those that fit all that is given', async () => {
    const [one, other] = [await aReceiver(500), await aReceiver(500)]
    const tenant = await router.tenant()
    const first = await connect(tenant, one.url, { retry: never })
    const second = await connect(tenant, other.url, { retry: never })
    await killed(tenant, 2, 'order.paid', 4)
    const refunded = await killed(tenant, 2, 'order.refunded', 4)
    await act(tenant, `/api/v1/destinations/${first.destination.id}/pause`)
    await act(tenant, `/api/v1/destinations/${second.destination.id}/pause`)
    const totalOf = async (selection: object) => {
      const [, { job_id }] = await act(tenant, '/api/v1/dead-letters/replay', selection)
      const done = await eventually(async () => {
        const { json } = await tenant.api(`/api/v1/jobs/${job_id}`)
        return json.state === 'done' && json
      })
      expect(done.done).toBe(done.total)
      return done.total
    }
    const since = refunded.at(-1).created_at
    expect(
      await totalOf({ destination_id: first.destination.id, event_type: 'order.refunded' }),
    ).toBe(2)
    expect(await totalOf({ connection_id: second.connection.id, until: since })).toBe(2)
    expect(await totalOf({ since })).toBe(2)
    expect(await totalOf({})).toBe(2)
    expect(await totalOf({})).toBe(0)
  })
})

describe('a test of a destination', () => {
  it('sends one signed event at once, answers the attempt and stores nothing', async () => {
    const receiver = await aReceiver({ status: 202, body: 'seen' }, { status: 500, body: 'no' })
    const tenant = await router.tenant()
    const { destination } = await connect(tenant, receiver.url)
    const path = `/api/v1/destinations/${destination.id}/test`
    expect(await act(tenant, path, { event_type: 'order.paid' })).toMatchObject([
      200,
      { outcome: 'delivered', status: 202, response_body: 'seen', duration_ms: expect.any(Number) },
    ])
    const [{ body, headers } = {} as Received] = receiver.received
    expect(headers['switchyard-event-type']).toBe('order.paid')
    new Webhook(destination.signing_secret).verify(body.toString(), headers)
    expect(await act(tenant, path)).toMatchObject([
      200,
      { outcome: 'failed', cause: 'status', status: 500, response_body: 'no' },
    ])
    expect(await listAll(tenant, '/api/v1/events')).toEqual([])
    expect(await listAll(tenant, '/api/v1/deliveries')).toEqual([])
  })
})

describe('rotation of a signing secret', () => {
  const genuine = (secret: string, { body, headers }: Received): boolean => {
    try {
      new Webhook(secret).verify(body.toString(), headers)
      return true
    } catch {
      return false
    }
  }

  it('signs with both secrets during the overlap, the new one first, and only with the new one after', async () => {
    const receiver = await aReceiver()
    const tenant = await router.tenant()
    const { destination } = await connect(tenant, receiver.url)
    const path = `/api/v1/destinations/${destination.id}`
    const old = destination.signing_secret
    const [status, first] = await act(tenant, `${path}/rotate-secret`, { overlap_s: 3600 })
    expect(status).toBe(200)
    expect(first.signing_secret).not.toBe(old)
    expect((await tenant.api(`${path}/secret`)).json.signing_secret).toBe(first.signing_secret)

    await post(tenant)
    await receiver.until((received) => received.length === 1)
    const [both] = receiver.received
    expect(both!.headers['webhook-signature']).toMatch(/^v1,\S+ v1,\S+$/)
    expect([genuine(old, both!), genuine(first.signing_secret, both!)]).toEqual([true, true])
    const currentAlone = both!.headers['webhook-signature']!.split(' ')[0]!
    const shortened = { ...both!, headers: { ...both!.headers, 'webhook-signature': currentAlone } }
    expect(genuine(first.signing_secret, shortened)).toBe(true)

    const own = `whsec_${Buffer.from('a secret of the customer’s own!!').toString('base64')}`
    await act(tenant, `${path}/rotate-secret`, { overlap_s: 0, secret: own })
    await post(tenant)
    await receiver.until((received) => received.length === 2)
    const [, only] = receiver.received
    expect(only!.headers['webhook-signature']).toMatch(/^v1,\S+$/)
    expect(genuine(own, only!)).toBe(true)
    expect([genuine(old, only!), genuine(first.signing_secret, only!)]).toEqual([false, false])
  })

  it('ends the overlap by itself, at the time that was told', async () => {
    const receiver = await aReceiver()
    const tenant = await router.tenant()
    const { destination } = await connect(tenant, receiver.url)
    const path = `/api/v1/destinations/${destination.id}`
    const [, rotated] = await act(tenant, `${path}/rotate-secret`, { overlap_s: 2 })
    const signatures = async () => {
      const [, { request_headers }] = await act(tenant, `${path}/test`)
      return request_headers['webhook-signature'].split(' ').length
    }
    expect(await signatures()).toBe(2)
    await eventually(async () => (await signatures()) === 1)
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(rotated.previous_until))
    expect(genuine(rotated.signing_secret, receiver.received.at(-1)!)).toBe(true)
    expect(genuine(destination.signing_secret, receiver.received.at(-1)!)).toBe(false)
  })
})

describe('an Idempotency-Key', () => {
  const destinationNamed = (name: string) => ({
    name,
    type: 'webhook',
    config: { url: 'https://example.com/hook' },
  })
  const ask = (tenant: RouterTenant, key: string, name: string, path = '/api/v1/destinations') =>
    tenant.api(path, {
      method: 'POST',
      body: destinationNamed(name),
      headers: { 'idempotency-key': key },
    })

  it('answers the same request with the first answer, and another one with 409', async () => {
    const tenant = await router.tenant()
    const first = await ask(tenant, 'key-1', 'One')
    const again = await ask(tenant, 'key-1', 'One')
    expect([again.status, again.json]).toEqual([first.status, first.json])
    expect([first, again].map(({ headers }) => headers.get('idempotent-replayed'))).toEqual([
      null,
      'true',
    ])
    const other = await ask(tenant, 'key-1', 'Two')
    expect(other).toMatchObject({ status: 409, json: { code: 'idempotency_conflict' } })
    expect(await listAll(tenant, '/api/v1/destinations')).toHaveLength(1)
  })

  it('of 20 requests at once lets one be executed', async () => {
    const tenant = await router.tenant()
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(tenant, 'key-2', 'One')))
    const made = answers.filter(({ status }) => status === 201)
    expect(made.length).toBeGreaterThan(0)
    expect(new Set(made.map(({ json }) => json.id)).size).toBe(1)
    // Who gave up waiting for the first is told so, and gets its answer later.
    for (const { status, json } of answers) {
      if (status !== 201) expect([status, json.code]).toEqual([409, 'idempotency_in_progress'])
    }
    expect(await listAll(tenant, '/api/v1/destinations')).toHaveLength(1)
  })

  it('is one tenant’s own, and a refused request does not use it up', async () => {
    const [one, other] = [await router.tenant(), await router.tenant()]
    expect((await ask(one, 'key-3', '')).status).toBe(422)
    expect((await ask(one, 'key-3', 'One')).status).toBe(201)
    expect((await ask(other, 'key-3', 'Another')).status).toBe(201)
  })

  it('lets a replay of an event happen once', async () => {
    const receiver = await aReceiver()
    const tenant = await router.tenant()
    await connect(tenant, receiver.url)
    const id = await post(tenant)
    const replay = () =>
      tenant.api(`/api/v1/events/${id}/replay`, {
        method: 'POST',
        body: {},
        headers: { 'idempotency-key': 'key-4' },
      })
    const [first, again] = [await replay(), await replay()]
    expect(again.json).toEqual(first.json)
    expect(await listAll(tenant, '/api/v1/events')).toHaveLength(2)
  })
})

describe('a dry run', () => {
  const connection = {
    event_types: ['order.*'],
    filter: { data: { amount: { $gte: 10 } } },
    transform: '{"total": data.amount}',
  }
  const dryRun = (tenant: RouterTenant, body: object) =>
    act(tenant, '/api/v1/connections/dry-run', body)

  it('says of an event of one’s own what the connection would do with it', async () => {
    const tenant = await router.tenant()
    const on = (type: string, data: unknown, more: object = {}) =>
      dryRun(tenant, { connection: { ...connection, ...more }, event: { type, data } })
    expect(await on('order.paid', { amount: 12 })).toMatchObject([
      200,
      { data: [{ event_id: null, verdict: 'delivery', body: { total: 12 } }] },
    ])
    expect(await on('order.paid', { amount: 9 })).toMatchObject([
      200,
      {
        data: [
          {
            verdict: 'filtered',
            failed_at: { path: 'data.amount', operator: '$gte', expected: 10, actual: 9 },
          },
        ],
      },
    ])
    expect(await on('user.made', { amount: 12 })).toMatchObject([
      200,
      { data: [{ verdict: 'type' }] },
    ])
    expect(await on('order.paid', { amount: 12 }, { transform: '$error("no")' })).toMatchObject([
      200,
      { data: [{ verdict: 'transform_failed', error: expect.stringContaining('no') }] },
    ])
    expect(await on('order.paid', {}, { filter: { data: { a: { $gt: {} } } } })).toMatchObject([
      422,
      { errors: [{ path: expect.stringContaining('connection.filter') }] },
    ])
  })

  it('says it of a stored event and of the last of them, newest first, and sends nothing', async () => {
    const receiver = await aReceiver()
    const tenant = await router.tenant()
    await connect(tenant, receiver.url)
    const ids: string[] = []
    for (const amount of [5, 15, 25]) ids.push(await post(tenant, { data: { amount } }))
    await receiver.until((received) => received.length === 3)
    expect(await dryRun(tenant, { connection, event_id: ids[1] })).toMatchObject([
      200,
      { data: [{ event_id: ids[1], verdict: 'delivery', body: { total: 15 } }] },
    ])
    const [status, { data }] = await dryRun(tenant, { connection, last: 500 })
    expect(status).toBe(200)
    expect(data.map((run: { event_id: string }) => run.event_id)).toEqual(ids.toReversed())
    expect(data.map((run: { verdict: string }) => run.verdict)).toEqual([
      'delivery',
      'delivery',
      'filtered',
    ])
    expect(await dryRun(tenant, { connection, event_id: 'evt_nobodys' })).toMatchObject([404, {}])
    expect(await dryRun(tenant, { connection, last: 501 })).toMatchObject([422, {}])
    expect(await listAll(tenant, '/api/v1/events')).toHaveLength(3)
    expect(receiver.received).toHaveLength(3)
  })
})
