import type { LedgerConfig } from '../model/ledger-config.ts'
import { afterAttempt } from './circuit.ts'
import { Line } from './line.ts'
import type { OpenDelivery } from './open-delivery.ts'

/** The lines of all destinations that the configuration knows. */
export class Lines {
  readonly #lines = new Map<string, Line>()
  readonly #moved = new Set<Line>()

  get(destinationId: string): Line | undefined {
    return this.#lines.get(destinationId)
  }

  /** Takes a configuration over; answers the lines whose policy may have changed. */
  configure({ destinations }: LedgerConfig): Line[] {
    const known: Line[] = []
    for (const [id, policy] of Object.entries(destinations)) {
      const line = this.#lines.get(id)
      if (line === undefined) this.#lines.set(id, new Line(id, policy))
      else {
        if (policy.circuit === null)
          line.state.circuit = { ...line.state.circuit, openUntil: 0, probing: false }
        line.state.policy = policy
        this.#moved.add(line)
        known.push(line)
      }
    }
    for (const id of this.#lines.keys()) {
      if (!Object.hasOwn(destinations, id)) this.#lines.delete(id)
    }
    return known
  }

  /** Holds everything for a destination back at once; the configuration will say the same in a moment. */
  disable({ destinationId }: OpenDelivery): void {
    const line = this.#lines.get(destinationId)
    if (line !== undefined) line.state.policy = { ...line.state.policy, enabled: false }
  }

  /** What an attempt says of its destination. */
  attempted({ destinationId }: OpenDelivery, delivered: boolean, now: number): void {
    const line = this.#lines.get(destinationId)
    if (line === undefined) return
    const { state } = line
    state.circuit = afterAttempt(state.circuit, state.policy.circuit, delivered, now)
    this.#moved.add(line)
  }

  /** Its circuit or its rate has moved. */
  moved(line: Line): void {
    this.#moved.add(line)
  }

  /** The lines that have moved since the last time this was asked. */
  takeMoved(): Line[] {
    const moved = [...this.#moved]
    this.#moved.clear()
    return moved
  }
}
