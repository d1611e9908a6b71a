import { parseJson } from '../../model/json.ts'
import { memberRange } from '../../model/raw-json.ts'
import { valueAt } from '../payload.ts'

/** The bytes of the list that the body has under that name; none where it has no such list. */
export function listBytes(body: Uint8Array, name: string): Uint8Array {
  const isList = Array.isArray(valueAt(parseJson(body), [name]))
  const range = isList ? memberRange(body, name) : null
  return range === null ? new Uint8Array() : body.subarray(range.start, range.end)
}
