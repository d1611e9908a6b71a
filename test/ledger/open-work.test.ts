import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Lease } from '../../src/ledger/protocol.ts'
import { placeOfDelivery } from '../../src/model/event-id.ts'
import { anEvent, bytes, failed, LedgerUnderTest, ok, refused, stopClock } from './a-ledger.ts'

beforeEach(() => stopClock())
afterEach(() => {
  vi.useRealTimers()
})

const carrier = { capacity: 400, roomMs: 60_000 }
const setup = { destinations: { dst_1: { concurrency: 1000 }, dst_off: { paused: true } } }

/** Every open delivery has a row of its own, or its event lies after the mark and says itself that it is open. */
async function isSound(ledger: LedgerUnderTest): Promise<void> {
  const mark = await ledger.inside((_, { storage }) => storage.kv.get<number>('mark') ?? 0)
  const work = new Set(
    (await ledger.rows('SELECT seq, idx FROM work')).map(({ seq, idx }) => `${seq}/${idx}`),
  )
  const open = await ledger.rows(
    `SELECT seq, key AS idx FROM events, json_each(plan, '$.deliveries') WHERE value ->> '$.end' IS NULL`,
  )
  const lost = open.filter(({ seq, idx }) => Number(seq) <= mark && !work.has(`${seq}/${idx}`))
  expect(lost).toEqual([])
}

it.each([1, 2, 3])(
  'loses nothing open while the mark moves on (run %i)',
  async (seed) => {
    let state = seed
    const dice = (below: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      return Math.floor((state / 2 ** 32) * below)
    }
    const ledger = await LedgerUnderTest.with(setup)
    let leases: Lease[] = []
    const ended: string[] = []
    const marks = new Set<number>()
    for (let round = 0; round < 16; round++) {
      const events = Array.from({ length: 300 }, () => ({
        // Some are never sent: nothing but their event's row speaks of them when the mark comes by.
        event: anEvent({ to: [{ destination: dice(30) === 0 ? 'dst_off' : 'dst_1' }] }),
        body: bytes(''),
      }))
      const results = await ledger.api.acceptBatch(1, events, carrier)
      for (const result of results) if (result.kind === 'accepted') leases.push(...result.leases)
      const now = leases.filter(() => dice(20) > 0)
      leases = leases.filter((lease) => !now.includes(lease))
      await Promise.all(
        now.map(async (lease) => {
          const settled = await ledger.settle(lease, [ok, ok, ok, ok, refused, failed][dice(6)]!)
          if (settled.state === 'delivered' || settled.state === 'dead')
            ended.push(lease.delivery_id)
        }),
      )
      for (let i = 0; i < 5; i++) await ledger.api.retry(ended[dice(ended.length)]!)
      if (dice(4) === 0) {
        const before = (await ledger.list({ state: 'waiting' })).map(({ id }) => id)
        await ledger.evict()
        expect((await ledger.list({ state: 'waiting' })).map(({ id }) => id)).toEqual(before)
      }
      marks.add(await ledger.inside((_, { storage }) => storage.kv.get<number>('mark') ?? 0))
      await isSound(ledger)
    }
    expect(marks.size).toBeGreaterThan(1)
    const openOf = async () =>
      (await ledger.list()).filter(({ ended_at }) => ended_at === null).map(({ id }) => id)
    const open = await openOf()
    await ledger.evict()
    expect(await openOf()).toEqual(open)
  },
  60_000,
)

it('keeps one more attempt at what had ended apart from its first life when the mark passes it', async () => {
  const ledger = await LedgerUnderTest.with(setup)
  const lease = await ledger.lease()
  await ledger.settle(lease, refused)
  await ledger.api.buried(lease.delivery_id)
  await ledger.api.retry(lease.delivery_id)
  const { seq } = placeOfDelivery(lease.delivery_id)!
  for (let round = 0; round < 6; round++) {
    const events = Array.from({ length: 300 }, () => ({
      event: anEvent({ to: [] }),
      body: bytes(''),
    }))
    await ledger.api.acceptBatch(1, events, { capacity: 0, roomMs: 0 })
  }
  const mark = await ledger.inside((_, { storage }) => storage.kv.get<number>('mark') ?? 0)
  expect(mark).toBeGreaterThanOrEqual(seq)
  const [again] = await ledger.recover()
  expect(again).toMatchObject({ delivery_id: lease.delivery_id, attempt: 2, trigger: 'manual' })
  // It had been dead, and is: no schedule begins anew.
  expect(await ledger.settle(again!, failed)).toMatchObject({ state: 'dead' })
})

it('costs a waking no more than what is open, however long the history', async () => {
  const ledger = await LedgerUnderTest.with(setup)
  for (let round = 0; round < 8; round++) {
    const events = Array.from({ length: 300 }, () => ({ event: anEvent(), body: bytes('') }))
    const results = await ledger.api.acceptBatch(1, events, carrier)
    const leases = results.flatMap((result) => (result.kind === 'accepted' ? result.leases : []))
    await Promise.all(leases.map((lease) => ledger.settle(lease)))
  }
  const [after] = await ledger.inside((_, { storage }) =>
    storage.sql
      .exec('SELECT count(*) AS n FROM events WHERE seq > ?', storage.kv.get<number>('mark') ?? 0)
      .toArray(),
  )
  expect(Number(after!['n'])).toBeLessThanOrEqual(1500)
})
