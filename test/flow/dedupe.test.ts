import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { type Receiver, startReceiver } from '../support/receiver.ts'
import { type Router, type RouterTenant, startRouter } from '../support/router.ts'
import { connection, destination, github, inbound, list, post, postBatch, range } from './scene.ts'

const secret = 'it-s-a-secret-to-everybody'
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

/** A tenant of whose events every one is delivered. */
async function routedTenant(options: Record<string, unknown> = {}) {
  const tenant = await router.tenant(options)
  await connection(tenant, await destination(tenant, receiver, { path: `/${tenant.id}` }))
  const arrived = () => receiver.received.filter(({ path }) => path === `/${tenant.id}`)
  /** Every delivery there is has been made; nothing more can come. */
  const allDelivered = async (count: number) => {
    await eventually(async () => {
      const deliveries = await list(tenant, 'deliveries')
      return deliveries.length >= count && deliveries.every(({ state }) => state === 'delivered')
    })
    const deliveries = await list(tenant, 'deliveries')
    expect(deliveries).toHaveLength(count)
    expect(arrived()).toHaveLength(count)
  }
  return { tenant, arrived, allDelivered }
}

const source = (tenant: RouterTenant, fields: Record<string, unknown> = {}) =>
  tenant.make('/api/v1/sources', { name: 'A sender', provider: 'none', ...fields })

const statusesOf = (answers: { status: number }[]) => ({
  new: answers.filter(({ status }) => status === 202).length,
  seen: answers.filter(({ status }) => status === 200).length,
})

describe('fifty concurrent requests with one dedupe key', () => {
  it.each([1, 4])('are one event and one delivery when posted (%i shards)', async (shards) => {
    const { tenant, allDelivered } = await routedTenant({ shards })
    const event = { id: 'video-7', data: { video: 7 } }
    const answers = await Promise.all(range(1, 50).map(() => post(tenant, event)))
    expect(statusesOf(answers)).toEqual({ new: 1, seen: 49 })
    expect(answers.filter(({ json }) => json.duplicate)).toHaveLength(49)
    expect(new Set(answers.map(({ json }) => json.id)).size).toBe(1)
    await allDelivered(1)
    const events = await list(tenant, 'events')
    expect(events.map(({ id, duplicates }) => ({ id, duplicates }))).toEqual([
      { id: answers[0]?.json.id, duplicates: 49 },
    ])
  })

  it('are one event and one delivery when GitHub signs them', async () => {
    const { tenant, allDelivered } = await routedTenant()
    const { url } = await source(tenant, { provider: 'github', config: { secret } })
    const delivery = crypto.randomUUID()
    const answers = await Promise.all(range(1, 50).map(() => github(url, { secret, delivery })))
    expect(statusesOf(answers)).toEqual({ new: 1, seen: 49 })
    expect(new Set(answers.map(({ json }) => json.event_id)).size).toBe(1)
    await allDelivered(1)
    expect(await list(tenant, 'events')).toHaveLength(1)
  })
})

describe('the same dedupe key', () => {
  it('in two tenants is two events', async () => {
    const [one, two] = await Promise.all([routedTenant(), routedTenant()])
    const answers = await Promise.all(
      [one, two].flatMap(({ tenant }) => range(1, 5).map(() => post(tenant, { id: 'same' }))),
    )
    expect(statusesOf(answers)).toEqual({ new: 2, seen: 8 })
    expect(new Set(answers.map(({ json }) => json.id)).size).toBe(2)
    await one.allDelivered(1)
    await two.allDelivered(1)
  })

  it('with another body is a conflict, and nothing is stored of it', async () => {
    const { tenant, allDelivered } = await routedTenant()
    const first = await post(tenant, { id: 'order-1', data: { amount: 1 } })
    for (const other of [{ data: { amount: 2 } }, { data: { amount: 1 }, type: 'order.paid' }]) {
      const answer = await post(tenant, { id: 'order-1', ...other })
      expect(answer.status).toBe(409)
      expect(answer.json.code).toBe('event_conflict')
    }
    const again = await post(tenant, { id: 'order-1', data: { amount: 1 } })
    expect(again.status).toBe(200)
    expect(again.json).toEqual({ id: first.json.id, duplicate: true })
    await allDelivered(1)
  })

  it('with another body, posted fifty times at once in two versions, belongs to one of them', async () => {
    const { tenant, allDelivered } = await routedTenant()
    const answers = await Promise.all(
      range(1, 50).map((n) => post(tenant, { id: 'race', data: { version: n % 2 } })),
    )
    expect(statusesOf(answers)).toEqual({ new: 1, seen: 24 })
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(25)
    await allDelivered(1)
  })

  it('is the Idempotency-Key where an event has no id of its own', async () => {
    const { tenant, allDelivered } = await routedTenant()
    const request = {
      method: 'POST',
      body: { type: 'video.generated', data: 1 },
      headers: { 'idempotency-key': 'once' },
    }
    const answers = await Promise.all(range(1, 10).map(() => tenant.api('/api/v1/events', request)))
    expect(statusesOf(answers)).toEqual({ new: 1, seen: 9 })
    await allDelivered(1)
  })

  it('is a new event from another source, and from the API', async () => {
    const { tenant, allDelivered } = await routedTenant()
    const config = { secret }
    const one = await source(tenant, { provider: 'github', config })
    const two = await source(tenant, { provider: 'github', config })
    const delivery = crypto.randomUUID()
    for (const { url } of [one, two]) {
      expect((await github(url, { secret, delivery })).status).toBe(202)
      expect((await github(url, { secret, delivery })).status).toBe(200)
    }
    expect((await post(tenant, { id: delivery })).status).toBe(202)
    await allDelivered(3)
  })

  it('is a new event once the source’s window is over, and not before', async () => {
    const { tenant } = await routedTenant()
    const dedupe = { key: 'data.order', window_s: 2 }
    const { url } = await source(tenant, { dedupe })
    const body = JSON.stringify({ type: 'order.paid', order: 4711 })
    const sentAt = Date.now()
    const first = await inbound(url, body)
    const answeredAt = Date.now()
    expect(first.status).toBe(202)
    expect((await inbound(url, body)).json).toEqual({ ...first.json, duplicate: true })
    const second = await eventually(async () => {
      const answer = await inbound(url, body)
      return answer.status === 202 && answer
    })
    expect(second.json.event_id).not.toBe(first.json.event_id)
    expect(Date.now() - sentAt).toBeGreaterThanOrEqual(2000)
    expect(Date.now() - answeredAt).toBeLessThan(4000)
    // The window runs anew from the second one.
    expect((await inbound(url, body)).json.event_id).toBe(second.json.event_id)
  })

  it('is still known after the router was killed', async () => {
    const { tenant } = await routedTenant()
    const first = await post(tenant, { id: 'before-the-end' })
    await router.kill()
    await router.restart()
    const again = await post(tenant, { id: 'before-the-end' })
    expect(again.json).toEqual({ id: first.json.id, duplicate: true })
    await eventually(async () => (await list(tenant, 'deliveries?state=delivered')).length === 1)
    expect(await list(tenant, 'deliveries')).toHaveLength(1)
  })
})

describe('a batch', () => {
  it('knows its own duplicates and conflicts, and those of before', async () => {
    const { tenant, allDelivered } = await routedTenant()
    const { json: earlier } = await post(tenant, { id: 'a', data: 1 })
    const results = await postBatch(tenant, [
      { id: 'a', data: 1 },
      { id: 'b', data: 2 },
      { id: 'b', data: 2 },
      { id: 'b', data: 3 },
      { data: 2 },
      { data: 2 },
    ])
    expect(results[0]).toEqual({ id: earlier.id, duplicate: true })
    expect(results[1]?.duplicate).toBe(false)
    expect(results[2]).toEqual({ id: results[1]?.id, duplicate: true })
    expect(results[3]?.error?.code).toBe('event_conflict')
    expect(results.slice(4).map(({ duplicate }) => duplicate)).toEqual([false, false])
    await allDelivered(4)
  })

  it('of the same five hundred, posted ten times at once, is five hundred events', async () => {
    const { tenant, allDelivered } = await routedTenant()
    const events = range(1, 500).map((n) => ({ id: `n-${n}`, data: n }))
    const batches = await Promise.all(range(1, 10).map(() => postBatch(tenant, events)))
    const results = batches.flat()
    expect(results.filter(({ duplicate }) => duplicate === false)).toHaveLength(500)
    expect(new Set(results.map(({ id }) => id)).size).toBe(500)
    await allDelivered(500)
  })
})
