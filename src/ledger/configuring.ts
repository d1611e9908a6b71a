import type { LedgerConfig } from '../model/ledger-config.ts'
import { cancelOpen } from './acting.ts'
import { bucketUnder } from './gate.ts'
import type { State } from './state.ts'

/** Cancels what is owed to a destination, or through a connection, that `config` does not have. */
export function cancelOrphans(state: State, config: LedgerConfig): void {
  for (const delivery of state.scheduler.open.values()) {
    if (!Object.hasOwn(config.destinations, delivery.destinationId)) {
      cancelOpen(state, delivery, 'destination_deleted')
    } else if (!Object.hasOwn(config.connections, delivery.connectionId)) {
      cancelOpen(state, delivery, 'connection_deleted')
    }
  }
}

/** Takes a newer configuration over. What is owed to a destination or a connection that is gone is canceled. */
export function configure(state: State, config: LedgerConfig): void {
  if (state.isErased || (state.config !== null && state.config.version >= config.version)) return
  cancelOrphans(state, config)
  state.config = config
  for (const [id, policy] of Object.entries(config.destinations)) {
    const gates = state.scheduler.line(id)?.state
    if (gates !== undefined) gates.tat = bucketUnder(gates.tat, policy, state.now())
  }
  for (const delivery of state.scheduler.open.values()) {
    const unblocked = config.connections[delivery.connectionId]?.on_dead !== 'block'
    if (delivery.standing === 'blocking' && unblocked) cancelOpen(state, delivery, 'unblocked')
  }
}
