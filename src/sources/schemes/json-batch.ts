/** Bodies that are a JSON array of events. */

import { parseJson } from '../../model/json.ts'
import type { Json } from '../../model/json.ts'
import { elementRanges, wholeRange } from '../../model/raw-json.ts'
import { utf8 } from '../../signing/bytes.ts'
import { bodyDigest, textAt, valueAt } from '../payload.ts'
import type { Part, Verified } from '../source.ts'

/** How one event names itself; `dedupeKey: null` where it has no id of its own, so that its digest becomes that. */
type Read = (event: Json) => Verified

/** An id that is a number or a text. A number beyond the safe integers may have been read as another: it is none. */
export function idAt(event: Json, name: string): string | undefined {
  const value = valueAt(event, [name])
  return typeof value === 'number' && Number.isSafeInteger(value)
    ? String(value)
    : textAt(event, name)
}

/** Each event of the array with its own bytes; JSON that is no array is one event; what is no JSON holds none. */
export function jsonParts(json: Uint8Array, read: Read, contentType = 'application/json'): Part[] {
  const parsed = parseJson(json)
  if (parsed === undefined) return []
  const events = Array.isArray(parsed) ? parsed : [parsed]
  const ranges = elementRanges(json) ?? [wholeRange(json)]
  return ranges.map(({ start, end }, i) => {
    const body = json.subarray(start, end)
    const { type, dedupeKey } = read(events[i] ?? null)
    return {
      type,
      dedupeKey: dedupeKey ?? bodyDigest(body),
      body,
      contentType,
    }
  })
}

/**
 * The parts as one event. Type: the one that all share, else `batch`. Dedupe: the only part's key, else a digest of all keys,
 * which stays the same where a repeat differs in counters alone.
 */
export function together(parts: readonly Part[], body: Uint8Array): Verified {
  const [first, ...others] = parts
  if (first === undefined) return { type: 'unknown', dedupeKey: bodyDigest(body) }
  if (others.length === 0) return { type: first.type, dedupeKey: first.dedupeKey }
  return {
    type: others.every(({ type }) => type === first.type) ? first.type : 'batch',
    dedupeKey: bodyDigest(utf8(parts.map(({ dedupeKey }) => dedupeKey).join('\n'))),
  }
}
