import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { everyDeadLetter, failed, LedgerUnderTest, ok, refused, stopClock } from './a-ledger.ts'

beforeEach(() => stopClock())
afterEach(() => {
  vi.useRealTimers()
})

const day = 86_400_000
const inLane = { to: [{ lane: 'con_1:a' }] }
const blocking = { connections: { con_1: { on_dead: 'block' as const } } }

describe('settling', () => {
  it('is heard once, and only from the holder of the lease', async () => {
    const ledger = await LedgerUnderTest.with()
    const lease = await ledger.lease()
    expect(await ledger.settle({ ...lease, token: '1.9.x' })).toMatchObject({ heard: false })
    expect(await ledger.settle(lease)).toMatchObject({ heard: true, state: 'delivered' })
    expect(await ledger.settle(lease, failed)).toMatchObject({ heard: false, state: null })
  })

  it('too late changes nothing, and the interrupted attempt counts', async () => {
    const ledger = await LedgerUnderTest.with()
    const lease = await ledger.lease()
    const [again] = await ledger.claimed(26_000)
    expect(again).toMatchObject({ attempt: 2 })
    expect(await ledger.settle(lease)).toMatchObject({ heard: false })
    await ledger.settle(again!)
    const { state, attempts } = await ledger.delivery(lease.delivery_id)
    expect([state, attempts.map(({ number, status }) => [number, status])]).toEqual([
      'delivered',
      [
        [1, null],
        [2, 200],
      ],
    ])
  })

  it('ends a delivery for good: nothing of it is due any more', async () => {
    const ledger = await LedgerUnderTest.with()
    const lease = await ledger.lease()
    await ledger.settle(lease)
    expect(await ledger.claimed(60_000)).toEqual([])
    const { state, attempts } = await ledger.delivery(lease.delivery_id)
    expect([state, attempts.length]).toEqual(['delivered', 1])
    // Nothing but the end of what is kept.
    expect((await ledger.alarmAt())! - Date.now()).toBeGreaterThan(29 * day)
  })

  it('lets two failing deliveries of one destination keep their own times', async () => {
    const ledger = await LedgerUnderTest.with()
    const first = await ledger.lease()
    await ledger.settle(first, failed)
    await ledger.pass(2000)
    const second = await ledger.lease()
    await ledger.settle(second, failed)
    expect(await ledger.claimed(3200)).toMatchObject([{ delivery_id: first.delivery_id }])
    expect(await ledger.claimed(2000)).toMatchObject([{ delivery_id: second.delivery_id }])
  })

  it('buries after the last attempt, with a notice to be sent', async () => {
    const ledger = await LedgerUnderTest.with({
      destinations: { dst_1: { retry: { schedule_s: [1], jitter: 0 } } },
    })
    const lease = await ledger.lease()
    await ledger.settle(lease, failed)
    const [again] = await ledger.claimed(1200)
    expect(await ledger.settle(again!, failed)).toMatchObject({ state: 'dead' })
    expect(await ledger.api.dead(lease.delivery_id)).toMatchObject({
      cause: 'exhausted',
      attempt_count: 2,
    })
    await ledger.api.buried(lease.delivery_id)
    expect(await ledger.api.dead(lease.delivery_id)).toBeNull()
  })

  it('asks for no notice of a notice that died', async () => {
    const ledger = await LedgerUnderTest.with()
    const lease = await ledger.lease({ type: 'switchyard.delivery.dead' })
    await ledger.settle(lease, refused)
    expect(await ledger.api.dead(lease.delivery_id)).toBeNull()
    expect(await ledger.rows('SELECT * FROM work')).toEqual([])
  })
})

describe('a lane', () => {
  it('goes on behind its dead, where that was asked for', async () => {
    const ledger = await LedgerUnderTest.with()
    const first = await ledger.lease(inLane)
    const { event_id, leases } = await ledger.accept(inLane)
    expect(leases).toEqual([])
    await ledger.settle(first, refused)
    expect(await ledger.claimed()).toMatchObject([{ event_id, sequence: 2 }])
  })

  it('hands the next one to the carrier that has just settled', async () => {
    const ledger = await LedgerUnderTest.with()
    let lease = await ledger.lease(inLane)
    for (let i = 2; i <= 5; i++) await ledger.accept(inLane)
    for (let sequence = 1; sequence <= 5; sequence++) {
      expect(lease.sequence).toBe(sequence)
      const { jobs } = await ledger.settle(lease, ok, 60_000)
      lease = jobs[0]!
    }
  })

  it.each<[string, (ledger: LedgerUnderTest, dead: string) => Promise<unknown>]>([
    ['its dead head is canceled', (ledger, dead) => ledger.api.cancel(dead)],
    ['it need not block any more', (ledger) => ledger.configure({})],
  ])('that was blocked goes on when %s, and the dead stays dead', async (_, unblock) => {
    const ledger = await LedgerUnderTest.with(blocking)
    const first = await ledger.lease(inLane)
    const { event_id } = await ledger.accept(inLane)
    await ledger.settle(first, refused)
    expect(await ledger.claimed()).toEqual([])
    await unblock(ledger, first.delivery_id)
    expect(await ledger.claimed()).toMatchObject([{ event_id }])
    expect(await ledger.delivery(first.delivery_id)).toMatchObject({ state: 'dead' })
    expect(await ledger.api.dead(first.delivery_id)).not.toBeNull()
  })

  it('that was blocked takes the replay of its dead head first, and still owes the notice', async () => {
    const ledger = await LedgerUnderTest.with(blocking)
    const first = await ledger.lease(inLane)
    const { event_id } = await ledger.accept(inLane)
    await ledger.settle(first, refused)
    await ledger.api.replayDead('job_1', everyDeadLetter)
    await ledger.pass(10)
    expect(await ledger.api.job('job_1')).toMatchObject({ state: 'done', done: 1 })
    await ledger.evict()
    expect(await ledger.api.dead(first.delivery_id)).not.toBeNull()
    const [replay] = await ledger.claimed(45_000)
    expect(replay).toMatchObject({ event_id: first.event_id, sequence: 1, attempt: 1 })
    expect(await ledger.delivery(replay!.delivery_id)).toMatchObject({
      replay_of: first.delivery_id,
    })
    expect((await ledger.settle(replay!, ok, 60_000)).jobs).toMatchObject([{ event_id }])
    expect(await ledger.list({ unreplayed: true, state: 'dead' })).toEqual([])
  })
})

describe('a retry by hand', () => {
  it('sends at once, and the schedule goes on after it', async () => {
    const ledger = await LedgerUnderTest.with()
    const lease = await ledger.lease()
    await ledger.settle(lease, failed)
    expect(await ledger.api.retry(lease.delivery_id)).toEqual({ kind: 'done' })
    const [again] = await ledger.claimed()
    expect(again).toMatchObject({ attempt: 2, trigger: 'manual' })
    expect(await ledger.settle(again!, failed)).toMatchObject({ state: 'waiting' })
    expect(await ledger.claimed(5200)).toMatchObject([{ attempt: 3, trigger: 'retry' }])
  })

  it('of what was delivered leaves it delivered when it fails', async () => {
    const ledger = await LedgerUnderTest.with()
    const lease = await ledger.lease()
    await ledger.settle(lease)
    await ledger.api.retry(lease.delivery_id)
    const [again] = await ledger.claimed()
    expect(await ledger.settle(again!, failed)).toMatchObject({ state: 'delivered' })
    expect(await ledger.delivery(lease.delivery_id)).toMatchObject({
      state: 'delivered',
      attempts: [{ number: 1 }, { number: 2, trigger: 'manual', status: 503 }],
    })
  })

  it('is not possible in flight, after a cancel, or to a destination that is off or gone', async () => {
    const ledger = await LedgerUnderTest.with()
    const lease = await ledger.lease()
    const why = (reason: string) => ({ kind: 'not_possible', reason })
    expect(await ledger.api.retry(lease.delivery_id)).toEqual(why('in_flight'))
    await ledger.settle(lease, failed)
    await ledger.configure({ destinations: { dst_1: { enabled: false } } })
    expect(await ledger.api.retry(lease.delivery_id)).toEqual(why('destination_disabled'))
    await ledger.api.cancel(lease.delivery_id)
    expect(await ledger.api.retry(lease.delivery_id)).toEqual(why('canceled'))
    expect(await ledger.api.retry('dlv_nonsense')).toEqual({ kind: 'not_found' })
  })
})

describe('a cancel', () => {
  it('of what is in flight lets the attempt end, and no other follow', async () => {
    const ledger = await LedgerUnderTest.with()
    const lease = await ledger.lease()
    await ledger.api.cancel(lease.delivery_id)
    expect(await ledger.settle(lease, failed)).toMatchObject({ heard: true, state: 'canceled' })
    const sent = await ledger.lease()
    await ledger.api.cancel(sent.delivery_id)
    expect(await ledger.settle(sent, ok)).toMatchObject({ heard: true, state: 'delivered' })
    expect(await ledger.rows('SELECT * FROM work')).toEqual([])
  })

  it('of a pointer that is on its way gives its place back', async () => {
    const ledger = await LedgerUnderTest.with({ destinations: { dst_1: { concurrency: 1 } } })
    const { event_id } = await ledger.accept({}, 0)
    const [pointer] = await ledger.pass(150)
    const [waiting] = await ledger.list({ event_id })
    await ledger.api.cancel(waiting!.id)
    expect(await ledger.api.claim(pointer as never)).toEqual({ kind: 'gone' })
    expect(await ledger.api.health('dst_1')).toMatchObject({ in_flight: 0, held: 0 })
    expect((await ledger.accept()).leases).toHaveLength(1)
  })
})

describe('a configuration without a destination or a connection', () => {
  it.each([
    ['destination_deleted', { destinations: {} }],
    ['connection_deleted', { connections: {} }],
  ])('cancels what is owed to it: %s', async (cause, setup) => {
    const ledger = await LedgerUnderTest.with()
    const sending = await ledger.lease(inLane)
    const { event_id } = await ledger.accept(inLane)
    await ledger.configure(setup)
    expect(await ledger.list({ event_id })).toMatchObject([{ state: 'canceled', cause }])
    expect(await ledger.settle(sending, failed)).toMatchObject({ state: 'canceled' })
    expect(await ledger.delivery(sending.delivery_id)).toMatchObject({ cause })
    expect(await ledger.rows('SELECT * FROM work')).toEqual([])
  })
})

describe('a replay of dead letters', () => {
  it('takes those that fit and had died by then, in turns, and can be stopped', async () => {
    const ledger = await LedgerUnderTest.with()
    for (let i = 0; i < 150; i++) await ledger.settle(await ledger.lease(), refused)
    await ledger.settle(await ledger.lease({ type: 'other' }), refused)
    const late = await ledger.lease()
    await ledger.pass(1)
    const selection = { ...everyDeadLetter, event_type: 'order.paid' }
    expect(await ledger.api.replayDead('job_1', selection)).toMatchObject({ total: 150 })
    vi.setSystemTime(Date.now() + 1)
    await ledger.settle(late, refused)
    await ledger.pass(1)
    expect(await ledger.api.job('job_1')).toMatchObject({ state: 'running', done: 100 })
    await ledger.pass(2)
    expect(await ledger.api.job('job_1')).toMatchObject({ state: 'done', done: 150, failed: 0 })
    expect(await ledger.list({ state: 'dead', unreplayed: true })).toHaveLength(2)
    await ledger.api.replayDead('job_2', everyDeadLetter)
    expect(await ledger.api.cancelJob('job_2')).toMatchObject({ state: 'canceled' })
    await ledger.pass(10)
    expect(await ledger.list({ state: 'dead', unreplayed: true })).toHaveLength(2)
  })

  it('says of those whose destination is gone that they failed', async () => {
    const ledger = await LedgerUnderTest.with()
    await ledger.settle(await ledger.lease(), refused)
    await ledger.configure({ destinations: {} })
    await ledger.api.replayDead('job_1', everyDeadLetter)
    await ledger.pass(10)
    expect(await ledger.api.job('job_1')).toMatchObject({ state: 'done', done: 0, failed: 1 })
  })
})

describe('the end of what is kept', () => {
  const counted = ['events', 'bodies', 'attempts', 'ended', 'dedupe', 'lanes', 'rejections', 'jobs']
  const rows = async (ledger: LedgerUnderTest) => {
    const counts: Record<string, number> = {}
    for (const table of counted) {
      const [row] = await ledger.rows(`SELECT count(*) AS n FROM ${table}`)
      if (Number(row!['n']) > 0) counts[table] = Number(row!['n'])
    }
    return counts
  }

  it('leaves no row of what has ended', async () => {
    const ledger = await LedgerUnderTest.with({ retention_days: 1 })
    const lease = await ledger.lease({ ...inLane, key: 'k' })
    await ledger.settle(lease, failed)
    const [again] = await ledger.claimed(5200)
    await ledger.settle(again!, refused)
    await ledger.api.buried(lease.delivery_id)
    await ledger.offer({ to: [] }, new Uint8Array(100_000))
    await ledger.api.replayDead('job_1', { ...everyDeadLetter, event_type: 'none' })
    await ledger.api.reject(1, {
      source_id: 'src_1',
      refusal: { reason: 'signature_mismatch' },
      method: 'POST',
      headers: {},
      body_size: 1,
    })
    expect(Object.keys(await rows(ledger))).toEqual(counted)
    await ledger.pass(day + 3_610_000)
    expect(await rows(ledger)).toEqual({})
    expect(await ledger.offer({ key: 'k' })).toMatchObject({ kind: 'accepted' })
  })

  it('spares what somebody is still at: open, blocking, tried once more, or without its notice', async () => {
    const ledger = await LedgerUnderTest.with({
      destinations: { dst_1: {}, dst_2: { paused: true } },
      connections: { con_1: { on_dead: 'skip' }, con_2: { on_dead: 'block' } },
      retention_days: 1,
    })
    const open = await ledger.accept({ to: [{ destination: 'dst_2', lane: 'con_1:b' }] })
    const head = await ledger.lease({ to: [{ connection: 'con_2', lane: 'con_2:a' }] })
    await ledger.settle(head, refused)
    await ledger.api.buried(head.delivery_id)
    const unburied = await ledger.lease()
    await ledger.settle(unburied, refused)
    const again = await ledger.lease({ to: [{}] })
    await ledger.settle(again, ok)
    await ledger.api.retry(again.delivery_id)
    await ledger.evict()
    await ledger.api.health('dst_1')
    await ledger.settle(await ledger.lease(), ok)
    await ledger.pass(day + 3_610_000)
    const kept = (await ledger.rows('SELECT id FROM events ORDER BY seq')).map(({ id }) => id)
    expect(kept).toEqual([open.event_id, head.event_id, unburied.event_id, again.event_id])
    await ledger.evict()
    expect(await ledger.delivery(head.delivery_id)).toMatchObject({ state: 'dead' })
    const next = await ledger.accept({ to: [{ connection: 'con_2', lane: 'con_2:a' }] })
    expect(await ledger.list({ event_id: next.event_id })).toMatchObject([{ held_by: 'order' }])
    const after = await ledger.accept({ to: [{ destination: 'dst_2', lane: 'con_1:b' }] })
    expect(await ledger.list({ event_id: after.event_id })).toMatchObject([{ sequence: 2 }])
  })

  it('comes sooner when less is to be kept', async () => {
    const ledger = await LedgerUnderTest.with({ retention_days: 90 })
    await ledger.settle(await ledger.lease(), ok)
    await ledger.configure({ retention_days: 1 })
    expect(await ledger.alarmAt()).toBeLessThanOrEqual(Date.now() + day + 3_600_000)
    await ledger.pass(day + 3_610_000)
    expect(await rows(ledger)).toEqual({})
  })
})
