import type { EventView } from '../../src/model/event.ts'
import type { Json } from '../../src/model/json.ts'
import type { Result } from '../../src/model/result.ts'

/** An event's view with this data; everything else as small as it can be. */
export const aView = (data: Json | undefined, rest: Partial<EventView> = {}): EventView => ({
  id: 'evt_1',
  type: 'order.created',
  source: null,
  subject: null,
  time: '2026-01-01T00:00:00.000Z',
  order_key: null,
  headers: {},
  data,
  ...rest,
})

export function valueOf<T, E>(result: Result<T, E>): T {
  if (!result.ok) throw new Error(JSON.stringify(result.error))
  return result.value
}

/** Dice that fall the same way every time (mulberry32). */
export function dice(seed: number): (sides: number) => number {
  let state = seed
  return (sides) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * sides)
  }
}
