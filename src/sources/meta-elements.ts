/** What a notification of Meta's holds: changes, messages, or, in some older and some newer ones, nothing but the entry itself. */

import { parseJson } from '../model/json.ts'
import type { Json } from '../model/json.ts'
import { elementRanges, memberRange } from '../model/raw-json.ts'
import type { Range } from '../model/raw-json.ts'
import { bodyDigest, keyFrom, textAt, typeFrom, valueAt } from './payload.ts'
import type { Part } from './source.ts'

/** The lists of an entry; those of messages name no field. */
const lists = ['changes', 'messaging', 'standby'] as const

/**
 * The id of the one message that an element is about; `null` where it is about several, or something else. A message that is taken back
 * comes under its own id again, and so does each status of one.
 */
function messageIdOf(element: Json | undefined): string | null {
  const mid = textAt(element, 'message', 'mid')
  if (mid !== undefined) {
    return valueAt(element, ['message', 'is_deleted']) === true ? `${mid}:deleted` : mid
  }
  const sent = valueAt(element, ['value', 'messages'])
  const statuses = valueAt(element, ['value', 'statuses'])
  const count = [sent, statuses].reduce<number>(
    (sum, list) => sum + (Array.isArray(list) ? list.length : 0),
    0,
  )
  if (count !== 1) return null
  const status = textAt(statuses, 0, 'status')
  const id = textAt(sent, 0, 'id') ?? textAt(statuses, 0, 'id')
  if (id === undefined) return null
  return status === undefined ? id : `${id}:${status}`
}

/** Every element of a proved body, in its order, with its own bytes. */
export function elementsOf(body: Uint8Array): Part[] {
  const json = parseJson(body)
  const entries = json === undefined ? null : memberRange(body, 'entry')
  const ranges = entries === null ? [] : (elementRanges(body, entries) ?? [])
  const object = textAt(json, 'object')

  function partOf(range: Range, entry: Json | undefined, list: string | null): Part {
    const bytes = body.subarray(range.start, range.end)
    const element = parseJson(bytes)
    const named = textAt(element, 'field') ?? textAt(element, 'changed_fields', 0)
    const field = list === null || list === 'changes' ? named : list
    // Two changes may be the same bytes, of two pages or at two times.
    const time = valueAt(entry, ['time'])
    const place = `${textAt(entry, 'id') ?? ''}:${typeof time === 'number' ? time : ''}`
    return {
      type: typeFrom(field === undefined ? object : `${object ?? 'unknown'}.${field}`, object),
      dedupeKey: keyFrom(messageIdOf(element) ?? `${place}:${bodyDigest(bytes)}`),
      body: bytes,
      contentType: 'application/json',
    }
  }

  return ranges.flatMap((range, at) => {
    const entry = valueAt(json, ['entry', at])
    const parts = lists.flatMap((list) => {
      const within = memberRange(body, list, range)
      const elements = within === null ? [] : (elementRanges(body, within) ?? [])
      return elements.map((element) => partOf(element, entry, list))
    })
    return parts.length > 0 ? parts : [partOf(range, entry, null)]
  })
}

/** What a whole notification is about: its only element, or what all of its elements have in common. */
export function wholeOf(body: Uint8Array): { type: string; dedupeKey: string | null } {
  const [first, ...others] = elementsOf(body)
  const isOneType = first !== undefined && others.every(({ type }) => type === first.type)
  const type = isOneType ? first.type : typeFrom(textAt(parseJson(body), 'object'))
  const element = others.length === 0 && first !== undefined ? parseJson(first.body) : undefined
  return { type, dedupeKey: keyFrom(messageIdOf(element)) ?? bodyDigest(body) }
}
