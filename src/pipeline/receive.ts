import type { Refusal } from '../model/refusal.ts'
import type { SourceRequest } from '../sources/index.ts'
import { answered } from './answer-handshake.ts'
import { keepingCertificates } from './kept-certificates.ts'
import { tellAndAsk, unavailableMs, withFresh } from './fresh.ts'
import { maskedHeaders } from './masked-headers.ts'
import { readBody } from './read-body.ts'
import type { Services } from './bound-services.ts'
import type { CompiledSnapshot, CompiledSource } from './snapshots.ts'
import { store } from './store.ts'
import type { Received } from './verbs.ts'

/** Anything but a final answer sends `withFresh` round again. */
type Decided = Received | { kind: 'stale' }

/**
 * An inbound request, from its bytes to its answer: handshake, proof, routing, commit. What is refused is kept with its
 * exact reason before the answer leaves, and a refusal by an outdated configuration is decided anew. `url` is what the
 * sender called.
 */
export async function receive(
  services: Services,
  sourceId: string,
  request: Request,
  url: string,
): Promise<Received> {
  const tenantId = await services.snapshots.tenantOfSource(sourceId)
  if (tenantId === null) return { kind: 'not_found' }
  const read = await readBody(request, services.limits.maxBodyBytes)
  const { method, headers } = request
  const received = await withFresh<Decided>(services, tenantId, async (snapshot) => {
    const source = snapshot.sources.get(sourceId)
    if (source === undefined) return missing(services, snapshot)
    if (read.kind !== 'read') {
      const limit = services.limits.maxBodyBytes
      const refusal: Refusal =
        read.kind === 'too_large'
          ? { reason: 'payload_too_large', limit }
          : { reason: 'body_unreadable' }
      const size = Number(headers.get('content-length') ?? 0)
      return refuse(services, snapshot, source, { method, headers }, size, refusal)
    }
    return decide(services, snapshot, source, { method, url, headers, body: read.bytes })
  })
  if (received === null) return { kind: 'not_found' }
  if (received.kind === 'stale' || received.kind === 'unavailable') {
    return { kind: 'unavailable', retry_after_ms: unavailableMs }
  }
  return received
}

/** A source that the snapshot does not have may have been made a moment ago, elsewhere. */
async function missing(services: Services, snapshot: CompiledSnapshot): Promise<Decided> {
  const version = await services.configuration.versionOf(snapshot.tenant.id)
  return version === snapshot.version || version === null
    ? { kind: 'not_found' }
    : { kind: 'stale' }
}

async function decide(
  services: Services,
  snapshot: CompiledSnapshot,
  source: CompiledSource,
  request: SourceRequest,
): Promise<Decided> {
  const refuseFor = (refusal: Refusal) =>
    refuse(services, snapshot, source, request, request.body.byteLength, refusal)
  if (!source.record.enabled) return refuseFor({ reason: 'source_disabled' })
  const world = {
    nowMs: services.now(),
    fetch: keepingCertificates(services.fetch, services.now),
  }
  const shaken = await source.bound.handshake(request, world)
  if (shaken !== null) {
    // No ledger is asked about a handshake, so that the configuration itself says whether there is a newer one.
    const version = await services.configuration.versionOf(snapshot.tenant.id)
    if (version !== snapshot.version) return { kind: 'stale' }
    return answered(services, snapshot, source, request, shaken)
  }
  if (!source.bound.methods.includes(request.method)) {
    const refused = await refuseFor({ reason: 'method_not_allowed', method: request.method })
    const allow = source.bound.methods
    return refused.kind === 'refused' ? { kind: 'method_not_allowed', allow } : refused
  }
  const verified = await source.bound.verify(request, world)
  if (!verified.ok) return refuseFor(verified.error)
  return store(services, snapshot, source, request, verified.value)
}

async function refuse(
  services: Services,
  snapshot: CompiledSnapshot,
  { record, bound }: CompiledSource,
  { method, headers }: { method: string; headers: Headers },
  body_size: number,
  refusal: Refusal,
): Promise<Decided> {
  const { tenant, version } = snapshot
  const ledger = services.ledger(tenant.id, 0)
  const rejection = {
    source_id: record.id,
    refusal,
    method,
    headers: maskedHeaders(headers, bound.proofHeaders),
    body_size,
  }
  const kept = await tellAndAsk(ledger, snapshot, 0, async () => ({
    kind: await ledger.reject(version, rejection),
  }))
  if (kept.kind === 'stale') return { kind: 'stale' }
  services.log({
    at: 'event.refused',
    tenant_id: tenant.id,
    source_id: record.id,
    reason: refusal.reason,
  })
  return { kind: 'refused', refusal }
}
