import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Pointer } from '../../src/ledger/protocol.ts'
import {
  everyDeadLetter,
  failed,
  gone,
  LedgerUnderTest,
  ok,
  refused,
  stopClock,
} from './a-ledger.ts'

beforeEach(() => stopClock())
afterEach(() => {
  vi.useRealTimers()
})

const blocking = { con_1: { on_dead: 'block' as const } }
const inLane = { to: [{ lane: 'con_1:a' }] }
const noRetry = { retry: { schedule_s: [], jitter: 0 } }

const buried = (pointers: Pointer[]): string[] =>
  pointers.flatMap((pointer) => (pointer.kind === 'bury' ? [pointer.delivery_id] : []))

describe('a ledger that wakes', () => {
  it('gives what nobody had taken to a queue', async () => {
    const ledger = await LedgerUnderTest.with()
    const { leases } = await ledger.accept({}, 0)
    expect(leases).toEqual([])
    expect(await ledger.recover()).toMatchObject([{ attempt: 1, trigger: 'first' }])
  })

  it('hears the sender of before, and nobody else meanwhile', async () => {
    const ledger = await LedgerUnderTest.with()
    const lease = await ledger.lease()
    await ledger.evict()
    expect(await ledger.claimed()).toEqual([])
    expect(await ledger.delivery(lease.delivery_id)).toMatchObject({ state: 'sending' })
    expect(await ledger.api.health('dst_1')).toMatchObject({ in_flight: 1, held: 0 })
    expect(await ledger.settle(lease)).toMatchObject({ heard: true, state: 'delivered' })
    expect(await ledger.api.health('dst_1')).toMatchObject({ in_flight: 0, held: 0 })
    expect(await ledger.settle(lease)).toMatchObject({ heard: false })
  })

  it('sends again when the sender of before cannot be alive, and does not hear it then', async () => {
    const ledger = await LedgerUnderTest.with()
    const lease = await ledger.lease()
    const [again] = await ledger.recover()
    expect(again).toMatchObject({ delivery_id: lease.delivery_id, attempt: 1 })
    expect(await ledger.settle(lease)).toMatchObject({ heard: false })
    expect(await ledger.settle(again!)).toMatchObject({ heard: true, state: 'delivered' })
  })

  it('takes the pointer of before, once', async () => {
    const ledger = await LedgerUnderTest.with()
    await ledger.accept({}, 0)
    const [pointer] = await ledger.pass(150)
    if (pointer?.kind !== 'deliver') throw new Error('no pointer')
    await ledger.evict()
    expect(await ledger.api.claim(pointer)).toMatchObject({ kind: 'granted' })
    expect(await ledger.api.claim(pointer)).toEqual({ kind: 'gone' })
    expect(await ledger.api.health('dst_1')).toMatchObject({ in_flight: 1 })
  })

  it('has no alarm to wait for after an event that came alone, and one again for the next', async () => {
    const day = 86_400_000
    const ledger = await LedgerUnderTest.with()
    await ledger.pass(3_600_000)
    await ledger.settle(await ledger.lease())
    expect((await ledger.alarmAt())! - Date.now()).toBeGreaterThan(29 * day)
    await ledger.evict()
    const { delivery_id } = await ledger.lease()
    expect((await ledger.alarmAt())! - Date.now()).toBeLessThan(60_000)
    expect(await ledger.recover()).toMatchObject([{ delivery_id }])
  })

  it('keeps the time of a retry and the number of its attempt', async () => {
    const ledger = await LedgerUnderTest.with()
    const lease = await ledger.lease()
    await ledger.settle(lease, failed)
    const { next_attempt_at } = await ledger.delivery(lease.delivery_id)
    await ledger.evict()
    expect(await ledger.delivery(lease.delivery_id)).toMatchObject({
      state: 'waiting',
      next_attempt_at,
      attempt_count: 1,
      last_status: 503,
    })
    expect(await ledger.alarmAt()).toBeLessThanOrEqual(next_attempt_at!)
    expect(await ledger.claimed(5200)).toMatchObject([{ attempt: 2, trigger: 'retry' }])
  })

  it.each([
    ['that died of it', (_ledger: LedgerUnderTest, _id: string) => undefined],
    ['that was canceled meanwhile', (ledger: LedgerUnderTest, id: string) => ledger.api.cancel(id)],
  ])('still owes a destination its end after a 410 to a delivery %s', async (_which, before) => {
    const ledger = await LedgerUnderTest.with()
    const lease = await ledger.lease()
    await before(ledger, lease.delivery_id)
    await ledger.settle(lease, gone)
    await ledger.evict()
    expect(await ledger.api.dead(lease.delivery_id)).toMatchObject({ disables: true })
    expect(buried(await ledger.pass(31_000))).toContain(lease.delivery_id)
  })

  it('asks again for the burial of a dead delivery until it is buried', async () => {
    const ledger = await LedgerUnderTest.with()
    const other = await ledger.lease()
    await ledger.settle(other, refused)
    await ledger.evict()
    expect(await ledger.api.dead(other.delivery_id)).toMatchObject({ state: 'dead' })
    expect(buried(await ledger.pass(31_000))).toContain(other.delivery_id)
    await ledger.evict()
    await ledger.api.buried(other.delivery_id)
    await ledger.evict()
    expect(await ledger.api.dead(other.delivery_id)).toBeNull()
    expect(await ledger.rows(`SELECT * FROM work WHERE data LIKE '%"bury":true%'`)).toEqual([])
  })

  it('keeps a lane blocked by its dead head', async () => {
    const ledger = await LedgerUnderTest.with({ connections: blocking })
    const first = await ledger.lease(inLane)
    const { event_id } = await ledger.accept(inLane)
    await ledger.settle(first, refused)
    expect(await ledger.recover()).toEqual([])
    const [next] = await ledger.list({ event_id })
    expect(next).toMatchObject({ state: 'held', held_by: 'order' })
    expect(await ledger.api.retry(first.delivery_id)).toEqual({ kind: 'done' })
    const [again] = await ledger.claimed()
    expect(again).toMatchObject({ delivery_id: first.delivery_id, attempt: 2, trigger: 'manual' })
    await ledger.settle(again!)
    expect(await ledger.claimed()).toMatchObject([{ event_id }])
  })

  it('goes on with one more attempt at a dead delivery, and still owes its notice', async () => {
    const ledger = await LedgerUnderTest.with()
    const lease = await ledger.lease()
    await ledger.settle(lease, refused)
    expect(await ledger.api.retry(lease.delivery_id)).toEqual({ kind: 'done' })
    await ledger.evict()
    expect(await ledger.api.dead(lease.delivery_id)).not.toBeNull()
    const [again] = await ledger.claimed(45_000)
    expect(again).toMatchObject({ attempt: 2, trigger: 'manual' })
    expect(await ledger.settle(again!, failed)).toMatchObject({ heard: true, state: 'dead' })
    await ledger.evict()
    expect(await ledger.api.dead(lease.delivery_id)).toMatchObject({ attempt_count: 2 })
    await ledger.api.buried(lease.delivery_id)
    expect(await ledger.rows('SELECT * FROM work')).toEqual([])
  })

  it('owes no notice of a death that one more attempt has undone', async () => {
    const ledger = await LedgerUnderTest.with()
    const lease = await ledger.lease()
    await ledger.settle(lease, refused)
    await ledger.api.retry(lease.delivery_id)
    const [again] = await ledger.claimed()
    expect(await ledger.settle(again!)).toMatchObject({ state: 'delivered' })
    expect(await ledger.api.dead(lease.delivery_id)).toBeNull()
    expect(await ledger.rows('SELECT * FROM work')).toEqual([])
    expect(await ledger.rows('SELECT * FROM ended')).toEqual([])
  })

  it('cancels what was asked to be canceled while it was being sent', async () => {
    const ledger = await LedgerUnderTest.with()
    const lease = await ledger.lease()
    expect(await ledger.api.cancel(lease.delivery_id)).toEqual({ kind: 'done' })
    expect(await ledger.recover()).toEqual([])
    expect(await ledger.delivery(lease.delivery_id)).toMatchObject({
      state: 'canceled',
      cause: 'canceled',
    })
  })

  it('ends what was being sent to a destination that has been deleted', async () => {
    const ledger = await LedgerUnderTest.with()
    const lease = await ledger.lease()
    await ledger.configure({ destinations: {} })
    await ledger.evict()
    expect(await ledger.delivery(lease.delivery_id)).toMatchObject({
      state: 'canceled',
      cause: 'destination_deleted',
    })
    expect(await ledger.rows('SELECT * FROM work')).toEqual([])
  })

  it('goes on with a replay that was running', async () => {
    const ledger = await LedgerUnderTest.with({ destinations: { dst_1: noRetry } })
    for (let i = 0; i < 3; i++) await ledger.settle(await ledger.lease(), failed)
    expect(await ledger.api.replayDead('job_1', everyDeadLetter)).toMatchObject({
      state: 'running',
      total: 3,
    })
    await ledger.evict()
    expect(await ledger.api.job('job_1')).toMatchObject({ state: 'running', done: 0 })
    await ledger.pass(10)
    expect(await ledger.api.job('job_1')).toMatchObject({ state: 'done', done: 3, failed: 0 })
    expect(await ledger.recover()).toHaveLength(3)
  })

  it('keeps an open circuit open', async () => {
    const circuit = { failures: 2, probe_s: 600 }
    const ledger = await LedgerUnderTest.with({ destinations: { dst_1: { circuit } } })
    for (let i = 0; i < 2; i++) await ledger.settle(await ledger.lease(), failed)
    await ledger.evict()
    expect(await ledger.api.health('dst_1')).toMatchObject({
      circuit: 'open',
      consecutive_failures: 2,
    })
    expect((await ledger.accept()).leases).toEqual([])
    const [probe, ...others] = await ledger.claimed(600_200)
    expect(others).toEqual([])
    await ledger.settle(probe!, ok)
    await ledger.evict()
    expect(await ledger.api.health('dst_1')).toMatchObject({ circuit: 'closed' })
  })

  it('keeps a slow rate', async () => {
    const rate_limit = { limit: 10, per: 'hour' as const }
    const ledger = await LedgerUnderTest.with({ destinations: { dst_1: { rate_limit } } })
    await ledger.settle(await ledger.lease())
    await ledger.evict()
    const { event_id, leases } = await ledger.accept()
    expect(leases).toEqual([])
    expect(await ledger.list({ event_id })).toMatchObject([{ held_by: 'rate' }])
    expect(await ledger.claimed(360_000)).toMatchObject([{ event_id }])
  })

  it('numbers a lane on without a gap', async () => {
    const ledger = await LedgerUnderTest.with()
    await ledger.accept(inLane)
    await ledger.evict()
    const { event_id } = await ledger.accept(inLane)
    expect(await ledger.list({ event_id })).toMatchObject([{ sequence: 2 }])
  })

  it('puts a replay of the dead head before what waits, wherever the lane stands', async () => {
    const ledger = await LedgerUnderTest.with({
      destinations: { dst_1: noRetry },
      connections: { con_1: { on_dead: 'skip' } },
    })
    const first = await ledger.lease(inLane)
    await ledger.settle(first, failed)
    await ledger.configure({ destinations: { dst_1: noRetry }, connections: blocking })
    const second = await ledger.lease(inLane)
    const third = await ledger.accept(inLane)
    await ledger.settle(second, failed)
    // The first one's replay stands behind the third, and before the second once the ledger has woken.
    await ledger.api.replayDead('job_1', everyDeadLetter)
    await ledger.pass(10)
    const order: string[] = []
    for (let jobs = await ledger.recover(); jobs.length > 0; jobs = await ledger.claimed()) {
      expect(jobs).toHaveLength(1)
      order.push(jobs[0]!.event_id)
      await ledger.settle(jobs[0]!)
    }
    expect(order).toEqual([first.event_id, second.event_id, third.event_id])
  })

  it('gives back large bodies byte for byte', async () => {
    const ledger = await LedgerUnderTest.with()
    const sizes = [0, 1, 16_384, 16_385, 1_900_000, 1_900_001, 10_485_760]
    for (const size of sizes) {
      const body = new Uint8Array(size).map((_, i) => (i * 31 + (i >> 9)) & 255)
      const result = await ledger.offer({}, body, 0)
      if (result.kind !== 'accepted') throw new Error(result.kind)
      await ledger.evict()
      const stored = await ledger.api.payload(result.event_id)
      expect(stored?.body.byteLength).toBe(size)
      expect(Buffer.compare(stored!.body, body)).toBe(0)
    }
  })
})
