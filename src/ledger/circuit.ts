import type { Circuit } from '../model/destination.ts'

/** `openUntil`: the probe's time; 0 where the circuit is closed. `probing`: the one probe is on its way. */
export interface CircuitState {
  failures: number
  openUntil: number
  probing: boolean
}

export const closedCircuit: CircuitState = { failures: 0, openUntil: 0, probing: false }

/**
 * Pure: what a circuit is after one more attempt. An open circuit always has a time for its next probe. Whether the probe is
 * on its way is for the line to say: the attempt may have been one that was begun before the circuit opened.
 */
export function afterAttempt(
  state: CircuitState,
  policy: Circuit | null,
  succeeded: boolean,
  now: number,
): CircuitState {
  if (succeeded) return closedCircuit
  const failures = state.failures + 1
  if (policy === null) return { ...closedCircuit, failures }
  if (failures < policy.failures && state.openUntil === 0) return { ...closedCircuit, failures }
  return { ...state, failures, openUntil: now + policy.probe_s * 1000 }
}
