import { timeOfSeq } from '../model/event-id.ts'
import { spacingMs } from './bucket.ts'
import type { Standing } from './open-delivery.ts'
import type { DestinationHealth } from './protocol.ts'
import type { State } from './state.ts'

/** What a sender has, or may have, is in flight instead. */
const isHeld: ReadonlySet<Standing> = new Set(['held', 'queued', 'waiting'])

/** How a destination stands now, from memory. */
export function healthOf(state: State, destinationId: string): DestinationHealth {
  const line = state.scheduler.line(destinationId)
  const held = [...state.scheduler.open.values()].filter(
    ({ destinationId: id, standing }) => id === destinationId && isHeld.has(standing),
  )
  const oldest = held.reduce((least, { seq }) => Math.min(least, seq), Number.POSITIVE_INFINITY)
  const circuit = line?.state.circuit
  const rate = line?.state.policy.rate_limit ?? null
  return {
    circuit:
      circuit === undefined || circuit.openUntil === 0
        ? 'closed'
        : circuit.probing
          ? 'probing'
          : 'open',
    consecutive_failures: circuit?.failures ?? 0,
    held: held.length,
    in_flight: line === undefined ? 0 : line.state.inFlight - line.queued,
    oldest_held_at: held.length === 0 ? null : timeOfSeq(oldest),
    drain_eta_s:
      held.length === 0
        ? 0
        : rate === null
          ? null
          : Math.ceil((held.length * spacingMs(rate)) / 1000),
  }
}
