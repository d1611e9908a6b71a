import type { DraftHead } from '../ledger/new-event.ts'
import type { AcceptResult } from '../ledger/protocol.ts'
import type { Priority } from '../model/connection.ts'
import type { PlannedVerdict } from '../model/event.ts'
import { concat, utf8 } from '../signing/bytes.ts'
import { toHex } from '../signing/encodings.ts'
import { sha256Of } from '../signing/hmac.ts'
import { type Acceptable, acceptAll } from './accept.ts'
import { viewOf } from './prepare.ts'
import { type Stored, unavailableMs, withFresh } from './fresh.ts'
import type { Services } from './bound-services.ts'
import { routed } from './pace.ts'
import type { CompiledSnapshot } from './snapshots.ts'
import type { Posted, PostedEvent } from './verbs.ts'

/** Who posts; `keyHash`: the tenant's key, `null` where the instance acts in the tenant. */
export interface Poster {
  tenantId: string
  keyHash: string | null
}

type Decided = { kind: 'unauthorized' | 'stale' | 'decided' }

/** Past types and filters, into this one connection alone: what is told to one receiver. */
function planThrough({ connections }: CompiledSnapshot, id: string, priority: Priority) {
  const connection = connections.get(id)
  if (connection === undefined) return []
  const { destination_id, enabled } = connection
  const plan: PlannedVerdict = enabled
    ? { connection_id: id, verdict: 'delivery', destination_id, priority, lane: null }
    : { connection_id: id, verdict: 'disabled' }
  return [plan]
}

/**
 * Stores events that a product posts; the answers stand in the events' order. Those that meet a change of the
 * configuration are decided anew, and only those: what is stored already is not stored again. `through`: the one connection that
 * takes them, whatever it takes by itself.
 */
export async function post(
  services: Services,
  caller: Poster,
  events: readonly PostedEvent[],
  through: string | null = null,
): Promise<Posted[]> {
  const posted = new Map<number, Posted>()
  const decided = await withFresh<Decided>(services, caller.tenantId, async (snapshot) => {
    if (!mayPost(snapshot, caller, services.now())) return unauthorizedBy(services, snapshot)
    const pending = [...events.keys()].filter((index) => !posted.has(index))
    const all: Acceptable[] = []
    for (const [index, event] of events.entries()) {
      if (!posted.has(index)) all.push(await acceptable(services, snapshot, event, through))
    }
    const results = await acceptAll(services, snapshot, all)
    for (const [i, result] of results.entries()) {
      const index = pending[i]
      if (index !== undefined && result.kind !== 'stale') posted.set(index, postedOf(result))
    }
    return { kind: posted.size < events.length ? 'stale' : 'decided' }
  })
  const unauthorized = decided === null || decided.kind === 'unauthorized'
  return events.map(
    (_, index) =>
      posted.get(index) ??
      (unauthorized
        ? { kind: 'unauthorized' }
        : { kind: 'unavailable', retry_after_ms: unavailableMs }),
  )
}

function mayPost(snapshot: CompiledSnapshot, { keyHash }: Poster, now: number): boolean {
  if (keyHash === null) return true
  const key = snapshot.keys.get(keyHash)
  return (
    key !== undefined && key.role !== 'viewer' && (key.expires_at === null || key.expires_at > now)
  )
}

/** Whether the caller's key is one at this very moment. `post` asks by itself; this is for requests that come to no event. */
export async function mayStillPost(services: Services, caller: Poster): Promise<boolean> {
  const { snapshots, configuration, now } = services
  const kept = await snapshots.get(caller.tenantId)
  const version = await configuration.versionOf(caller.tenantId)
  const snapshot = kept?.version === version ? kept : await snapshots.reload(caller.tenantId)
  return snapshot !== null && mayPost(snapshot, caller, now())
}

/** A key that the snapshot does not have may have been made a moment ago, elsewhere. */
async function unauthorizedBy(services: Services, snapshot: CompiledSnapshot): Promise<Decided> {
  const version = await services.configuration.versionOf(snapshot.tenant.id)
  return version === null || version === snapshot.version
    ? { kind: 'unauthorized' }
    : { kind: 'stale' }
}

async function acceptable(
  services: Services,
  snapshot: CompiledSnapshot,
  { data, id, time, ...posted }: PostedEvent,
  through: string | null,
): Promise<Acceptable> {
  const head = {
    ...posted,
    source_id: null,
    time: time ?? new Date(services.now()).toISOString(),
    dedupe_key: id,
    replay_of: null,
  }
  const view = viewOf({ ...head, id: '', received_at: 0 }, data)
  const connections = [...snapshot.connections.values()]
  const { id: tenantId } = snapshot.tenant
  const { priority } = posted
  const plan =
    through === null
      ? await routed(services, tenantId, view, null, connections, priority)
      : planThrough(snapshot, through, priority)
  return {
    head,
    body: data,
    plan,
    dedupe:
      id === null
        ? null
        : { scope: 'api', key: id, window_ms: null, content_hash: await contentHash(head, data) },
  }
}

/** What makes a repeat the same event: everything that the poster said of it but the time. */
async function contentHash(head: DraftHead, data: Uint8Array): Promise<string> {
  const { type, subject, source, order_key, priority, content_type } = head
  const said = utf8(JSON.stringify([type, subject, source, order_key, priority, content_type]))
  return toHex(await sha256Of(concat(said, data)))
}

function postedOf(result: Exclude<Stored<AcceptResult>, { kind: 'stale' }>): Posted {
  switch (result.kind) {
    case 'accepted':
      return { kind: 'accepted', event_id: result.event_id }
    case 'duplicate':
    case 'conflict':
    case 'limited':
      return result
    case 'behind':
    case 'full':
    case 'unavailable':
      return { kind: 'unavailable', retry_after_ms: unavailableMs }
  }
}
