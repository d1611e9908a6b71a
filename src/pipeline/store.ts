import type { AcceptResult } from '../ledger/protocol.ts'
import type { SourceRequest, Verified } from '../sources/index.ts'
import { type Acceptable, accept, acceptAll } from './accept.ts'
import { viewOf } from './prepare.ts'
import type { Services } from './bound-services.ts'
import { dedupeKeyOf } from './dedupe-key.ts'
import { type Stored, unavailableMs } from './fresh.ts'
import { maskedHeaders } from './masked-headers.ts'
import { paced, routed } from './pace.ts'
import type { CompiledSnapshot, CompiledSource } from './snapshots.ts'
import type { Received } from './verbs.ts'

type StoredRequest = Received | { kind: 'stale' }

/** Stores what a proved request brings: one event, or each element of a batch where the source splits them. */
export async function store(
  services: Services,
  snapshot: CompiledSnapshot,
  source: CompiledSource,
  request: SourceRequest,
  verified: Verified,
): Promise<StoredRequest> {
  const { bound } = source
  const kept = maskedHeaders(request.headers, bound.proofHeaders)
  const parts = bound.parts(request)
  const whole = {
    ...verified,
    body: request.body,
    contentType: request.headers.get('content-type'),
  }
  const all: Acceptable[] = []
  for (const element of parts ?? [whole]) {
    all.push(await acceptableOf(services, snapshot, source, kept, element))
  }
  const [only] = all
  const results =
    all.length === 1 && only !== undefined
      ? [await accept(services, snapshot, only)]
      : await acceptAll(services, snapshot, all)
  // What stops one of them stops the answer: the sender tries again, and what was stored is then a duplicate.
  const refused = results.map(unstored).find((one) => one !== null)
  if (refused !== undefined) return refused
  const events = results.map((result) => ({
    event_id: 'event_id' in result ? result.event_id : '',
    duplicate: result.kind !== 'accepted',
  }))
  const response = bound.accepted(request)
  const [first] = events
  if (parts !== null || first === undefined) return { kind: 'split', events, response }
  return { kind: first.duplicate ? 'duplicate' : 'accepted', event_id: first.event_id, response }
}

type Element = Verified & { body: Uint8Array; contentType: string | null }

async function acceptableOf(
  services: Services,
  snapshot: CompiledSnapshot,
  source: CompiledSource,
  headers: Record<string, string>,
  { type, dedupeKey, body, contentType }: Element,
): Promise<Acceptable> {
  const { record } = source
  const base = {
    // Only Switchyard speaks in its own name: nothing from outside may look like its notices.
    type: type.startsWith('switchyard.') ? 'unknown' : type,
    source_id: record.id,
    source: record.name,
    subject: null,
    time: new Date(services.now()).toISOString(),
    content_type: contentType,
    headers,
    order_key: null,
    priority: 'normal' as const,
    replay_of: null,
  }
  const view = viewOf({ ...base, id: '', received_at: 0, dedupe_key: null }, body)
  const { id: tenantId } = snapshot.tenant
  const key = await paced(services, tenantId, () => dedupeKeyOf(source, view, dedupeKey))
  const connections = [...snapshot.connections.values()]
  const plan = await routed(services, tenantId, view, record.id, connections)
  const window_ms = record.dedupe.window_s === undefined ? null : record.dedupe.window_s * 1000
  const dedupe = key === null ? null : { scope: record.id, key, window_ms, content_hash: null }
  return { head: { ...base, dedupe_key: key }, body, dedupe, plan }
}

/** Why nothing was stored; `null`: it was, now or before. */
function unstored(result: Stored<AcceptResult>): StoredRequest | null {
  switch (result.kind) {
    case 'accepted':
    case 'duplicate':
    case 'conflict':
      return null
    case 'stale':
    case 'limited':
      return result
    case 'full':
    case 'behind':
    case 'unavailable':
      return { kind: 'unavailable', retry_after_ms: unavailableMs }
  }
}
