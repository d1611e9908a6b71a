import type { Json } from '../../model/json.ts'
import { utf8 } from '../../signing/bytes.ts'

/** `value` without halves of surrogates: they are no characters, and receivers refuse all for one of them. */
export function wellFormed(value: Json): Json {
  if (typeof value === 'string') return value.toWellFormed()
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(wellFormed)
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, wellFormed(one)]))
}

/** `value` as JSON that every parser reads. */
export function jsonBytes(value: Json): Uint8Array {
  const text = JSON.stringify(value)
  // Only such halves (and texts that look like them) are written so: the second round is rare.
  return utf8(text.includes(String.raw`\ud`) ? JSON.stringify(wellFormed(value)) : text)
}
