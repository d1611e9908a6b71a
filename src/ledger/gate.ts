import type { DestinationPolicy } from '../model/destination.ts'
import type { Gate } from '../model/delivery.ts'
import { burstOf, reserve, spacingMs } from './bucket.ts'
import type { CircuitState } from './circuit.ts'

/** What the ledger remembers of a destination's gates. */
export interface GateState {
  policy: DestinationPolicy
  circuit: CircuitState
  /** The rate's bucket: see `bucket.ts`. */
  tat: number
  inFlight: number
}

export type Admission =
  | { go: true; waitMs: number; tat: number }
  /** `until`: when to look again; `null` where only a change or a settled attempt opens the gate. */
  | { go: false; hold: Gate; until: number | null }

/** How far ahead a place in the rate may be taken: its sender waits that long, and the spacing stays even. */
export const lookaheadMs = 1000

/** Pure: the bucket under `policy`. A faster rate is felt at once: no place taken under a slower one lies in its way. */
export function bucketUnder(tat: number, { rate_limit }: DestinationPolicy, now: number): number {
  if (rate_limit === null) return tat
  return Math.min(tat, now + lookaheadMs + burstOf(rate_limit) * spacingMs(rate_limit))
}

/** Pure: whether a destination may be sent one more now. Order is the lane's matter and has been asked before. */
export function admit(state: GateState, now: number): Admission {
  const { policy, circuit } = state
  if (!policy.enabled) return { go: false, hold: 'disabled', until: null }
  if (policy.paused) return { go: false, hold: 'paused', until: null }
  if (circuit.openUntil > now) return { go: false, hold: 'circuit', until: circuit.openUntil }
  if (circuit.openUntil > 0 && circuit.probing) return { go: false, hold: 'circuit', until: null }
  if (policy.rate_limit === null) {
    return state.inFlight >= policy.concurrency
      ? { go: false, hold: 'concurrency', until: null }
      : { go: true, waitMs: 0, tat: state.tat }
  }
  const { at, tat } = reserve(
    spacingMs(policy.rate_limit),
    burstOf(policy.rate_limit),
    state.tat,
    now,
  )
  if (at - now > lookaheadMs) return { go: false, hold: 'rate', until: at - lookaheadMs / 2 }
  if (state.inFlight >= policy.concurrency) return { go: false, hold: 'concurrency', until: null }
  return { go: true, waitMs: at - now, tat }
}
