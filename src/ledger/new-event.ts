import type { EventHead } from '../model/event.ts'
import type { NewEvent } from './protocol.ts'

/** What a caller knows of an event before the ledger has given it its place. */
export type DraftHead = Omit<EventHead, 'id' | 'received_at'>

/** An event as the ledger takes it. Its head is written as JSON here, once, for the wire and for the row. */
export function newEvent(
  head: DraftHead,
  dedupe: NewEvent['dedupe'],
  plan: NewEvent['plan'],
): NewEvent {
  const { type, source_id, ...rest } = head
  return { type, source_id, head: JSON.stringify(rest), dedupe, plan }
}
