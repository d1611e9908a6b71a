import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { EventQuery, Rejection, RejectionQuery } from '../../src/ledger/protocol.ts'
import {
  anEvent,
  bytes,
  deliveriesWhere,
  failed,
  LedgerUnderTest,
  ok,
  refused,
  stopClock,
} from './a-ledger.ts'

beforeEach(() => stopClock())
afterEach(() => {
  vi.useRealTimers()
})

const page = { limit: 7, order: 'desc' as const, after: null, since: null, until: null }
const events: EventQuery = { ...page, type: null, source_id: null, q: null }
const orders = ['asc', 'desc'] as const

/** 20 events of one to three deliveries, some delivered, some dead, some open. */
async function aHistory(): Promise<LedgerUnderTest> {
  const ledger = await LedgerUnderTest.with({
    destinations: { dst_1: {}, dst_2: { paused: true }, dst_3: {} },
  })
  for (let i = 0; i < 20; i++) {
    const to = [{ destination: 'dst_1' }, { destination: 'dst_2' }, { destination: 'dst_3' }]
    const type = i % 2 === 0 ? 'even' : 'odd'
    const { leases } = await ledger.accept({ to: to.slice(0, 1 + (i % 3)), type })
    const [first, second] = leases
    await ledger.settle(first!, [ok, refused, failed][i % 3]!)
    if (second !== undefined) await ledger.settle(second, ok)
    if (i % 4 === 0) vi.setSystemTime(Date.now() + 1000)
  }
  return ledger
}

describe('a list of deliveries', () => {
  it.each(orders)('shows each once, page by page (%s), also while others come', async (order) => {
    const ledger = await aHistory()
    for (const limit of [1, 2, 5, 39]) {
      const all = await ledger.list({ limit: 250, order })
      const sorted = all.map(({ id }) => id).sort()
      expect(all.map(({ id }) => id)).toEqual(order === 'asc' ? sorted : sorted.reverse())
      const paged: string[] = []
      for (let after: string | null = null, pages = 0; ; pages++) {
        const found = await ledger.api.deliveries(deliveriesWhere({ limit, order, after }))
        expect(found.data.length).toBeLessThanOrEqual(limit)
        paged.push(...found.data.map(({ id }) => id))
        after = found.next_cursor
        if (after === null) break
        if (pages === 0) await ledger.accept({}, 0)
      }
      expect(paged.slice(0, all.length)).toEqual(all.map(({ id }) => id))
      expect(new Set(paged).size).toBe(paged.length)
    }
  })

  it.each(orders)('finds the same with each condition as looking at all (%s)', async (order) => {
    const ledger = await aHistory()
    const all = await ledger.list({ order })
    const [some] = all.slice(8)
    const since = all.map(({ created_at }) => created_at).sort((a, b) => a - b)[15]!
    const conditions = [
      ...(['held', 'waiting', 'delivered', 'dead', 'canceled', 'sending'] as const).map(
        (state) => ({ state }),
      ),
      { destination_id: 'dst_2' },
      { destination_id: 'dst_2', state: 'held' as const },
      { event_type: 'odd', state: 'dead' as const },
      { event_id: some!.event_id },
      { event_id: some!.event_id, state: 'held' as const },
      { response_status: 503 },
      { since },
      { until: since, state: 'delivered' as const },
      { connection_id: 'con_nobody' },
    ]
    for (const condition of conditions) {
      const { since, until, ...same } = { since: null, until: null, ...condition }
      const wanted = all.filter(
        (delivery) =>
          Object.entries(same).every(([key, value]) =>
            key === 'response_status'
              ? delivery.last_status === value
              : delivery[key as 'state'] === value,
          ) &&
          (since === null || delivery.created_at >= since) &&
          (until === null || delivery.created_at < until),
      )
      const found = await ledger.list({ ...condition, order, limit: 3 })
      expect(
        found.map(({ id }) => id),
        JSON.stringify(condition),
      ).toEqual(wanted.map(({ id }) => id))
    }
  })

  it('finds what is held for one event among very many', async () => {
    const ledger = await LedgerUnderTest.with({ destinations: { dst_1: { paused: true } } })
    const batch = Array.from({ length: 600 }, () => ({ event: anEvent(), body: bytes('') }))
    const results = await ledger.api.acceptBatch(1, batch, { capacity: 0, roomMs: 0 })
    const ids = results.map((result) => (result.kind === 'accepted' ? result.event_id : ''))
    for (const event_id of [ids[0]!, ids[300]!, ids[599]!]) {
      for (const order of orders) {
        expect(await ledger.list({ event_id, state: 'held', order })).toHaveLength(1)
      }
    }
    expect(await ledger.list({ state: 'held' })).toHaveLength(600)
    expect(await ledger.list({ destination_id: 'dst_1', limit: 100 })).toHaveLength(600)
  })
})

describe('a list of events', () => {
  it('pages, and finds by type, time and text', async () => {
    const ledger = await LedgerUnderTest.with()
    for (let i = 0; i < 20; i++) {
      const body = bytes(`${'x'.repeat(i % 2 === 0 ? 10 : 20_000)} number ${i}.`)
      await ledger.offer({ type: `t${i % 2}`, source_id: `src_${i % 3}` }, body, 0)
      vi.setSystemTime(Date.now() + 1000)
    }
    const find = async (query: Partial<EventQuery>) => {
      const found: number[] = []
      for (let after: string | null = null; ;) {
        const answer = await ledger.api.events({ ...events, ...query, after })
        for (const { id } of answer.data) {
          const stored = await ledger.api.payload(id)
          found.push(Number(/number (\d+)/.exec(new TextDecoder().decode(stored!.body))![1]))
        }
        after = answer.next_cursor
        if (after === null) return found
      }
    }
    const numbers = Array.from({ length: 20 }, (_, i) => i)
    expect(await find({ order: 'asc' })).toEqual(numbers)
    expect(await find({})).toEqual([...numbers].reverse())
    expect(await find({ type: 't1', order: 'asc' })).toEqual(numbers.filter((i) => i % 2 === 1))
    expect(await find({ source_id: 'src_2', order: 'asc' })).toEqual([2, 5, 8, 11, 14, 17])
    expect(await find({ q: 'number 7.' })).toEqual([7])
    expect(await find({ q: 'number 8.' })).toEqual([8])
    const { data } = await ledger.api.events({ ...events, limit: 20, order: 'asc' })
    const [since, until] = [data[5]!.received_at, data[8]!.received_at]
    expect(await find({ since, until, order: 'asc' })).toEqual([5, 6, 7])
  })
})

describe('a list of rejections', () => {
  const kept: Omit<Rejection, 'id' | 'at'> = {
    source_id: 'src_1',
    refusal: { reason: 'signature_mismatch' },
    method: 'POST',
    headers: { a: 'b' },
    body_size: 3,
  }
  const query: RejectionQuery = { ...page, source_id: null }

  it.each(orders)('pages (%s), also from a cursor that has been purged', async (order) => {
    const ledger = await LedgerUnderTest.with()
    for (let i = 0; i < 20; i++) {
      expect(await ledger.api.reject(1, { ...kept, source_id: `src_${i % 2}` })).toBe('kept')
      vi.setSystemTime(Date.now() + 10)
    }
    const mine = await ledger.api.rejections({ ...query, order, source_id: 'src_1', limit: 50 })
    expect(mine.data).toHaveLength(10)
    const first = await ledger.api.rejections({ ...query, order })
    const cursor = first.next_cursor!
    expect(await ledger.api.rejection(cursor)).toMatchObject({ id: cursor, method: 'POST' })
    const second = await ledger.api.rejections({ ...query, order, after: cursor })
    await ledger.inside((_, { storage }) => {
      storage.sql.exec('DELETE FROM rejections WHERE id = ?', cursor)
    })
    expect(await ledger.api.rejections({ ...query, order, after: cursor })).toEqual(second)
  })

  it('never gives out a place twice, though the clock stand or be set back', async () => {
    const ledger = await LedgerUnderTest.with()
    for (const back of [0, 0, 5000]) {
      vi.setSystemTime(Date.now() - back)
      for (let i = 0; i < 5; i++) expect(await ledger.api.reject(1, kept)).toBe('kept')
      await ledger.evict()
    }
    const { data } = await ledger.api.rejections({ ...query, limit: 50 })
    expect(new Set(data.map(({ id }) => id)).size).toBe(15)
  })
})

describe('health', () => {
  it('tells what is held from what is in flight', async () => {
    const ledger = await LedgerUnderTest.with({ destinations: { dst_1: { concurrency: 2 } } })
    for (let i = 0; i < 5; i++) await ledger.accept()
    expect(await ledger.api.health('dst_1')).toMatchObject({
      in_flight: 2,
      held: 3,
      circuit: 'closed',
    })
    expect(await ledger.api.health('dst_nobody')).toMatchObject({ in_flight: 0, held: 0 })
  })
})
