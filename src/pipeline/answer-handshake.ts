import { isJsonObject } from '../model/json.ts'
import { toHex } from '../signing/encodings.ts'
import { sha256Of } from '../signing/hmac.ts'
import type { Handshake, SourceRequest } from '../sources/index.ts'
import { bindSource, isProvider, sources } from '../sources/index.ts'
import { err, ok } from '../model/result.ts'
import type { Services } from './bound-services.ts'
import { unavailableMs } from './fresh.ts'
import { notify } from './notice.ts'
import type { CompiledSnapshot, CompiledSource } from './snapshots.ts'
import type { Received } from './verbs.ts'

/**
 * Answers a challenge or a probe. What the provider hands over by it is stored first, and what the tenant must know of it is
 * told first: a provider that gets its answer does not come again.
 */
export async function answered(
  services: Services,
  snapshot: CompiledSnapshot,
  source: CompiledSource,
  { body }: SourceRequest,
  { response, learned, revoked }: Handshake,
): Promise<Received> {
  const done =
    (learned === undefined || (await learn(services, snapshot, source, learned))) &&
    (revoked === undefined || (await tellRevoked(services, snapshot, source, body, revoked)))
  return done
    ? { kind: 'answered', response }
    : { kind: 'unavailable', retry_after_ms: unavailableMs }
}

/** `false`: somebody else changed the source meanwhile, or it could not be stored now. */
async function learn(
  services: Services,
  { tenant }: CompiledSnapshot,
  { record }: CompiledSource,
  learned: Record<string, unknown>,
): Promise<boolean> {
  if (!isProvider(record.provider)) return false
  const { secrets: secretPaths } = sources[record.provider]
  const changed = await services.configuration
    .of(tenant.id)
    .sources.reconfigure(record.id, async (stored) => {
      const config = isJsonObject(stored.config) ? stored.config : {}
      // The first to come is believed, and only the first: what is known already is never taken over.
      if (Object.keys(learned).some((field) => Object.hasOwn(config, field))) return err('known')
      const next = { ...config, ...learned }
      return bindSource(record.provider, next).ok
        ? ok({ secretPaths, config: next })
        : err('unreadable')
    })
  return changed.ok
}

/** The same request is told once, however often its sender, or somebody who has seen it, sends it. */
async function tellRevoked(
  services: Services,
  { tenant }: CompiledSnapshot,
  { record }: CompiledSource,
  body: Uint8Array,
  reason: string,
): Promise<boolean> {
  const key = `revoked:${record.id}:${toHex(await sha256Of(body))}`
  return notify(services, tenant.id, 'switchyard.source.revoked', key, {
    source_id: record.id,
    source_name: record.name,
    provider: record.provider,
    reason,
  })
}
