import type { EventView } from '../model/event.ts'
import type { Json } from '../model/json.ts'
import { isFunction } from './plain.ts'

/** What a simple path leads to; `complex` where JSONata has rules of its own (arrays, objects). */
export type Found = { kind: 'found'; value: Json | undefined } | { kind: 'complex' }

const dotted = /^[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*$/
const keywords = new Set(['and', 'or', 'in', 'true', 'false', 'null', 'function'])

/**
 * A reader for an expression that is nothing but names and dots (`order_key`, `data.repository.id`),
 * the usual order key; `null` for any other. Its answers are JSONata's, without running it.
 */
export function simplePath(text: string): ((view: EventView) => Found) | null {
  if (!dotted.test(text)) return null
  const names = text.split('.')
  if (names.some((name) => keywords.has(name))) return null
  return (view) => {
    // Sound: all that is read of a view by its own names is JSON or missing.
    let value = view as unknown as Json | undefined
    for (const name of names) {
      if (Array.isArray(value)) return { kind: 'complex' }
      if (typeof value !== 'object' || value === null) return { kind: 'found', value: undefined }
      if (isFunction(value)) return { kind: 'complex' }
      value = Object.hasOwn(value, name) ? value[name] : undefined
    }
    if (typeof value === 'object' && value !== null) return { kind: 'complex' }
    return { kind: 'found', value }
  }
}
