import type { DraftHead } from '../ledger/new-event.ts'
import { accept } from './accept.ts'
import { viewOf } from './prepare.ts'
import { unavailableMs, withFresh } from './fresh.ts'
import type { Services } from './bound-services.ts'
import { routed } from './pace.ts'
import { tenantLedger } from './shards.ts'

export type Replayed =
  | { kind: 'accepted'; event_id: string }
  | { kind: 'not_found' }
  | { kind: 'limited'; retry_after_ms: number }
  | { kind: 'unavailable'; retry_after_ms: number }

/** The same facts and bytes as a new event, through today's configuration; `connectionIds`: only through these. */
export async function replayEvent(
  services: Services,
  tenantId: string,
  eventId: string,
  connectionIds: readonly string[] | null,
): Promise<Replayed> {
  const replayed = await withFresh(services, tenantId, async (snapshot) => {
    const stored = await tenantLedger(services, snapshot.tenant).payload(eventId)
    if (stored === null) return { kind: 'not_found' as const }
    const { id: _, received_at: __, ...same } = stored.head
    const head: DraftHead = {
      ...same,
      dedupe_key: null,
      replay_of: eventId,
    }
    const connections = [...snapshot.connections.values()].filter(
      ({ id }) => connectionIds === null || connectionIds.includes(id),
    )
    const view = viewOf(stored.head, stored.body)
    const plan = await routed(services, tenantId, view, head.source_id, connections, head.priority)
    return accept(services, snapshot, { head, body: stored.body, dedupe: null, plan })
  })
  if (replayed === null || replayed.kind === 'not_found') return { kind: 'not_found' }
  if (replayed.kind === 'limited') return replayed
  if (replayed.kind === 'accepted') return { kind: 'accepted', event_id: replayed.event_id }
  return { kind: 'unavailable', retry_after_ms: unavailableMs }
}
