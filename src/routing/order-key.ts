import type { EventView } from '../model/event.ts'
import type { Json } from '../model/json.ts'
import type { Expression } from './expression.ts'

/** An order asked for; without an expression the key is the event's own. */
export interface CompiledOrder {
  key: Expression | null
}

const longestKey = 256
const kept = 200

/**
 * The lane that a delivery waits in: the connection and the order key, `null` where no order was asked
 * for. A key that is missing, `null` or cannot be had is the empty key: those events stay in order
 * among themselves. It is a promise only where an expression has to be run.
 */
export function laneOf(
  connectionId: string,
  order: CompiledOrder | null,
  view: EventView,
): string | null | Promise<string> {
  if (order === null) return null
  const lane = (key: Json | undefined): string => `${connectionId}:${keyText(key)}`
  if (order.key === null) return lane(view.order_key)
  const found = order.key.now(view)
  if (found.kind === 'found') return lane(found.value)
  return order.key.evaluate(view).then((result) => lane(result.ok ? result.value : null))
}

function keyText(key: Json | undefined): string {
  if (key === undefined || key === null) return ''
  const text = typeof key === 'object' ? JSON.stringify(key) : String(key)
  return text.length <= longestKey ? text : `${text.slice(0, kept)}~${digest(text.slice(kept))}`
}

/** 53 bits of two FNV-1a hashes. It tells long keys apart; it is no protection against anyone. */
function digest(text: string): string {
  let [low, high] = [0x811c9dc5, 0x01000193]
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    low = Math.imul(low ^ unit, 0x01000193)
    high = Math.imul(high ^ unit, 0x85ebca6b)
  }
  return ((high >>> 11) * 2 ** 32 + (low >>> 0)).toString(36)
}
