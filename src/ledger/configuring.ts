import type { LedgerConfig } from '../model/ledger-config.ts'
import { cancelOpen } from './acting.ts'
import type { State } from './state.ts'

/** Takes a newer configuration over. What is owed to a destination or a connection that is gone is canceled. */
export function configure(state: State, config: LedgerConfig): void {
  if (state.config !== null && state.config.version >= config.version) return
  const open = [...state.scheduler.open.values()]
  for (const delivery of open) {
    if (!Object.hasOwn(config.destinations, delivery.destinationId)) {
      cancelOpen(state, delivery, 'destination_deleted')
    } else if (!Object.hasOwn(config.connections, delivery.connectionId)) {
      cancelOpen(state, delivery, 'connection_deleted')
    }
  }
  state.config = config
  for (const delivery of open) {
    const unblocked = config.connections[delivery.connectionId]?.on_dead !== 'block'
    if (delivery.standing === 'blocking' && unblocked) cancelOpen(state, delivery, 'unblocked')
  }
}
