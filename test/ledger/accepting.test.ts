import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { anEvent, bytes, failed, LedgerUnderTest, stopClock, text } from './a-ledger.ts'

beforeEach(() => stopClock())
afterEach(() => {
  vi.useRealTimers()
})

const day = 86_400_000
const failureOf = (call: Promise<unknown>): Promise<string | null> =>
  call.then(
    () => null,
    (error: unknown) => String(error),
  )

const carrier = { capacity: 6, roomMs: 60_000 }

describe('accepting', () => {
  it('makes one event of 50 posts with one key at once', async () => {
    const ledger = await LedgerUnderTest.with()
    const results = await Promise.all(
      Array.from({ length: 50 }, () => ledger.offer({ key: 'k', hash: 'same' })),
    )
    const kinds = results.map(({ kind }) => kind).sort()
    expect(kinds).toEqual(['accepted', ...Array.from({ length: 49 }, () => 'duplicate')])
    const ids = new Set(
      results.map((result) =>
        result.kind === 'accepted'
          ? result.event_id
          : result.kind === 'duplicate'
            ? result.event_id
            : result.kind,
      ),
    )
    expect(ids.size).toBe(1)
    expect(await ledger.api.event([...ids][0]!)).toMatchObject({ duplicates: 49 })
    expect(await ledger.list()).toHaveLength(1)
  })

  it.each<[string, string | null, string | null, string]>([
    ['the same content', 'h', 'h', 'duplicate'],
    ['another content', 'h', 'i', 'conflict'],
    ['a content that was not said', 'h', null, 'duplicate'],
  ])('answers a key seen with %s', async (_, first, second, kind) => {
    const ledger = await LedgerUnderTest.with()
    const { event_id } = await ledger.accept({ key: 'k', hash: first })
    await ledger.evict()
    expect(await ledger.offer({ key: 'k', hash: second })).toEqual({ kind, event_id })
  })

  it('takes a key anew when its window is over, and then knows the newer one', async () => {
    const ledger = await LedgerUnderTest.with()
    const first = await ledger.accept({ key: 'k', window_ms: 1000 })
    await ledger.pass(999)
    expect(await ledger.offer({ key: 'k', window_ms: 1000 })).toMatchObject({ kind: 'duplicate' })
    await ledger.pass(1)
    const second = await ledger.accept({ key: 'k', window_ms: 1000 })
    expect(second.event_id).not.toBe(first.event_id)
    expect(await ledger.offer({ key: 'k', window_ms: 1000 })).toEqual({
      kind: 'duplicate',
      event_id: second.event_id,
    })
  })

  it('takes no more than the limit, and says when it does again', async () => {
    const ledger = await LedgerUnderTest.with({ ingest_per_s: 5 })
    const results = await Promise.all(Array.from({ length: 8 }, () => ledger.offer()))
    const limited = results.filter(({ kind }) => kind === 'limited')
    expect(limited).toHaveLength(3)
    expect(limited[0]).toMatchObject({ retry_after_ms: 200 })
    await ledger.pass(200)
    expect(await ledger.offer()).toMatchObject({ kind: 'accepted' })
  })

  it('lets a repeat cost nothing of the limit', async () => {
    const ledger = await LedgerUnderTest.with({ ingest_per_s: 1 })
    await ledger.accept({ key: 'k' })
    expect(await ledger.offer({ key: 'k' })).toMatchObject({ kind: 'duplicate' })
  })

  it.each([
    [-1, 'stale'],
    [1, 'behind'],
  ])('with a configuration %i away is %s, and keeps nothing', async (away, kind) => {
    const ledger = await LedgerUnderTest.with()
    const version = ledger.version + away
    const rejection = {
      source_id: 'src_1',
      refusal: { reason: 'signature_mismatch' as const },
      method: 'POST',
      headers: {},
      body_size: 0,
    }
    expect(await ledger.api.accept(version, anEvent(), bytes(''), carrier)).toEqual({ kind })
    const batch = [{ event: anEvent(), body: bytes('') }]
    expect(await ledger.api.acceptBatch(version, batch, carrier)).toEqual([{ kind }])
    expect(await ledger.api.reject(version, rejection)).toBe(kind)
    expect(await ledger.rows('SELECT seq FROM events UNION SELECT seq FROM rejections')).toEqual([])
  })

  it('does not go back to an older configuration', async () => {
    const ledger = await LedgerUnderTest.with({ destinations: { dst_1: { paused: true } } })
    ledger.version = 0
    await ledger.configure({})
    expect((await ledger.accept()).leases).toEqual([])
  })

  it('grants no more of a batch than its carrier can send', async () => {
    const ledger = await LedgerUnderTest.with()
    const events = Array.from({ length: 10 }, () => ({ event: anEvent(), body: bytes('{}') }))
    const results = await ledger.api.acceptBatch(1, events, carrier)
    const leases = results.flatMap((result) => (result.kind === 'accepted' ? result.leases : []))
    expect(leases).toHaveLength(6)
    expect(await ledger.claimed()).toHaveLength(4)
  })

  it('hands work that waited to whoever comes by, with its bytes', async () => {
    const ledger = await LedgerUnderTest.with()
    const first = await ledger.offer({}, bytes('first'), 0)
    const { leases, jobs } = await ledger.accept({}, 2)
    expect(leases).toHaveLength(1)
    expect(jobs).toHaveLength(1)
    expect(first.kind === 'accepted' && jobs[0]!.event_id === first.event_id).toBe(true)
    expect(text(jobs[0]!.body)).toBe('first')
  })
})

describe('shared commits', () => {
  /** A row that SQLite refuses. */
  const broken = () => Object.assign(anEvent(), { head: null })

  it('do not let one that cannot be done spoil the others', async () => {
    const ledger = await LedgerUnderTest.with()
    const waiting = await ledger.lease()
    const told: string[] = []
    const accepting = async () => {
      const { event_id } = await ledger.accept()
      told.push(event_id)
    }
    const results = await Promise.allSettled([
      accepting(),
      ledger.settle(waiting),
      ledger.api.accept(ledger.version, broken(), bytes(''), carrier),
      accepting(),
    ])
    expect(results.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
    ])
    expect(results[1]).toMatchObject({ value: { heard: true, state: 'delivered' } })
    const stored = (await ledger.rows('SELECT id FROM events ORDER BY seq')).map(({ id }) => id)
    expect(stored).toEqual([waiting.event_id, ...told.sort()])
    expect(await ledger.list({ state: 'delivered' })).toHaveLength(1)
  })

  it('leave nothing of a batch of which one part cannot be done', async () => {
    const ledger = await LedgerUnderTest.with()
    const lane = { to: [{ lane: 'con_1:a' }] }
    const batch = [anEvent(lane), broken()].map((event) => ({ event, body: bytes('') }))
    expect(await failureOf(ledger.api.acceptBatch(1, batch, carrier))).toMatch(/NOT NULL/)
    expect(await ledger.rows('SELECT seq FROM events')).toEqual([])
    const { event_id } = await ledger.accept(lane)
    expect(await ledger.list()).toMatchObject([{ event_id, sequence: 1 }])
  })

  it('keep the leases that were out, and the alarm', async () => {
    const ledger = await LedgerUnderTest.with()
    const lease = await ledger.lease()
    expect(await failureOf(ledger.api.accept(1, broken(), bytes(''), carrier))).not.toBeNull()
    expect(await ledger.api.health('dst_1')).toMatchObject({ in_flight: 1 })
    expect(await ledger.alarmAt()).not.toBeNull()
    expect(await ledger.settle(lease, failed)).toMatchObject({ heard: true, state: 'waiting' })
    expect(await ledger.claimed(5200)).toMatchObject([{ attempt: 2 }])
  })
})

describe('erasing', () => {
  it('leaves nothing, and takes nothing again', async () => {
    const ledger = await LedgerUnderTest.with()
    await ledger.accept({ key: 'k' })
    await ledger.api.saveToken('dst_1', {
      sealed: 'sealed',
      fingerprint: 'print',
      expires_at: Date.now() + day,
      lasting: false,
    })
    await ledger.api.erase()
    expect(await ledger.alarmAt()).toBeNull()
    expect(await ledger.offer({ key: 'k' })).toEqual({ kind: 'stale' })
    await ledger.configure({})
    expect(await ledger.offer({ key: 'k' })).toEqual({ kind: 'stale' })
    await ledger.api.saveToken('dst_1', {
      sealed: 'sealed',
      fingerprint: 'print',
      expires_at: Date.now() + day,
      lasting: false,
    })
    await ledger.evict()
    expect(await ledger.offer()).toEqual({ kind: 'stale' })
    expect(await ledger.list()).toEqual([])
    const kept = await ledger.inside((_, { storage }) => [...storage.kv.list()].map(([key]) => key))
    expect(kept.sort()).toEqual(['erased', 'schema'])
  })
})

describe('the tables of a ledger that has been used', () => {
  it('are taken as they are', async () => {
    const ledger = await LedgerUnderTest.with()
    const { event_id } = await ledger.accept()
    await ledger.evict()
    await ledger.inside((_, { storage }) => {
      expect(storage.kv.get('schema')).toBe(1)
    })
    expect(await ledger.api.event(event_id)).toMatchObject({ id: event_id })
  })
})
