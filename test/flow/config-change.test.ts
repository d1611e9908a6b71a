import { setImmediate as turn } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { type Receiver, startReceiver } from '../support/receiver.ts'
import { type Router, startRouter } from '../support/router.ts'
import { change, connection, dataOf, destination, github, list, post } from './scene.ts'
import { range, read } from './scene.ts'

let router: Router
let receiver: Receiver

beforeAll(async () => {
  receiver = await startReceiver()
  router = await startRouter()
})
afterAll(async () => {
  await router.close()
  await receiver.close()
})

interface Call<T> {
  startedAt: number
  endedAt: number
  answer: T
}

/**
 * Six callers at once, each with one call after the other, until well after `alter` has been answered. `before` ended before
 * the change was asked for; `after` began when it had been answered: these must all see it.
 */
async function underLoad<T>(call: (n: number) => Promise<T>, alter: () => Promise<unknown>) {
  const calls: Call<T>[] = []
  let n = 0
  const end = new AbortController()
  const callers = range(1, 6).map(async () => {
    while (!end.signal.aborted) {
      const startedAt = performance.now()
      const answer = await call(++n)
      calls.push({ startedAt, endedAt: performance.now(), answer })
    }
  })
  const callsMade = async (count: number) => {
    const goal = calls.length + count
    while (calls.length < goal) await turn()
  }
  await callsMade(18)
  const askedAt = performance.now()
  await alter()
  const answeredAt = performance.now()
  await callsMade(24)
  end.abort()
  await Promise.all(callers)
  const before = calls.filter(({ endedAt }) => endedAt < askedAt).map(({ answer }) => answer)
  const after = calls.filter(({ startedAt }) => startedAt >= answeredAt).map(({ answer }) => answer)
  expect(before.length).toBeGreaterThan(10)
  expect(after.length).toBeGreaterThan(10)
  return { before, after }
}

/** A tenant with one connection to its own path of the receiver. */
async function routed(fields: Record<string, unknown> = {}, of: Record<string, unknown> = {}) {
  const tenant = await router.tenant()
  const path = `/${tenant.id}`
  const to = await destination(tenant, receiver, { path, ...fields })
  const line = await connection(tenant, to, of)
  const arrived = () => receiver.received.filter((request) => request.path === path)
  const verdictOf = async (id: string): Promise<string> => {
    const { verdicts } = await read(tenant, `events/${id}`)
    return verdicts.find((one: { connection_id: string }) => one.connection_id === line.id).verdict
  }
  const verdictsOf = async (answers: { json: { id: string } }[]) => [
    ...new Set(await Promise.all(answers.map(({ json }) => verdictOf(json.id)))),
  ]
  return { tenant, destination: to, connection: line, arrived, verdictsOf }
}

describe('the very next event, under load, meets', () => {
  // Events that were not delivered before: an attempt looks at the configuration too, and would freshen it.
  it('a changed filter', async () => {
    const filter = { data: { colour: 'blue' } }
    const { tenant, connection: line, verdictsOf } = await routed({}, { filter })
    const { before, after } = await underLoad(
      () => post(tenant, { data: { colour: 'red' } }),
      () => change(tenant, `connections/${line.id}`, { filter: { data: { colour: 'red' } } }),
    )
    expect(await verdictsOf(before)).toEqual(['filtered'])
    expect(await verdictsOf(after)).toEqual(['delivery'])
  })

  it('changed event types', async () => {
    const { tenant, connection: line, verdictsOf } = await routed({}, { event_types: ['a.*'] })
    const { before, after } = await underLoad(
      () => post(tenant, { type: 'b.c' }),
      () => change(tenant, `connections/${line.id}`, { event_types: ['b.*'] }),
    )
    expect(await verdictsOf(before)).toEqual(['type'])
    expect(await verdictsOf(after)).toEqual(['delivery'])
  })

  it('a connection that is disabled, and one that is enabled', async () => {
    const { tenant, connection: line, verdictsOf } = await routed()
    const path = `connections/${line.id}`
    const off = await underLoad(
      () => post(tenant),
      () => change(tenant, path, { enabled: false }),
    )
    expect(await verdictsOf(off.before)).toEqual(['delivery'])
    expect(await verdictsOf(off.after)).toEqual(['disabled'])
    const on = await underLoad(
      () => post(tenant),
      () => change(tenant, path, { enabled: true }),
    )
    expect(await verdictsOf(on.before)).toEqual(['disabled'])
    expect(await verdictsOf(on.after)).toEqual(['delivery'])
  })

  it('a new connection, and not one that was deleted', async () => {
    const { tenant, destination: to, connection: line } = await routed()
    let added = ''
    const more = await underLoad(
      () => post(tenant),
      async () => {
        added = (await connection(tenant, to)).id
      },
    )
    const connectionsOf = async (answers: { json: { id: string } }[]) => {
      const events = await Promise.all(answers.map(({ json }) => read(tenant, `events/${json.id}`)))
      const named = events.map(({ verdicts }) =>
        verdicts.map((one: { connection_id: string }) => one.connection_id).sort(),
      )
      return [...new Set(named.map(String))]
    }
    expect(await connectionsOf(more.before)).toEqual([line.id])
    expect(await connectionsOf(more.after)).toEqual([String([line.id, added].sort())])
    const fewer = await underLoad(
      () => post(tenant),
      () => tenant.api(`/api/v1/connections/${line.id}`, { method: 'DELETE' }),
    )
    expect(await connectionsOf(fewer.after)).toEqual([added])
  })

  it('a source’s new secret', async () => {
    const tenant = await router.tenant()
    const made = await tenant.make('/api/v1/sources', {
      name: 'GitHub',
      provider: 'github',
      config: { secret: 'the-old-secret' },
    })
    const both = (n: number) => {
      const payload = { n }
      return Promise.all([
        github(made.url, { secret: 'the-old-secret', payload }),
        github(made.url, { secret: 'the-new-secret', payload }),
      ])
    }
    const { before, after } = await underLoad(both, () =>
      change(tenant, `sources/${made.id}`, { config: { secret: 'the-new-secret' } }),
    )
    const statuses = (answers: { status: number }[][]) => [
      ...new Set(answers.map((pair) => pair.map(({ status }) => status).join())),
    ]
    expect(statuses(before)).toEqual(['202,401'])
    expect(statuses(after)).toEqual(['401,202'])
  })

  it('a source that is disabled', async () => {
    const tenant = await router.tenant()
    const secret = 'a-secret'
    const made = await tenant.make('/api/v1/sources', {
      name: 'GitHub',
      provider: 'github',
      config: { secret },
    })
    const { before, after } = await underLoad(
      () => github(made.url, { secret }),
      () => change(tenant, `sources/${made.id}`, { enabled: false }),
    )
    expect(new Set(before.map(({ status }) => status))).toEqual(new Set([202]))
    expect(new Set(after.map(({ status }) => status))).toEqual(new Set([403]))
    expect(after[0]?.json.code).toBe('source_disabled')
  })

  it.each(['publisher', 'operator'])('a revoked key (%s)', async (role) => {
    const tenant = await router.tenant()
    const made = await tenant.make('/api/v1/api-keys', { name: 'For posting', role })
    const event = { type: 'video.generated', data: 1 }
    const { before, after } = await underLoad(
      () => tenant.api('/api/v1/events', { method: 'POST', body: event, key: made.key }),
      () => tenant.api(`/api/v1/api-keys/${made.id}`, { method: 'DELETE' }),
    )
    expect(new Set(before.map(({ status }) => status))).toEqual(new Set([202]))
    expect(new Set(after.map(({ status }) => status))).toEqual(new Set([401]))
    // Nothing that was refused is stored.
    const events = await list(tenant, 'events')
    for (const { json } of after) expect(json.id).toBeUndefined()
    expect(events.length).toBeGreaterThanOrEqual(before.length)
    const reading = await tenant.api('/api/v1/events', { key: made.key })
    expect(reading.status).toBe(401)
  })

  it('a revoked key, whatever it asks for', async () => {
    const { tenant } = await routed()
    const made = await tenant.make('/api/v1/api-keys', { name: 'Old', role: 'publisher' })
    const events = [{ type: 'video.generated', data: 1 }]
    const asks = [
      { path: 'events', body: { type: 'video.generated', data: 1 } },
      { path: 'events', body: { type: 'video.generated' } },
      { path: 'events', body: '{' },
      { path: 'events?page=2', body: { type: 'video.generated', data: 1 } },
      { path: 'events/batch', body: { events: [] } },
      { path: 'events/batch', body: { events: [{}] } },
      { path: 'events/batch', body: { events }, headers: { 'idempotency-key': 'once' } },
    ]
    const statuses = () =>
      Promise.all(
        asks.map(async ({ path, ...ask }) => {
          const request = { ...ask, method: 'POST', key: made.key }
          return (await tenant.api(`/api/v1/${path}`, request)).status
        }),
      )
    expect(await statuses()).toEqual([202, 422, 400, 422, 422, 202, 202])
    await tenant.api(`/api/v1/api-keys/${made.id}`, { method: 'DELETE' })
    expect(await statuses()).toEqual(asks.map(() => 401))
  })

  it('a key that was made a moment ago', async () => {
    const { tenant } = await routed()
    const body = { type: 'video.generated', data: 1 }
    let key = ''
    const { after } = await underLoad(
      () => tenant.api('/api/v1/events', { method: 'POST', body, ...(key === '' ? {} : { key }) }),
      async () => {
        key = (await tenant.make('/api/v1/api-keys', { name: 'New', role: 'publisher' })).key
      },
    )
    expect(new Set(after.map(({ status }) => status))).toEqual(new Set([202]))
  })

  it('a destination’s changed header', async () => {
    const { tenant, destination: to, arrived } = await routed({ headers: { 'x-version': 'old' } })
    let asked = false
    const { before, after } = await underLoad(
      async (n) => {
        await post(tenant, { data: { n, before: !asked } })
        return n
      },
      async () => {
        asked = true
        const { url } = to.config
        await change(tenant, `destinations/${to.id}`, {
          config: { url, signing: 'none', headers: { 'x-version': 'new' } },
        })
      },
    )
    const goal = Math.max(...after)
    await receiver.until(() => arrived().some((request) => dataOf(request).n >= goal))
    await eventually(async () => {
      const deliveries = await list(tenant, 'deliveries')
      return deliveries.every(({ state }) => state === 'delivered')
    })
    const versionsOf = (numbers: number[]) => {
      const wanted = new Set(numbers)
      const requests = arrived().filter((request) => wanted.has(dataOf(request).n))
      expect(requests).toHaveLength(wanted.size)
      return new Set(requests.map(({ headers }) => headers['x-version']))
    }
    // An attempt of before may still be on its way when the header changes; the first of them cannot.
    expect(versionsOf(before.slice(0, 5))).toEqual(new Set(['old']))
    expect(versionsOf(after)).toEqual(new Set(['new']))
  })
})

describe('a retry that waits while the destination is changed', () => {
  it('carries the new header, though the event was there before', async () => {
    const {
      tenant,
      destination: to,
      arrived,
    } = await routed({
      headers: { 'x-version': 'old' },
      retry: { schedule_s: [1, 1, 1], jitter: 0 },
    })
    receiver.answers((request) =>
      request.path === new URL(to.config.url).pathname && request.headers['x-version'] === 'old'
        ? 500
        : 200,
    )
    for (const n of range(1, 10)) await post(tenant, { data: n })
    await receiver.until(() => arrived().length >= 10)
    await eventually(async () => (await list(tenant, 'deliveries?state=waiting')).length === 10)
    const failures = arrived().length
    const { url } = to.config
    await change(tenant, `destinations/${to.id}`, {
      config: { url, signing: 'none', headers: { 'x-version': 'new' } },
    })
    await eventually(async () => (await list(tenant, 'deliveries?state=delivered')).length === 10)
    const [old, changed] = [arrived().slice(0, failures), arrived().slice(failures)]
    expect(new Set(old.map(({ headers }) => headers['x-version']))).toEqual(new Set(['old']))
    expect(new Set(changed.map(({ headers }) => headers['x-version']))).toEqual(new Set(['new']))
    expect(new Set(changed.map(({ headers }) => headers['switchyard-attempt']))).toEqual(
      new Set(['2']),
    )
    expect(new Set(changed.map(({ headers }) => headers['webhook-id']))).toEqual(
      new Set(old.map(({ headers }) => headers['webhook-id'])),
    )
  })
})
