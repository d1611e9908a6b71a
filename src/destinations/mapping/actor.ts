import type { Json } from '../../model/json.ts'
import type { Message } from '../destination.ts'
import { at } from './look.ts'

/** Kinds of events whose data is itself a person's. */
const ofPeople = /^(?:user|customer|contact|lead|member)s?[._/:-]/

/**
 * Whom an event is about, as `personOf` reads it: its user or customer. The event's own data only where its type says so, because
 * else the id and name are those of a video or an order.
 */
export function actorIn({ event }: Pick<Message, 'event'>, data: Json | undefined): Json {
  const inner = at(data, ['user']) ?? at(data, ['customer'])
  if (inner !== undefined) return inner
  if (ofPeople.test(event.type)) return data ?? null
  return {
    id: at(data, ['user_id']) ?? null,
    email: at(data, ['user_email']) ?? at(data, ['email']) ?? null,
  }
}
