import {
  deliveryIdOf,
  type EventPlace,
  eventIdOf,
  maxDeliveriesPerEvent,
  placeOfDelivery,
  placeOfEvent,
} from '../model/event-id.ts'
import type { Page } from '../model/page.ts'

type Order = 'asc' | 'desc'

/** Where a list goes on: after this id, in this order. */
interface Position {
  order: Order
  after: string | null
}

/**
 * What `place` (of an id that was the last of a page) is on another shard. Two shards may use one number: ids
 * sort by number, then shard, so a shard that comes later in the page's order must still show its own.
 */
function placeOn(place: EventPlace, order: Order, shard: number): EventPlace {
  const step = order === 'asc' ? 1 : -1
  const comesLater = (shard - place.shard) * step > 0
  return { shard, seq: comesLater ? place.seq - step : place.seq }
}

/** Past every id with this number in the page's order. */
const edge = (order: Order): Uint8Array => new Uint8Array(8).fill(order === 'asc' ? 0xff : 0)

/** The event id after which `shard` goes on, where the whole list goes on after `after`. */
export function eventAfter({ after, order }: Position, shard: number): string | null {
  const place = after === null ? null : placeOfEvent(after)
  if (place === null || place.shard === shard) return after
  return eventIdOf(placeOn(place, order, shard), edge(order))
}

/** The same for deliveries. */
export function deliveryAfter({ after, order }: Position, shard: number): string | null {
  const place = after === null ? null : placeOfDelivery(after)
  if (place === null || place.shard === shard) return after
  const event = eventIdOf(placeOn(place, order, shard), edge(order))
  return deliveryIdOf(event, order === 'asc' ? maxDeliveriesPerEvent - 1 : 0)
}

/**
 * One page of several shards' pages. A shard that stopped before its end hides what comes after its cursor, so
 * nothing past the nearest such cursor is shown yet.
 */
export function mergePages<T extends { id: string }>(
  pages: readonly Page<T>[],
  { order, limit }: { order: Order; limit: number },
): Page<T> {
  const [only] = pages
  if (only !== undefined && pages.length === 1) return only
  const sign = order === 'asc' ? 1 : -1
  const compare = (a: string, b: string): number => (a === b ? 0 : a < b ? -sign : sign)
  const [bound = null] = pages
    .flatMap(({ next_cursor }) => (next_cursor === null ? [] : [next_cursor]))
    .sort(compare)
  const known = pages
    .flatMap(({ data }) => data)
    .filter(({ id }) => bound === null || compare(id, bound) <= 0)
    .sort((a, b) => compare(a.id, b.id))
  const data = known.slice(0, limit)
  return { data, next_cursor: known.length > limit ? (data.at(-1)?.id ?? null) : bound }
}
