import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import type { Receiver } from '../support/receiver.ts'
import { type Router, type RouterTenant, startRouter } from '../support/router.ts'
import {
  aReceiver,
  closeReceivers,
  connect,
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

// A test reads an answer freely: its assertions are the check.
// oxlint-disable-next-line typescript/no-explicit-any
type Loose = any

const idsOf = (rows: Loose[]): string[] => rows.map(({ id }) => id)

async function read(tenant: RouterTenant, path: string): Promise<Loose> {
  const { status, json } = await tenant.api(path)
  if (status !== 200) throw new Error(`${path} answered ${status}: ${JSON.stringify(json)}`)
  return json
}

/** The ids of a list in pages of 3, with `between` done after each page, at most `times`. */
async function paged(
  tenant: RouterTenant,
  path: string,
  order: 'asc' | 'desc',
  between: () => Promise<unknown>,
  times = 4,
): Promise<string[]> {
  const ids: string[] = []
  let cursor = ''
  for (let page = 0; ; page++) {
    const { data, next_cursor } = await read(tenant, `${path}?limit=3&order=${order}${cursor}`)
    expect(data.length).toBeLessThanOrEqual(3)
    ids.push(...idsOf(data))
    if (next_cursor === null) return ids
    cursor = `&cursor=${next_cursor}`
    if (page < times) await between()
  }
}

interface Lists {
  tenant: RouterTenant
  /** Adds one row to each list. */
  add(): Promise<void>
  receiver: Receiver
}

/** A tenant with two connections, one of which lives and one of which dies, and a source that refuses. */
async function aTenantWithLists(shards: number): Promise<Lists> {
  const tenant = await router.tenant({ shards })
  const receiver = await aReceiver()
  const dying = await aReceiver(500)
  await connect(tenant, receiver.url)
  await connect(tenant, dying.url, { retry: never }, { event_types: ['order.*'] })
  const source = await tenant.make('/api/v1/sources', {
    name: 'Sender',
    provider: 'hmac',
    config: { secret: 'secret', header: 'x-signature', algorithm: 'sha256', encoding: 'hex' },
  })
  const dead = () => listAll(tenant, '/api/v1/dead-letters')
  const add = async () => {
    const before = (await dead()).length
    await post(tenant)
    const headers = { 'x-signature': 'ff'.repeat(32) }
    await fetch(source.url, { method: 'POST', body: '{}', headers })
    await eventually(async () => (await dead()).length > before)
  }
  return { tenant, add, receiver }
}

describe.each([1, 4])('the lists of a tenant with %i shard(s)', (shards) => {
  let lists: Lists
  beforeAll(async () => {
    lists = await aTenantWithLists(shards)
    for (let n = 0; n < 8; n++) await lists.add()
  }, 60_000)

  it.each(['events', 'deliveries', 'dead-letters', 'rejections'])(
    'of %s in pages of 3, newest first, while rows are added: each row of the start once',
    async (list) => {
      const { tenant, add } = lists
      const path = `/api/v1/${list}`
      const start = idsOf(await listAll(tenant, path))
      expect(start.length).toBeGreaterThanOrEqual(8)
      expect(await paged(tenant, path, 'desc', add)).toEqual(start)
      expect(start).toEqual(start.toSorted().reverse())
    },
  )

  it.each(['events', 'deliveries', 'dead-letters', 'rejections'])(
    'of %s in pages of 3, oldest first, while rows are added: each row once, the new ones last',
    async (list) => {
      const { tenant, add } = lists
      const path = `/api/v1/${list}`
      const start = idsOf(await listAll(tenant, `${path}?order=asc`))
      const seen = await paged(tenant, path, 'asc', add)
      expect(seen.slice(0, start.length)).toEqual(start)
      expect(seen.length).toBeGreaterThanOrEqual(start.length + 4)
      expect(seen).toEqual(idsOf(await listAll(tenant, `${path}?order=asc`)))
      expect(new Set(seen).size).toBe(seen.length)
      expect(seen).toEqual(seen.toSorted())
    },
  )

  it('stand together from all shards', async () => {
    const events = idsOf(await listAll(lists.tenant, '/api/v1/events?type=order.paid'))
    const used = new Set(events.map((id) => id.slice('evt_'.length + 11, 'evt_'.length + 13)))
    if (shards === 1) expect(used.size).toBe(1)
    else expect(used.size).toBeGreaterThan(1)
  })

  it.each(['events', 'deliveries', 'dead-letters', 'rejections'])(
    'of %s take limits from 1 to 250, and cursors of their own only',
    async (list) => {
      const { tenant } = lists
      const path = `/api/v1/${list}`
      for (const limit of ['0', '251', '-1', '1.5', 'all', '']) {
        const { status, json } = await tenant.api(`${path}?limit=${limit}`)
        expect([limit, status, json.errors]).toMatchObject([limit, 422, [{ path: 'limit' }]])
      }
      const { data, next_cursor } = await read(tenant, `${path}?limit=1`)
      expect(data).toHaveLength(1)
      expect((await tenant.api(`${path}?limit=250`)).status).toBe(200)
      for (const wrong of [`cursor=${next_cursor}&order=asc`, 'cursor=nonsense']) {
        const { status, json } = await tenant.api(`${path}?${wrong}`)
        expect([status, json.code]).toEqual([422, 'invalid_cursor'])
      }
      for (const wrong of ['since=yesterday', 'order=up', 'colour=red']) {
        expect([wrong, (await tenant.api(`${path}?${wrong}`)).status]).toEqual([wrong, 422])
      }
    },
  )

  it.each([
    ['events', 'received_at'],
    ['deliveries', 'created_at'],
    ['dead-letters', 'created_at'],
    ['rejections', 'at'],
  ])('of %s take since and until as a half-open span', async (list, time) => {
    const { tenant } = lists
    const all = await listAll(tenant, `/api/v1/${list}?order=asc`)
    const [from, to] = [all[2][time], all[6][time]]
    expect(Date.parse(from)).toBeLessThan(Date.parse(to))
    const spans = {
      [`since=${from}`]: (at: string) => at >= from,
      [`until=${to}`]: (at: string) => at < to,
      [`since=${from}&until=${to}`]: (at: string) => at >= from && at < to,
      [`since=${to}&until=${to}`]: () => false,
    }
    for (const [span, holds] of Object.entries(spans)) {
      const expected = idsOf(all.filter((row) => holds(row[time])))
      const found = idsOf(await listAll(tenant, `/api/v1/${list}?order=asc&${span}`))
      expect([span, found]).toEqual([span, expected])
    }
  })
})

describe.each([1, 4])('the filters of a tenant with %i shard(s)', (shards) => {
  let tenant: RouterTenant
  let receiver: Receiver
  beforeEach(async () => {
    tenant = await router.tenant({ shards })
    receiver = await aReceiver()
  })

  it('find deliveries by state, destination, connection, event, type and status, and by several at once', async () => {
    const failing = await aReceiver(503)
    const gone = await aReceiver(418)
    const good = await connect(tenant, receiver.url)
    const slow = await connect(tenant, failing.url, { retry: later })
    const dying = await connect(tenant, gone.url, { retry: never }, { event_types: ['order.paid'] })
    const paused = await connect(tenant, receiver.url, {}, { event_types: ['order.paid'] })
    await tenant.make(`/api/v1/destinations/${paused.destination.id}/pause`, {})
    const paid = await post(tenant, { type: 'order.paid' })
    const refunded = await post(tenant, { type: 'order.refunded' })
    const settled = async () => {
      const all = await listAll(tenant, '/api/v1/deliveries')
      return all.length === 6 && all.every(({ state }) => state !== 'sending') && all
    }
    const byEvent = await eventually(async () => {
      const all = await settled()
      return all && all.filter(({ attempt_count }) => attempt_count === 1).length === 5 && all
    })
    const canceled = byEvent.find(({ state, event_id }) => state === 'waiting' && event_id === paid)
    await tenant.make(`/api/v1/deliveries/${canceled.id}/cancel`, {})

    const facts = async (query: string): Promise<string[]> => {
      const found = await listAll(tenant, `/api/v1/deliveries?${query}`)
      return found
        .map(({ event_type, connection_id, state }) => {
          const at = [good, slow, dying, paused].findIndex(
            ({ connection }) => connection.id === connection_id,
          )
          return `${event_type} ${['good', 'slow', 'dying', 'paused'][at]} ${state}`
        })
        .sort()
    }
    expect(await facts('state=delivered')).toEqual([
      'order.paid good delivered',
      'order.refunded good delivered',
    ])
    expect(await facts('state=waiting')).toEqual(['order.refunded slow waiting'])
    expect(await facts('state=dead')).toEqual(['order.paid dying dead'])
    expect(await facts('state=canceled')).toEqual(['order.paid slow canceled'])
    expect(await facts('state=held')).toEqual(['order.paid paused held'])
    expect(await facts('state=sending')).toEqual([])
    expect(await facts(`destination_id=${slow.destination.id}`)).toEqual([
      'order.paid slow canceled',
      'order.refunded slow waiting',
    ])
    expect(await facts(`connection_id=${dying.connection.id}`)).toEqual(['order.paid dying dead'])
    expect(await facts(`event_id=${refunded}`)).toEqual([
      'order.refunded good delivered',
      'order.refunded slow waiting',
    ])
    expect(await facts('event_type=order.refunded')).toHaveLength(2)
    expect(await facts('response_status=503')).toHaveLength(2)
    expect(await facts('response_status=418')).toEqual(['order.paid dying dead'])
    expect(
      await facts(`state=delivered&event_id=${paid}&connection_id=${good.connection.id}`),
    ).toEqual(['order.paid good delivered'])
    expect(await facts(`state=delivered&destination_id=${slow.destination.id}`)).toEqual([])
    expect(await facts('event_id=evt_nobodys')).toEqual([])
    expect((await tenant.api('/api/v1/deliveries?state=lost')).status).toBe(422)

    const letters = (query: string) => listAll(tenant, `/api/v1/dead-letters?${query}`)
    expect(await letters(`destination_id=${dying.destination.id}`)).toHaveLength(1)
    expect(await letters(`connection_id=${dying.connection.id}`)).toHaveLength(1)
    expect(await letters(`destination_id=${good.destination.id}`)).toEqual([])
    expect(await letters('event_type=order.paid')).toHaveLength(1)
    expect(await letters('event_type=order.refunded')).toEqual([])
  })

  it('page through deliveries of one state that changes while they are read', async () => {
    await connect(tenant, receiver.url)
    const ids = new Set<string>()
    for (let n = 0; n < 7; n++) {
      const delivered = await deliveryOnce(tenant, await post(tenant), 'delivered')
      ids.add(delivered.id)
    }
    const seen: string[] = []
    for (let cursor = ''; ;) {
      const page = await read(tenant, `/api/v1/deliveries?state=delivered&limit=3${cursor}`)
      seen.push(...idsOf(page.data))
      if (page.next_cursor === null) break
      cursor = `&cursor=${page.next_cursor}`
      await deliveryOnce(tenant, await post(tenant), 'delivered')
    }
    expect(seen).toEqual([...ids].reverse())
  })

  it('find events by type and source, and rejections by source', async () => {
    const sources = await Promise.all(
      ['One', 'Other'].map((name) =>
        tenant.make('/api/v1/sources', {
          name,
          provider: 'api-key',
          config: { key: 'a key of the sender' },
        }),
      ),
    )
    const send = (url: string, type: string, key = 'a key of the sender') =>
      fetch(url, {
        method: 'POST',
        headers: { 'x-api-key': key },
        body: JSON.stringify({ type }),
      })
    const [one, other] = sources
    await send(one.url, 'a.one')
    await send(other.url, 'a.one')
    await send(other.url, 'a.two')
    await send(other.url, 'a.two', 'wrong')
    await post(tenant, { type: 'a.one' })
    const types = async (query: string) =>
      (await listAll(tenant, `/api/v1/events?${query}`)).map(({ type }) => type)
    expect(await types('type=a.one')).toEqual(['a.one', 'a.one', 'a.one'])
    expect(await types('type=a')).toEqual([])
    expect(await types(`source_id=${other.id}`)).toEqual(['a.two', 'a.one'])
    expect(await types(`source_id=${one.id}&type=a.two`)).toEqual([])
    const rejected = (id: string) => listAll(tenant, `/api/v1/rejections?source_id=${id}`)
    expect(await rejected(one.id)).toEqual([])
    expect(await rejected(other.id)).toMatchObject([{ reason: 'credentials_mismatch' }])
  })

  it('find events by a text in their payload, however long that is', async () => {
    const filler = 'x'.repeat(500_000)
    const small = await post(tenant, { data: { name: 'Zoë 100%_' } })
    const large = await post(tenant, { data: [filler, 'needle-in-1MB', filler] })
    await post(tenant, { data: filler })
    const found = async (q: string) =>
      idsOf(await listAll(tenant, `/api/v1/events?q=${encodeURIComponent(q)}`))
    expect(await found('needle-in-1MB')).toEqual([large])
    expect(await found('Zoë')).toEqual([small])
    expect(await found('100%_')).toEqual([small])
    expect(await found('zoë')).toEqual([])
    expect(await found('%')).toEqual([small])
    expect(await found('no such text')).toEqual([])
    expect((await tenant.api('/api/v1/events?q=')).status).toBe(422)
  })

  it('find a text in a payload of 3 MB wherever it stands', async () => {
    // Numbers side by side: however the body is cut to be kept, a cut goes through one of these texts.
    const numbered = (n: number) => String(n).padStart(100, '.')
    const data = Array.from({ length: 30_000 }, (_, n) => numbered(n)).join('')
    const id = await post(tenant, { data })
    const missed: number[] = []
    for (const n of [1, 10_485, 18_999, 19_000, 19_001, 20_971, 29_999]) {
      const q = numbered(n - 1) + numbered(n)
      const { data } = await read(tenant, `/api/v1/events?q=${q}`)
      if (idsOf(data)[0] !== id) missed.push(n)
    }
    expect(missed).toEqual([])
  })
})
