import { isJsonObject } from '../../model/json.ts'
import type { Json, JsonObject } from '../../model/json.ts'
import { err, ok } from '../../model/result.ts'
import type { Result } from '../../model/result.ts'
import type { Message, Stopped } from '../destination.ts'
import { actorIn } from '../mapping/actor.ts'
import { dataOf } from '../mapping/card.ts'
import { mappedAt, mappingInvalid, textField, urlField, valueField } from '../mapping/fields.ts'
import { numberAt, textAt } from '../mapping/look.ts'
import { videoOf } from '../mapping/people.ts'
import { timeField } from '../mapping/when.ts'
import { hashedUserData, userDataIn } from './user-data.ts'

/** Meta's standard events: https://developers.facebook.com/docs/meta-pixel/reference. Making a video is none of them. */
const standard: Readonly<Record<string, string>> = {
  'user.registered': 'CompleteRegistration',
  'user.subscribed': 'Subscribe',
  'trial.started': 'StartTrial',
  'lead.created': 'Lead',
  'video.viewed': 'ViewContent',
  'video.watched': 'ViewContent',
  'order.paid': 'Purchase',
}

/** `video.generated` as `VideoGenerated`, a custom event. */
function customName(type: string): string {
  const words = type.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== '')
  const name = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
  return name === '' ? 'Event' : name.slice(0, 50)
}

const nameOf = (type: string): string =>
  (Object.hasOwn(standard, type) ? standard[type] : undefined) ?? customName(type)

function customDataIn(type: string, data: Json | undefined): JsonObject {
  const { id, title } = videoOf(data)
  const value = numberAt(data, ['value']) ?? numberAt(data, ['amount'])
  const currency = textAt(data, ['currency'])
  return {
    ...(type.startsWith('video.') && id !== null ? { content_ids: [id] } : {}),
    ...(type.startsWith('video.') && title !== null ? { content_name: title } : {}),
    ...(value === undefined || currency === undefined
      ? {}
      : { value, currency: currency.toUpperCase() }),
  }
}

function userDataOf(message: Message, data: Json | undefined): Result<JsonObject, Stopped> {
  const mapped = mappedAt(message, 'user_data')
  if (mapped === undefined) return ok(userDataIn(data, actorIn(message, data)))
  const hashed = hashedUserData(mapped)
  return hashed.ok ? hashed : err(mappingInvalid(hashed.error.path, hashed.error.problem))
}

const day = 86_400_000

/** The event as Meta is told of it. */
export function eventOf(
  message: Message,
  action_source: string,
  nowMs: number,
): Result<JsonObject, Stopped> {
  const data = dataOf(message)
  const { type, id } = message.event
  const name = textField(message, 'event_name', nameOf(type))
  const eventId = textField(message, 'event_id', id)
  const pageUrl = textAt(data, ['url']) ?? textAt(data, ['context', 'url']) ?? videoOf(data).url
  const url = urlField(message, 'event_source_url', pageUrl)
  const mostBackMs = (action_source === 'physical_store' ? 62 : 7) * day
  const atMs = timeField(message, 'event_time', nowMs, mostBackMs)
  const user = userDataOf(message, data)
  const custom = valueField(message, 'custom_data', customDataIn(type, data)) ?? {}
  if (!name.ok) return name
  if (!eventId.ok) return eventId
  if (!url.ok) return url
  if (!atMs.ok) return atMs
  if (!user.ok) return user
  if (!isJsonObject(custom)) return err(mappingInvalid('custom_data', 'must be an object'))
  if (Object.keys(user.value).length === 0) {
    const problem = 'holds nothing that Meta could find a person by (em, ph, external_id …)'
    return err(mappingInvalid('user_data', problem))
  }
  return ok({
    event_name: name.value ?? nameOf(type),
    event_time: Math.floor(Math.min(atMs.value, nowMs) / 1000),
    event_id: eventId.value ?? id,
    action_source,
    ...(url.value === null ? {} : { event_source_url: url.value }),
    user_data: user.value,
    ...(Object.keys(custom).length === 0 ? {} : { custom_data: custom }),
  })
}
