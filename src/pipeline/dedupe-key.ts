import type { EventView } from '../model/event.ts'
import { utf8 } from '../signing/bytes.ts'
import { toHex } from '../signing/encodings.ts'
import { sha256 } from '../signing/hmac.ts'
import type { CompiledSource } from './snapshots.ts'

/** Longer keys are kept as their hash: a key is stored with every event. */
const longest = 200

/** How an inbound event is told from others: by the source's own expression, else by what its provider names. */
export async function dedupeKeyOf(
  { dedupeKey }: CompiledSource,
  view: EventView,
  providerKey: string | null,
): Promise<string | null> {
  if (dedupeKey === null) return bounded(providerKey)
  const result = await dedupeKey.evaluate(view)
  if (!result.ok || result.value === undefined || result.value === null) return bounded(providerKey)
  return bounded(typeof result.value === 'string' ? result.value : JSON.stringify(result.value))
}

const bounded = (key: string | null): string | null =>
  key !== null && key.length > longest ? `sha256:${toHex(sha256(utf8(key)))}` : key
