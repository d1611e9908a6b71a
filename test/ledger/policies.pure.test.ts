import { describe, expect, it } from 'vitest'
import { burstOf, reserve, spacingMs } from '../../src/ledger/bucket.ts'
import { afterAttempt, closedCircuit } from '../../src/ledger/circuit.ts'
import { admit, type GateState } from '../../src/ledger/gate.ts'
import { leaseToken, longestLeaseMs, readToken } from '../../src/ledger/lease.ts'
import { decide, delayMs, retriesStatus } from '../../src/ledger/retry.ts'
import { leasesMayLive } from '../../src/ledger/waking.ts'
import {
  Circuit,
  type DestinationPolicy,
  type RateLimit,
  Retry,
} from '../../src/model/destination.ts'
import type { Outcome } from '../../src/model/outcome.ts'

describe('a rate', () => {
  it.each<[RateLimit, number, number]>([
    [{ limit: 5, per: 'second' }, 200, 1],
    [{ limit: 100, per: 'second' }, 10, 10],
    [{ limit: 1, per: 'minute' }, 60_000, 1],
    [{ limit: 10, per: 'hour' }, 360_000, 1],
  ])('of %o is a send each %i ms and a burst of %i', (rate, spacing, burst) => {
    expect([spacingMs(rate), burstOf(rate)]).toEqual([spacing, burst])
  })

  it.each<[string, RateLimit]>([
    ['5 a second', { limit: 5, per: 'second' }],
    ['100 a second', { limit: 100, per: 'second' }],
    ['90 a minute', { limit: 90, per: 'minute' }],
  ])('lets no window of %s see more than its share and one burst', (_, rate) => {
    const [spacing, burst] = [spacingMs(rate), burstOf(rate)]
    const window = spacing * rate.limit
    const sent: number[] = []
    for (let tat = 0, i = 0; i < rate.limit * 4; i++) {
      const reserved = reserve(spacing, burst, tat, 5_000_000)
      tat = reserved.tat
      sent.push(reserved.at)
    }
    const most = Math.max(
      ...sent.map((from) => sent.filter((at) => at >= from && at < from + window - 1e-3).length),
    )
    expect(most).toBeLessThanOrEqual(rate.limit + burst - 1)
    expect(sent.at(-1)! - sent[0]!).toBeLessThanOrEqual(spacing * (rate.limit * 4 - 1))
  })

  it('gives its burst back after a pause', () => {
    const first = reserve(100, 3, 0, 1000)
    expect(first).toEqual({ at: 1000, tat: 1100 })
    expect(reserve(100, 3, first.tat, 50_000).at).toBe(50_000)
  })
})

describe('a circuit', () => {
  const policy = { failures: 3, probe_s: 10 }

  it('opens with the failure that is one too many, and has a time for its probe', () => {
    let state = closedCircuit
    const openUntil: number[] = []
    for (let i = 0; i < 4; i++) {
      state = afterAttempt(state, policy, false, 1000 * i)
      openUntil.push(state.openUntil)
    }
    expect(openUntil).toEqual([0, 0, 12_000, 13_000])
  })

  it('opens anew when its probe fails, and closes when it succeeds', () => {
    const probing = { failures: 3, openUntil: 5000, probing: true }
    expect(afterAttempt(probing, policy, false, 6000)).toMatchObject({
      failures: 4,
      openUntil: 16_000,
    })
    expect(afterAttempt(probing, policy, true, 6000)).toEqual(closedCircuit)
  })

  it('leaves the probe on its way when an attempt of before the opening fails', () => {
    const probing = { failures: 3, openUntil: 5000, probing: true }
    expect(afterAttempt(probing, policy, false, 6000).probing).toBe(true)
  })

  it('counts but never opens where none is asked for', () => {
    expect(afterAttempt({ ...closedCircuit, failures: 99 }, null, false, 0)).toEqual({
      failures: 100,
      openUntil: 0,
      probing: false,
    })
  })

  it.each([0, 1001])('of %i failures is no policy', (failures) => {
    expect(Circuit.safeParse({ failures, probe_s: 1 }).success).toBe(false)
  })
})

describe('the waits between attempts', () => {
  const schedule: Retry = { schedule_s: [5, 300], jitter: 0 }
  const growing: Retry = { base_s: 2, factor: 3, max_s: 20, attempts: 5, jitter: 0 }

  it.each<[string, Retry, (number | null)[]]>([
    ['a schedule', schedule, [5000, 300_000, null]],
    ['no retry at all', { schedule_s: [], jitter: 0 }, [null]],
    ['base × factor up to a maximum', growing, [2000, 6000, 18_000, 20_000, null]],
  ])('follow %s', (_, retry, waits) => {
    expect(waits.map((_, i) => delayMs(retry, i + 1))).toEqual(waits)
  })

  it('end after 50 attempts at the latest, and stay finite', () => {
    const most = Retry.parse({ base_s: 1, factor: 10, max_s: 604_800, attempts: 50 })
    const waits = Array.from({ length: 60 }, (_, i) => delayMs(most, i + 1))
    expect(waits.filter((wait) => wait !== null)).toHaveLength(49)
    expect(waits.every((wait) => wait === null || wait <= 604_800_000)).toBe(true)
    expect(Retry.safeParse({ ...most, attempts: 51 }).success).toBe(false)
    const longest = Retry.parse({ schedule_s: Array.from({ length: 50 }, () => 1) })
    expect([delayMs(longest, 50), delayMs(longest, 51)]).toEqual([1000, null])
  })

  it.each<[string[], number, boolean]>([
    [['503'], 503, true],
    [['503'], 500, false],
    [['500-599'], 599, true],
    [['500-599'], 600, false],
    [['>=500', '!501'], 501, false],
    [['!501', '>=500'], 501, true],
    [['!400-499'], 500, true],
    [['!400-499'], 404, false],
    [['<300'], 300, false],
    [['<=300'], 300, true],
    [['>300'], 300, false],
    [[], 500, false],
  ])('%j of a status %i: %s', (expressions, status, retried) => {
    expect(retriesStatus(expressions, status)).toBe(retried)
  })

  const failure: Outcome = { kind: 'failed', cause: 'status' }
  const now = 1_000_000
  const jittered: Retry = { schedule_s: [10], jitter: 0.2 }

  it.each<[string, Outcome, number | null, number, string[] | null, number, object]>([
    ['a delivery is settled', { kind: 'delivered' }, 200, 1, null, 0, { do: 'settle' }],
    [
      'a refusal is buried',
      { kind: 'refused', cause: 'gone' },
      410,
      1,
      null,
      0,
      { do: 'bury', cause: 'gone' },
    ],
    ['a failure waits', failure, 500, 1, null, 0, { do: 'retry', at: now + 10_000 }],
    ['the dice shorten', failure, 500, 1, null, -1, { do: 'retry', at: now + 8000 }],
    ['the dice lengthen', failure, 500, 1, null, 1, { do: 'retry', at: now + 12_000 }],
    ['the last failure', failure, 500, 2, null, 0, { do: 'bury', cause: 'exhausted' }],
    ['a status not to retry', failure, 400, 1, ['5'], 0, { do: 'bury', cause: 'status' }],
    [
      'no status, whatever is to be retried',
      { kind: 'failed', cause: 'timeout' },
      null,
      1,
      ['503'],
      0,
      { do: 'retry', at: now + 10_000 },
    ],
    [
      'Retry-After as a lower bound',
      { ...failure, retry_after_ms: 60_000 },
      429,
      1,
      null,
      0,
      { do: 'retry', at: now + 60_000 },
    ],
    [
      'a Retry-After that is shorter than the wait',
      { ...failure, retry_after_ms: 1000 },
      429,
      1,
      null,
      0,
      { do: 'retry', at: now + 10_000 },
    ],
    [
      'a Retry-After of a month',
      { ...failure, retry_after_ms: 2_592_000_000 },
      429,
      1,
      null,
      0,
      { do: 'retry', at: now + 86_400_000 },
    ],
  ])('decide: %s', (_, outcome, status, attempt, retry_on, dice, decision) => {
    const policy = { retry: jittered, retry_on }
    expect(decide(outcome, status, attempt, policy, now, dice)).toEqual(decision)
  })
})

describe('the gates', () => {
  const policy: DestinationPolicy = {
    enabled: true,
    paused: false,
    rate_limit: null,
    concurrency: 2,
    timeout_ms: 1000,
    retry: { schedule_s: [], jitter: 0 },
    retry_on: null,
    circuit: { failures: 1, probe_s: 1 },
  }
  const now = 100_000
  const open = { failures: 1, openUntil: now + 1, probing: false }
  const rate_limit: RateLimit = { limit: 10, per: 'second' }

  const stateOf = (
    change: Partial<DestinationPolicy>,
    rest: Partial<GateState> = {},
  ): GateState => ({
    policy: { ...policy, ...change },
    circuit: closedCircuit,
    tat: 0,
    inFlight: 0,
    ...rest,
  })

  it.each<[string, GateState, object]>([
    ['nothing', stateOf({}), { go: true, waitMs: 0 }],
    [
      'disabled, before all others',
      stateOf({ enabled: false, paused: true }, { circuit: open, inFlight: 9 }),
      { go: false, hold: 'disabled', until: null },
    ],
    [
      'paused',
      stateOf({ paused: true }, { circuit: open }),
      { go: false, hold: 'paused', until: null },
    ],
    [
      'an open circuit, until its probe',
      stateOf({}, { circuit: open, inFlight: 9 }),
      { go: false, hold: 'circuit', until: now + 1 },
    ],
    [
      'a probe on its way',
      stateOf({}, { circuit: { ...open, openUntil: now, probing: true } }),
      { go: false, hold: 'circuit', until: null },
    ],
    [
      'a circuit whose probe is due',
      stateOf({}, { circuit: { ...open, openUntil: now } }),
      { go: true },
    ],
    [
      'a rate far ahead, before concurrency',
      stateOf({ rate_limit }, { tat: now + 5000, inFlight: 2 }),
      { go: false, hold: 'rate', until: now + 4500 },
    ],
    [
      'a rate that is near',
      stateOf({ rate_limit }, { tat: now + 300 }),
      { go: true, waitMs: 300, tat: now + 400 },
    ],
    ['a full house', stateOf({}, { inFlight: 2 }), { go: false, hold: 'concurrency', until: null }],
    [
      'a full house under a rate',
      stateOf({ rate_limit }, { inFlight: 2 }),
      { go: false, hold: 'concurrency', until: null },
    ],
  ])('say of %s', (_, state, admission) => {
    expect(admit(state, now)).toMatchObject(admission)
  })

  it('open by themselves at the time that they name', () => {
    const held = stateOf({ rate_limit }, { tat: now + 5000 })
    const admission = admit(held, now)
    if (admission.go || admission.until === null) throw new Error('not held')
    expect(admit(held, admission.until).go).toBe(true)
  })
})

describe('a lease', () => {
  it('says of itself which attempt it is for and until when', () => {
    expect(readToken(leaseToken(3, 1_795_000_000_000, 'abc'))).toEqual({
      attempt: 3,
      until: 1_795_000_000_000,
    })
    expect(readToken('')).toBeNull()
  })

  const soon = longestLeaseMs(30_000, 1000)
  it.each<[string, number | null, boolean, boolean, boolean]>([
    ['no alarm was set', null, false, true, false],
    ['the alarm is as near as the longest lease', 1000 + soon, false, true, true],
    ['the alarm is farther', 1001 + soon, false, true, false],
    ['the alarm itself wakes it', null, true, true, true],
    ['the machine has been started anew', 1000, true, false, false],
  ])('may live on in a ledger that wakes when %s', (_, alarm, byAlarm, same, may) => {
    expect(leasesMayLive(alarm, byAlarm, same, 1000)).toBe(may)
  })
})
