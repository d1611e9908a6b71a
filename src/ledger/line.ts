import type { DestinationPolicy } from '../model/destination.ts'
import { spacingMs } from './bucket.ts'
import { closedCircuit } from './circuit.ts'
import { admit, lookaheadMs, type Admission, type GateState } from './gate.ts'
import { Heap } from './heap.ts'
import { before, type OpenDelivery } from './open-delivery.ts'

/** The most pointers of one destination that may be on their way through a queue at once. */
const mostQueued = 16

/** One destination's gates, and the deliveries that nothing but these gates holds back. */
export class Line {
  readonly destinationId: string
  readonly state: GateState
  /** Pointers on their way through a queue. */
  queued = 0
  /** The time for which a timer is set. */
  wakeAt: number | null = null
  /** Whose attempt shows whether the receiver is well again. */
  #probing: OpenDelivery | null = null
  readonly #ready = new Heap<OpenDelivery>(before)

  constructor(destinationId: string, policy: DestinationPolicy) {
    this.destinationId = destinationId
    this.state = { policy, circuit: closedCircuit, tat: 0, inFlight: 0 }
  }

  add(delivery: OpenDelivery): void {
    this.#ready.push(delivery)
  }

  /** The one to go first, past those that have been canceled or taken otherwise meanwhile. */
  first(): OpenDelivery | undefined {
    for (;;) {
      const first = this.#ready.peek()
      if (first === undefined || first.standing === 'held') return first
      this.#ready.pop()
    }
  }

  admission(now: number): Admission {
    return admit(this.state, now)
  }

  /** Takes the first one out with a place in flight; `reserveRate`: and its place in the rate. */
  take(
    admission: Extract<Admission, { go: true }>,
    reserveRate: boolean,
  ): OpenDelivery | undefined {
    const first = this.first()
    if (first === undefined) return undefined
    this.#ready.pop()
    this.occupy(first, admission, reserveRate)
    return first
  }

  occupy(
    delivery: OpenDelivery,
    admission: Extract<Admission, { go: true }>,
    reserveRate: boolean,
  ): void {
    this.state.inFlight += 1
    if (reserveRate) this.state.tat = admission.tat
    if (this.state.circuit.openUntil > 0) this.#probe(delivery)
  }

  #probe(delivery: OpenDelivery | null): void {
    this.#probing = delivery
    this.state.circuit = { ...this.state.circuit, probing: delivery !== null }
  }

  /** Gives the place in flight back. A probe that is over leaves the circuit to the next one. */
  vacate(delivery: OpenDelivery): void {
    this.state.inFlight = Math.max(0, this.state.inFlight - 1)
    if (this.#probing === delivery) this.#probe(null)
  }

  /** How many more pointers may go to a queue: no more than can be sent soon. */
  get queueRoom(): number {
    const { rate_limit } = this.state.policy
    const most =
      rate_limit === null
        ? mostQueued
        : Math.min(mostQueued, Math.max(1, Math.floor(lookaheadMs / spacingMs(rate_limit))))
    return most - this.queued
  }
}
