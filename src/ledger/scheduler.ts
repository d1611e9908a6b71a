import type { LedgerConfig } from '../model/ledger-config.ts'
import type { Gate } from '../model/delivery.ts'
import { lookaheadMs } from './gate.ts'
import type { Carrier } from './protocol.ts'
import { Lanes } from './lanes.ts'
import { leaseToken, longestLeaseMs, readToken, transitMs } from './lease.ts'
import type { Line } from './line.ts'
import { Lines } from './lines.ts'
import type { OpenDelivery } from './open-delivery.ts'
import { Timers } from './timers.ts'

export interface Grant {
  delivery: OpenDelivery
  waitMs: number
  timeoutMs: number
}

/** How long work that no sender has taken waits before it is given to a queue. */
const spillMs = 100

interface Needs {
  random: () => string
  /** A lease ran out and nobody settled it. */
  interrupted: (delivery: OpenDelivery, now: number) => void
}

/**
 * Which delivery may go next. Holds all open work in memory, in lines (one a destination) and lanes (one an order key);
 * decides nothing about rows. Whatever opens a gate lets the first by priority and age through.
 */
export class Scheduler {
  readonly timers = new Timers()
  readonly lines = new Lines()
  readonly open = new Map<string, OpenDelivery>()
  readonly #lanes = new Lanes()
  /** Lines that may have something to go, in the order in which they came up. */
  readonly #runnable = new Set<Line>()
  readonly #needs: Needs
  #spillAt: number | null = null

  constructor(needs: Needs) {
    this.#needs = needs
  }

  line(destinationId: string): Line | undefined {
    return this.lines.get(destinationId)
  }

  configure(config: LedgerConfig): void {
    for (const line of this.lines.configure(config)) this.#runnable.add(line)
  }

  /** A delivery that may go as soon as its gates let it. */
  add(delivery: OpenDelivery): void {
    this.open.set(delivery.id, delivery)
    this.#lanes.append(delivery)
    if (this.isHead(delivery)) this.#offer(delivery)
  }

  /** Puts `delivery` in the place of the dead one that blocks its lane. */
  takePlaceOf(blocking: OpenDelivery, delivery: OpenDelivery): void {
    this.open.delete(blocking.id)
    blocking.standing = 'ended'
    this.open.set(delivery.id, delivery)
    this.#lanes.replace(blocking, delivery)
    if (this.isHead(delivery)) this.#offer(delivery)
  }

  isHead(delivery: OpenDelivery): boolean {
    return this.#lanes.isHead(delivery)
  }

  /** Who may go when `delivery` has ended, as far as its lane says. */
  behind(delivery: OpenDelivery): OpenDelivery | undefined {
    return this.#lanes.behind(delivery)
  }

  #offer(delivery: OpenDelivery): void {
    if (delivery.standing !== 'held') return
    const line = this.lines.get(delivery.destinationId)
    if (line === undefined) return
    line.add(delivery)
    this.#runnable.add(line)
  }

  /** Due again at `at`, by a retry's schedule. */
  wait(delivery: OpenDelivery, at: number): void {
    delivery.standing = 'waiting'
    delivery.dueAt = at
    delivery.token = null
    const due = () => delivery.standing === 'waiting' && delivery.dueAt === at
    this.timers.set(at, due, () => this.ready(delivery))
  }

  /** Nothing but its gates holds it any more. */
  ready(delivery: OpenDelivery): void {
    delivery.standing = 'held'
    delivery.dueAt = null
    delivery.token = null
    if (this.isHead(delivery)) this.#offer(delivery)
  }

  /** It has ended: whoever stands behind it in its lane may go. */
  remove(delivery: OpenDelivery): void {
    this.open.delete(delivery.id)
    delivery.standing = 'ended'
    delivery.token = null
    const next = this.#lanes.remove(delivery)
    if (next !== null) this.#offer(next)
  }

  /**
   * Leases for a carrier: first of the line that has just moved, then of all others in turn. A line whose attempts may
   * take longer than the carrier has is left to the queues.
   */
  grant({ capacity, roomMs }: Carrier, first: string | null, now: number): Grant[] {
    const grants: Grant[] = []
    const preferred = first === null ? undefined : this.lines.get(first)
    const fits = (line: Line) => line.state.policy.timeout_ms <= roomMs
    if (preferred !== undefined && fits(preferred)) {
      this.#grantFrom(preferred, capacity, grants, now)
    }
    for (const line of this.#runnable) {
      if (grants.length >= capacity) break
      if (fits(line)) this.#grantFrom(line, capacity, grants, now)
    }
    return grants
  }

  #grantFrom(line: Line, capacity: number, grants: Grant[], now: number): void {
    while (grants.length < capacity) {
      const admission = this.#admission(line, now)
      if (admission === null) return
      const delivery = line.take(admission, true)
      if (delivery === undefined) return
      this.#lease(delivery, line, admission.waitMs, now)
      grants.push({ delivery, waitMs: admission.waitMs, timeoutMs: line.state.policy.timeout_ms })
    }
  }

  /** The gates' yes for the line's first, or `null`, and then the line is left until something moves it. */
  #admission(line: Line, now: number) {
    if (line.first() === undefined) {
      this.#runnable.delete(line)
      return null
    }
    const admission = line.admission(now)
    if (admission.go) return admission
    this.#runnable.delete(line)
    this.#wakeLine(line, admission.until)
    return null
  }

  #wakeLine(line: Line, at: number | null): void {
    if (at === null || (line.wakeAt !== null && line.wakeAt <= at)) return
    line.wakeAt = at
    const due = () => line.wakeAt === at && this.lines.get(line.destinationId) === line
    this.timers.set(at, due, () => {
      line.wakeAt = null
      this.#runnable.add(line)
    })
  }

  #lease(delivery: OpenDelivery, line: Line, waitMs: number, now: number): void {
    this.lines.moved(line)
    const until = now + longestLeaseMs(line.state.policy.timeout_ms, waitMs)
    const token = leaseToken(delivery.attempts + 1, until, this.#needs.random())
    delivery.standing = 'sending'
    delivery.token = token
    const alive = () => delivery.standing === 'sending' && delivery.token === token
    this.timers.set(until, alive, (at) => {
      this.vacate(delivery)
      this.#needs.interrupted(delivery, at)
    })
  }

  /** A sender of before the ledger woke may still be at it; when it cannot be any more, it may go again. */
  adopt(delivery: OpenDelivery, now: number): void {
    const line = this.lines.get(delivery.destinationId)
    if (line === undefined) return
    delivery.standing = 'adopted'
    line.state.inFlight += 1
    const until = now + longestLeaseMs(line.state.policy.timeout_ms, lookaheadMs)
    this.timers.set(
      until,
      () => delivery.standing === 'adopted',
      () => {
        this.vacate(delivery)
        this.ready(delivery)
      },
    )
  }

  /** Gives back the place in flight that `delivery` holds. */
  vacate(delivery: OpenDelivery): void {
    const line = this.lines.get(delivery.destinationId)
    if (line === undefined) return
    line.vacate(delivery)
    this.#runnable.add(line)
  }

  /** Hands what no sender has taken to the queues: marks it and answers it, for pointers to be sent. */
  release(now: number): OpenDelivery[] {
    this.#spillAt = null
    const released: OpenDelivery[] = []
    for (const line of this.#runnable) {
      while (line.queueRoom > 0) {
        const admission = this.#admission(line, now)
        if (admission === null) break
        const delivery = line.take(admission, false)
        if (delivery === undefined) break
        this.#queue(delivery, line, now)
        released.push(delivery)
      }
    }
    return released
  }

  #queue(delivery: OpenDelivery, line: Line, now: number): void {
    const until = now + transitMs
    const token = leaseToken(delivery.attempts + 1, until, this.#needs.random())
    delivery.standing = 'queued'
    delivery.token = token
    line.queued += 1
    const lost = () => delivery.standing === 'queued' && delivery.token === token
    this.timers.set(until, lost, () => this.unqueue(delivery))
  }

  /** A pointer that did not arrive, or could not be sent. */
  unqueue(delivery: OpenDelivery): void {
    const line = this.lines.get(delivery.destinationId)
    if (line !== undefined) line.queued = Math.max(0, line.queued - 1)
    this.vacate(delivery)
    this.ready(delivery)
  }

  /** The pointer has arrived: a lease if the gates are still open, else `null` and it is held again. */
  claim(delivery: OpenDelivery, token: string, now: number): Grant | null {
    const line = this.lines.get(delivery.destinationId)
    if (line === undefined || !this.holds(delivery, token, 'queued', now)) return null
    if (delivery.standing === 'queued') line.queued = Math.max(0, line.queued - 1)
    line.vacate(delivery)
    const admission = line.admission(now)
    if (!admission.go) {
      this.ready(delivery)
      this.#wakeLine(line, admission.until)
      return null
    }
    line.occupy(delivery, admission, true)
    this.#lease(delivery, line, admission.waitMs, now)
    return { delivery, waitMs: admission.waitMs, timeoutMs: line.state.policy.timeout_ms }
  }

  /** Whether `token` is the right to go on with `delivery`: its own, or one given out before the ledger woke. */
  holds(
    delivery: OpenDelivery,
    token: string,
    standing: 'queued' | 'sending',
    now: number,
  ): boolean {
    if (delivery.standing === standing) return delivery.token === token
    if (delivery.standing !== 'adopted') return false
    const lease = readToken(token)
    return lease !== null && lease.attempt === delivery.attempts + 1 && lease.until > now
  }

  /** Sees to it that what is ready and has no sender is given to a queue soon. */
  planSpill(now: number): void {
    if (this.#spillAt !== null) return
    const ready = [...this.#runnable].some(
      (line) => line.queueRoom > 0 && this.#admission(line, now) !== null,
    )
    if (!ready) return
    const at = now + spillMs
    this.#spillAt = at
    this.timers.set(
      at,
      () => this.#spillAt === at,
      () => {},
    )
  }

  /** What holds a delivery that is neither sent nor waiting for its retry. */
  heldBy(delivery: OpenDelivery, now: number): Gate {
    if (delivery.standing === 'queued') return 'queue'
    if (!this.isHead(delivery)) return 'order'
    const admission = this.lines.get(delivery.destinationId)?.admission(now)
    return admission === undefined || admission.go ? 'queue' : admission.hold
  }
}
