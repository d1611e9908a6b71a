import type { Json } from '../model/json.ts'
import { utf8 } from '../signing/bytes.ts'
import { accept } from './accept.ts'
import { viewOf } from './prepare.ts'
import { withFresh } from './fresh.ts'
import { routed } from './pace.ts'
import type { Services } from './bound-services.ts'

/**
 * Puts an event of Switchyard's own into the tenant's stream (`switchyard.…`), so that an alert is an ordinary connection. The
 * same `key` is told once, however often this runs. `false`: it could not be stored now.
 */
export async function notify(
  services: Services,
  tenantId: string,
  type: `switchyard.${string}`,
  key: string,
  data: Json,
): Promise<boolean> {
  const body = utf8(JSON.stringify(data))
  const head = {
    type,
    source_id: null,
    source: 'switchyard',
    subject: null,
    time: new Date(services.now()).toISOString(),
    content_type: 'application/json',
    headers: {},
    order_key: null,
    priority: 'normal' as const,
    dedupe_key: key,
    replay_of: null,
  }
  const told = await withFresh(services, tenantId, async (snapshot) => {
    const view = viewOf({ ...head, id: '', received_at: 0 }, body)
    const connections = [...snapshot.connections.values()]
    const plan = await routed(services, tenantId, view, null, connections, head.priority)
    const dedupe = { scope: 'switchyard', key, window_ms: null, content_hash: null }
    return accept(services, snapshot, { head, body, dedupe, plan })
  })
  return told === null || told.kind === 'accepted' || told.kind === 'duplicate'
}
