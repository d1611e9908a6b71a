import type { LedgerApi } from '../ledger/protocol.ts'
import type { Services } from './bound-services.ts'
import type { CompiledSnapshot } from './snapshots.ts'

/** A ledger's answer, or that it could not be reached (and nothing was stored, or it will be met as a duplicate). */
export type Stored<T> = T | { kind: 'unavailable' }

/** How long a caller is asked to wait when a ledger cannot be reached. */
export const unavailableMs = 2000

/** Asks the ledger; one that has not been told of the caller's configuration is told, and asked again. */
export async function tellAndAsk<T extends { kind: string }>(
  ledger: LedgerApi,
  snapshot: CompiledSnapshot,
  shard: number,
  ask: () => Promise<T>,
): Promise<Stored<T>> {
  try {
    const answer = await ask()
    if (answer.kind !== 'behind') return answer
    await ledger.configure(snapshot.ledgerConfig(shard))
    return await ask()
  } catch {
    return { kind: 'unavailable' }
  }
}

/** How often a decision is made anew because the configuration changed under it. */
const mostChanges = 5

/**
 * Decides with the tenant's configuration, and again with a newer one for as long as the ledger says that it knows one: so a
 * change holds from the very next event. `null`: there is no such tenant (any more).
 */
export async function withFresh<T extends { kind: string }>(
  services: Services,
  tenantId: string,
  decide: (snapshot: CompiledSnapshot) => Promise<T>,
): Promise<Stored<T> | null> {
  let snapshot = await services.snapshots.get(tenantId)
  for (let change = 0; change < mostChanges; change++) {
    if (snapshot === null) return null
    const decided = await decide(snapshot)
    if (decided.kind !== 'stale') return decided
    snapshot = await services.snapshots.reload(tenantId)
  }
  return { kind: 'unavailable' }
}
