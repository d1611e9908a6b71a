import { describe, expect, it } from 'vitest'
import { newDelivery, type OpenDelivery } from '../../src/ledger/open-delivery.ts'
import { Scheduler } from '../../src/ledger/scheduler.ts'
import type { DestinationPolicy } from '../../src/model/destination.ts'

const policy: DestinationPolicy = {
  enabled: true,
  paused: false,
  rate_limit: null,
  concurrency: 2,
  timeout_ms: 10_000,
  retry: { schedule_s: [5], jitter: 0 },
  retry_on: null,
  circuit: null,
}

class Story {
  now = 1_000_000
  readonly interrupted: string[] = []
  #tokens = 0
  #seq = 0
  readonly scheduler = new Scheduler({
    random: () => String(this.#tokens++),
    interrupted: (delivery, now) => {
      this.interrupted.push(delivery.id)
      this.scheduler.lines.attempted(delivery, false, now)
      delivery.attempts += 1
      this.scheduler.wait(delivery, now + 1)
    },
  })

  constructor(destinations: Record<string, Partial<DestinationPolicy>> = { dst_1: {} }) {
    this.configure(destinations)
  }

  configure(destinations: Record<string, Partial<DestinationPolicy>>): void {
    this.scheduler.configure({
      version: 1,
      tenant_id: 'ten_1',
      shard: 0,
      shards: 1,
      retention_days: 30,
      ingest_per_s: null,
      connections: {},
      destinations: Object.fromEntries(
        Object.entries(destinations).map(([id, change]) => [id, { ...policy, ...change }]),
      ),
    })
  }

  add(rest: Partial<OpenDelivery> = {}): OpenDelivery {
    const seq = ++this.#seq
    const fixed = {
      seq,
      index: 0,
      id: `dlv_${seq}`,
      eventId: `evt_${seq}`,
      connectionId: 'con_1',
      destinationId: 'dst_1',
      priority: 'normal' as const,
      lane: null,
      sequence: null,
    }
    const delivery = { ...newDelivery(fixed), ...rest }
    this.scheduler.add(delivery)
    return delivery
  }

  grant(capacity = 6, first = 'dst_1', roomMs = 60_000): OpenDelivery[] {
    const granted = this.scheduler.grant({ capacity, roomMs }, first, this.now)
    return granted.map(({ delivery }) => delivery)
  }

  /** What the alarm does. */
  pass(ms: number): OpenDelivery[] {
    this.now += ms
    this.scheduler.planSpill(this.now)
    this.scheduler.timers.run(this.now)
    return this.scheduler.release(this.now)
  }

  finish(delivery: OpenDelivery, delivered = true): void {
    this.scheduler.lines.attempted(delivery, delivered, this.now)
    this.scheduler.vacate(delivery)
    if (delivered) this.scheduler.remove(delivery)
    else this.scheduler.wait(delivery, this.now + 5000)
  }

  line(id = 'dst_1') {
    return this.scheduler.line(id)!
  }
}

describe('a scheduler', () => {
  it('grants by priority, then by age, as many as concurrency lets', () => {
    const story = new Story()
    const [low, normal, high] = (['low', 'normal', 'high'] as const).map((priority) =>
      story.add({ priority }),
    )
    expect(story.grant()).toEqual([high, normal])
    expect(story.grant()).toEqual([])
    story.finish(high!)
    expect(story.grant()).toEqual([low])
  })

  it('grants the line that has just moved first, then others that fit the room', () => {
    const story = new Story({ dst_1: {}, dst_2: {}, dst_slow: { timeout_ms: 30_000 } })
    const [slow, other, own] = ['dst_slow', 'dst_2', 'dst_1'].map((destinationId) =>
      story.add({ destinationId }),
    )
    expect(story.grant(6, 'dst_1', 20_000)).toEqual([own, other])
    expect(story.pass(100)).toEqual([slow])
  })

  it('lets no more than the head of a lane go, whatever happens to those behind it', () => {
    const story = new Story()
    const [first, second, third] = [1, 2, 3].map(() => story.add({ lane: 'con_1:a' }))
    expect(story.grant()).toEqual([first])
    story.scheduler.remove(second!)
    expect(story.grant()).toEqual([])
    story.finish(first!, false)
    expect(story.grant()).toEqual([])
    story.now += 5000
    story.scheduler.timers.run(story.now)
    expect(story.grant()).toEqual([first])
    story.finish(first!)
    expect(story.grant()).toEqual([third])
  })

  it('does nothing more to a delivery that has ended', () => {
    const story = new Story()
    const delivery = story.add()
    story.grant()
    story.finish(delivery)
    story.pass(3_600_000)
    expect(story.interrupted).toEqual([])
    expect(story.line().state.inFlight).toBe(0)
    expect(story.scheduler.timers.next()).toBeNull()
  })

  it('does nothing more to an adopted delivery that has ended', () => {
    const story = new Story()
    const delivery = story.add()
    story.scheduler.adopt(delivery, story.now)
    story.finish(delivery)
    expect(story.pass(3_600_000)).toEqual([])
    expect(story.line().state.inFlight).toBe(0)
  })

  it('calls a lease that nobody settled interrupted, and gives its place back', () => {
    const story = new Story()
    const delivery = story.add()
    story.grant()
    story.pass(19_999)
    expect(story.interrupted).toEqual([])
    story.pass(1)
    expect(story.interrupted).toEqual([delivery.id])
    expect(story.line().state.inFlight).toBe(0)
    expect(story.pass(200)).toEqual([delivery])
  })

  it('gives to the queues what no sender takes, and takes back what is lost there', () => {
    const story = new Story()
    const delivery = story.add()
    story.scheduler.planSpill(story.now)
    expect(story.scheduler.timers.next()).toBe(story.now + 100)
    expect(story.pass(100)).toEqual([delivery])
    const { token } = delivery
    expect(story.line()).toMatchObject({ queued: 1, state: { inFlight: 1 } })
    expect(story.pass(14_999)).toEqual([])
    expect(story.pass(1)).toEqual([delivery])
    expect(story.scheduler.claim(delivery, token!, story.now)).toBeNull()
    expect(story.scheduler.claim(delivery, delivery.token!, story.now)).not.toBeNull()
    expect(story.line()).toMatchObject({ queued: 0, state: { inFlight: 1 } })
  })

  it('gives a destination no more pointers than it can use soon', () => {
    const rate_limit = { limit: 5, per: 'second' as const }
    const story = new Story({ dst_1: { concurrency: 1000 }, dst_2: { concurrency: 9, rate_limit } })
    for (let i = 0; i < 50; i++) {
      story.add()
      story.add({ destinationId: 'dst_2' })
    }
    const released = story.pass(100)
    const count = (id: string) => released.filter((one) => one.destinationId === id).length
    expect([count('dst_1'), count('dst_2')]).toEqual([16, 5])
  })

  it('takes no place in the rate for a pointer whose claim is denied', () => {
    const story = new Story()
    const delivery = story.add()
    story.pass(100)
    story.configure({ dst_1: { paused: true, rate_limit: { limit: 1, per: 'minute' } } })
    expect(story.scheduler.claim(delivery, delivery.token!, story.now)).toBeNull()
    expect(story.line()).toMatchObject({ queued: 0, state: { inFlight: 0, tat: 0 } })
    expect(story.scheduler.heldBy(delivery, story.now)).toBe('paused')
    story.configure({ dst_1: { rate_limit: { limit: 1, per: 'minute' } } })
    expect(story.grant()).toEqual([delivery])
  })

  it.each<[string, Partial<DestinationPolicy>, Partial<DestinationPolicy>]>([
    ['paused', { paused: true }, { paused: false }],
    ['disabled', { enabled: false }, { enabled: true }],
  ])('goes on when a destination is %s no more', (_, closed, open) => {
    const story = new Story({ dst_1: closed })
    const delivery = story.add()
    expect(story.grant()).toEqual([])
    expect(story.pass(60_000)).toEqual([])
    story.configure({ dst_1: open })
    expect(story.pass(100)).toEqual([delivery])
  })

  it('goes on when more may be in flight at once', () => {
    const story = new Story({ dst_1: { concurrency: 1 } })
    const [, second] = [story.add(), story.add()]
    expect(story.grant()).toHaveLength(1)
    expect(story.grant()).toEqual([])
    story.configure({ dst_1: { concurrency: 2 } })
    expect(story.grant()).toEqual([second])
  })

  it('goes on by itself when a rate has room again', () => {
    const story = new Story({ dst_1: { concurrency: 99, rate_limit: { limit: 1, per: 'minute' } } })
    const [, second] = [story.add(), story.add()]
    expect(story.grant()).toHaveLength(1)
    expect(story.grant()).toEqual([])
    const next = story.scheduler.timers.next()!
    expect(next - story.now).toBeLessThanOrEqual(60_000)
    expect(story.pass(60_000)).toContain(second)
  })

  describe('with an open circuit', () => {
    const circuit = { failures: 1, probe_s: 60 }
    const opened = (concurrency = 5): { story: Story; late: OpenDelivery } => {
      const story = new Story({ dst_1: { circuit, concurrency } })
      const [bad, late] = [story.add(), story.add()]
      story.grant(2)
      story.finish(bad, false)
      return { story, late }
    }

    it('probes once, when it is time, and lets all go when the probe is well', () => {
      const { story, late } = opened()
      story.finish(late, false)
      for (let i = 0; i < 3; i++) story.add()
      expect(story.grant()).toEqual([])
      const [probe, ...others] = story.pass(60_000)
      expect(others).toEqual([])
      expect(story.pass(200)).toEqual([])
      story.scheduler.claim(probe!, probe!.token!, story.now)
      story.finish(probe!)
      expect(story.grant(9)).toHaveLength(4)
    })

    it.each<[string, (story: Story, probe: OpenDelivery) => void]>([
      ['was lost in a queue', (story) => story.pass(15_000)],
      [
        'was canceled on its way',
        (story, probe) => {
          story.scheduler.unqueue(probe)
          story.scheduler.remove(probe)
        },
      ],
      [
        'was taken by a sender that died',
        (story, probe) => {
          story.scheduler.claim(probe, probe.token!, story.now)
          story.pass(20_000)
          story.pass(60_000)
        },
      ],
    ])('probes again when the probe %s', (_, lose) => {
      const { story, late } = opened()
      story.finish(late)
      story.scheduler.lines.attempted(late, false, story.now)
      story.add()
      const [probe] = story.pass(60_000)
      lose(story, probe!)
      expect(story.line().state.circuit.probing || story.grant(9).length === 1).toBe(true)
      expect(story.grant(9)).toEqual([])
    })

    it('keeps to its one probe while an attempt of before comes to its end', () => {
      const { story, late } = opened()
      story.add()
      story.add()
      story.now += 15_000
      const quick = { ...circuit, probe_s: 1 }
      story.configure({ dst_1: { circuit: quick, concurrency: 5 } })
      story.line().state.circuit = { failures: 1, openUntil: story.now, probing: false }
      expect(story.grant(9)).toHaveLength(1)
      story.finish(late, false)
      story.now += 2000
      expect(story.grant(9)).toEqual([])
    })
  })

  it('counts what is in flight through a destination that was deleted and is made again', () => {
    const story = new Story()
    const delivery = story.add()
    story.grant()
    story.configure({})
    story.configure({ dst_1: { concurrency: 1 } })
    story.finish(delivery)
    expect(story.line().state.inFlight).toBe(0)
    const [, second] = [story.add(), story.add()]
    expect(story.grant()).toHaveLength(1)
    expect(story.scheduler.heldBy(second, story.now)).toBe('concurrency')
  })
})
