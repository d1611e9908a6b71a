import { timeOfSeq } from '../model/event-id.ts'
import { spacingMs } from './bucket.ts'
import type { DestinationHealth } from './protocol.ts'
import type { State } from './state.ts'

/** How a destination stands now, from memory. */
export function healthOf(state: State, destinationId: string): DestinationHealth {
  const line = state.scheduler.line(destinationId)
  const held = [...state.scheduler.open.values()].filter(
    ({ destinationId: id, standing }) =>
      id === destinationId && standing !== 'sending' && standing !== 'blocking',
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
    in_flight: line?.state.inFlight ?? 0,
    oldest_held_at: held.length === 0 ? null : timeOfSeq(oldest),
    drain_eta_s:
      held.length === 0
        ? 0
        : rate === null
          ? null
          : Math.ceil((held.length * spacingMs(rate)) / 1000),
  }
}
