import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Job, Lease } from '../../src/ledger/protocol.ts'
import type { DeliveryState } from '../../src/model/delivery.ts'
import { failed, LedgerUnderTest, ok, refused, stopClock, type To } from './a-ledger.ts'

beforeEach(() => stopClock())
afterEach(() => {
  vi.useRealTimers()
})

/** A small generator, so that a failing run can be run again. */
function diceOf(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const lanes = [null, null, 'con_skip:a', 'con_skip:b', 'con_block:a', 'con_block:b']
const destinations = {
  dst_1: {},
  dst_2: { concurrency: 2 },
  dst_3: { rate_limit: { limit: 20, per: 'second' as const } },
  dst_4: { circuit: { failures: 3, probe_s: 5 } },
}
const connections = {
  con_1: { on_dead: 'skip' as const },
  con_skip: { on_dead: 'skip' as const },
  con_block: { on_dead: 'block' as const },
}

interface Known {
  lane: string | null
  sequence: number | null
  /** The end that the ledger has told of. */
  end: DeliveryState | null
  /** Should it die, its lane waits for it. */
  blocks: boolean
  /** It has ended, and one more attempt was asked for. */
  again: boolean
}

const isEnd = (state: DeliveryState): boolean => ['delivered', 'dead', 'canceled'].includes(state)

/** A ledger, and the little that must be true of any. */
class Run {
  readonly known = new Map<string, Known>()
  readonly ledger: LedgerUnderTest
  readonly dice: (below: number) => number
  leases: Lease[] = []

  constructor(ledger: LedgerUnderTest, seed: number) {
    this.ledger = ledger
    this.dice = diceOf(seed)
  }

  /** What has ended stays as it is, unless one more attempt was asked for. */
  async look(id: string): Promise<Known> {
    const known = this.known.get(id)!
    const { state } = await this.ledger.delivery(id)
    if (known.end === 'canceled') expect(state).toBe('canceled')
    if (known.end !== null && !known.again) expect(state).toBe(known.end)
    known.end = isEnd(state) ? state : known.again ? known.end : null
    return known
  }

  /** Nobody before it in its lane is open, or dead in a lane that waits for its dead. */
  async granted(jobs: readonly (Lease | Job)[]): Promise<void> {
    for (const job of jobs) {
      this.leases.push(job)
      const own = this.known.get(job.delivery_id)!
      if (own.lane === null || own.again) continue
      for (const [id, other] of this.known) {
        if (other.lane !== own.lane || other.sequence! >= own.sequence!) continue
        const { end, blocks } = other.end === null || other.blocks ? await this.look(id) : other
        const stands = end === null || (end === 'dead' && blocks)
        expect(stands ? id : null, `${job.delivery_id} overtakes`).toBeNull()
      }
    }
  }

  async accept(): Promise<void> {
    const { dice, ledger } = this
    const to = Array.from({ length: 1 + dice(3) }, (): To => {
      const lane = lanes[dice(lanes.length)]!
      return {
        lane,
        connection: lane?.split(':')[0] ?? 'con_1',
        destination: `dst_${1 + dice(4)}`,
        priority: (['high', 'normal', 'low'] as const)[dice(3)]!,
      }
    })
    // A connection takes an event once.
    const distinct = to.filter((a, i) => !to.some((b, j) => j < i && a.connection === b.connection))
    const { event_id, leases, jobs } = await ledger.accept({ to: distinct }, dice(4))
    for (const { id, lane, sequence } of await ledger.list({ event_id })) {
      const blocks = lane?.startsWith('con_block') === true
      this.known.set(id, { lane, sequence, end: null, blocks, again: false })
    }
    await this.granted([...leases, ...jobs])
  }

  async settle(): Promise<void> {
    const [lease] = this.leases.splice(this.dice(this.leases.length), 1)
    if (lease === undefined) return
    const report = [ok, ok, ok, failed, refused][this.dice(5)]!
    const settled = await this.ledger.settle(lease, report, this.dice(2) * 60_000)
    // A report that comes twice changes nothing.
    expect(await this.ledger.settle(lease, ok)).toMatchObject({ heard: false })
    const known = await this.look(lease.delivery_id)
    if (settled.heard && settled.state !== null && isEnd(settled.state)) known.again = false
    await this.granted(settled.jobs)
  }

  /** The queues lose a pointer now and then, and bring one twice. */
  async pass(ms: number, losing: boolean): Promise<void> {
    const { dice, ledger } = this
    for (const pointer of await ledger.pass(ms)) {
      if (losing && dice(8) === 0) continue
      if (pointer.kind === 'bury') {
        await ledger.api.buried(pointer.delivery_id)
        continue
      }
      const claim = await ledger.api.claim(pointer)
      if (claim.kind === 'granted') await this.granted(claim.jobs)
      if (losing && dice(4) === 0) expect(await ledger.api.claim(pointer)).toEqual({ kind: 'gone' })
    }
  }

  #any(): string | null {
    return [...this.known.keys()][this.dice(this.known.size)] ?? null
  }

  async cancel(): Promise<void> {
    const id = this.#any()
    if (id === null || (await this.ledger.api.cancel(id)).kind !== 'done') return
    const known = await this.look(id)
    // A dead head that is canceled is dead still, and blocks its lane no more.
    if (known.end === 'dead') known.blocks = false
  }

  async retry(id = this.#any()): Promise<void> {
    if (id === null) return
    const { end, blocks } = await this.look(id)
    if ((await this.ledger.api.retry(id)).kind !== 'done' || end === null) return
    const known = this.known.get(id)!
    if (end === 'dead' && blocks) known.end = null
    else known.again = true
  }

  async evict(): Promise<void> {
    await this.ledger.evict()
    // Most senders of before are gone with the machine; some live on.
    this.leases = this.leases.filter(() => this.dice(3) === 0)
  }

  async operate(): Promise<void> {
    const choice = this.dice(100)
    if (choice < 35) await this.accept()
    else if (choice < 72) await this.settle()
    else if (choice < 84) await this.pass(150 + this.dice(3000), true)
    else if (choice < 87) await this.pass(45_000, true)
    else if (choice < 91) await this.cancel()
    else if (choice < 94) await this.retry()
    else await this.evict()
  }

  /** Everybody is well now: all must come to an end. */
  async finish(): Promise<void> {
    const openIn = async () => (await this.ledger.list()).filter(({ state }) => !isEnd(state))
    let open = await openIn()
    for (let round = 0; open.length > 0 && round < 150; round++) {
      for (const lease of this.leases.splice(0)) {
        const settled = await this.ledger.settle(lease, ok, 60_000)
        const known = await this.look(lease.delivery_id)
        if (settled.heard) known.again = false
        await this.granted(settled.jobs)
      }
      await this.pass(5000, false)
      for (const [id, { lane, blocks, end }] of this.known) {
        const waits = open.some(({ held_by, lane: its }) => held_by === 'order' && its === lane)
        if (waits && blocks && end === 'dead') await this.retry(id)
      }
      open = await openIn()
    }
    expect(open).toEqual([])
  }
}

it.each([1, 2, 3, 4, 5])(
  'loses no delivery, ends none twice and keeps every lane in order (run %i)',
  async (seed) => {
    const ledger = await LedgerUnderTest.with({ destinations, connections })
    const run = new Run(ledger, seed)
    for (let done = 0; done < 450; done++) await run.operate()
    await run.finish()
    const all = await ledger.list()
    expect(new Set(all.map(({ id }) => id))).toEqual(new Set(run.known.keys()))
    await run.pass(31_000, false)
    const left = await ledger.rows(`SELECT * FROM work WHERE data NOT LIKE '%"blocking":true%'`)
    expect(left).toEqual([])
    for (const destination of Object.keys(destinations)) {
      expect(await ledger.api.health(destination)).toMatchObject({ held: 0, in_flight: 0 })
    }
  },
  60_000,
)
