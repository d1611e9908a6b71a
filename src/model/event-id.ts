import { fromBase32, prefixOf, randomDigits, toBase32 } from './ids.ts'

/**
 * An event's place in its ledger: a number that grows with each commit, made of the time (ms × 1,024) and a
 * counter. It is the event row's key, so that an id finds its row without an index.
 */
export type Seq = number

const perMs = 1024
const seqDigits = 11
const shardDigits = 2
const randomLength = 8
const indexDigits = 2
const bodyLength = seqDigits + shardDigits + randomLength

export const firstSeqOf = (timeMs: number): Seq => timeMs * perMs
export const timeOfSeq = (seq: Seq): number => Math.floor(seq / perMs)

/** The next place after `last`: never smaller, and the time where the clock has moved on. */
export const nextSeq = (last: Seq, nowMs: number): Seq => Math.max(last + 1, firstSeqOf(nowMs))

/** The most deliveries that one event may have: what two digits can number. */
export const maxDeliveriesPerEvent = 1024

export interface EventPlace {
  seq: Seq
  shard: number
}

export interface DeliveryPlace extends EventPlace {
  /** Which of its event's deliveries. */
  index: number
}

/** `random`: eight bytes, so that an id cannot be guessed from its neighbours. */
export const eventIdOf = ({ seq, shard }: EventPlace, random: Uint8Array): string =>
  prefixOf('event') +
  toBase32(seq, seqDigits) +
  toBase32(shard, shardDigits) +
  randomDigits(random.subarray(0, randomLength))

/** A delivery's id is its event's and its number there: planning twice plans the same deliveries. */
export const deliveryIdOf = (eventId: string, index: number): string =>
  prefixOf('delivery') + eventId.slice(prefixOf('event').length) + toBase32(index, indexDigits)

export const eventIdOfDelivery = (deliveryId: string): string =>
  prefixOf('event') + deliveryId.slice(prefixOf('delivery').length, -indexDigits)

function placeIn(body: string): EventPlace | null {
  const seq = fromBase32(body.slice(0, seqDigits))
  const shard = fromBase32(body.slice(seqDigits, seqDigits + shardDigits))
  return seq === null || shard === null ? null : { seq, shard }
}

/** Where the event lies, or `null` for a text that no ledger gave out. */
export function placeOfEvent(id: string): EventPlace | null {
  const prefix = prefixOf('event')
  if (!id.startsWith(prefix) || id.length !== prefix.length + bodyLength) return null
  return placeIn(id.slice(prefix.length))
}

/** Where the delivery lies, or `null` for a text that no ledger gave out. */
export function placeOfDelivery(id: string): DeliveryPlace | null {
  const prefix = prefixOf('delivery')
  if (!id.startsWith(prefix) || id.length !== prefix.length + bodyLength + indexDigits) return null
  const place = placeIn(id.slice(prefix.length))
  const index = fromBase32(id.slice(-indexDigits))
  return place === null || index === null ? null : { ...place, index }
}
