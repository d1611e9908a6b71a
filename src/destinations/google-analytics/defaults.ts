/** What Google Analytics is told where no mapping says it. Never who somebody is: https://support.google.com/analytics/answer/6366371 */

import { isJsonObject } from '../../model/json.ts'
import type { Json, JsonObject } from '../../model/json.ts'
import { utf8 } from '../../signing/bytes.ts'
import { sha256 } from '../../signing/hmac.ts'
import type { Message } from '../destination.ts'
import { actorIn } from '../mapping/actor.ts'
import { shown, textAt } from '../mapping/look.ts'
import { personOf } from '../mapping/people.ts'
import { paramsWithin } from './limits.ts'

/** GA's own form, `<number>.<number>`, and the same for the same text. */
function pseudonym(text: string): string {
  const digest = new DataView(sha256(utf8(text)).buffer)
  return `${digest.getUint32(0)}.${digest.getUint32(4)}`
}

/** The client of the event's data, else one made of the user's id or address; events about nobody share one for each source. */
export function clientIdOf({ event }: Message, data: Json | undefined, actor: Json): string {
  const own = textAt(data, ['client_id']) ?? textAt(actor, ['client_id'])
  const { id, email } = personOf(actor)
  return own ?? pseudonym(id ?? email?.toLowerCase() ?? `nobody:${event.source ?? ''}`)
}

/** Whose values say who somebody is, and names that mean something else to Google Analytics. */
const left =
  /mail|phone|first_?name|last_?name|full_?name|user_?agent|birth|password|secret|token|^ip$|ip_?addr|^(?:user|client)_?id$|^engagement_time_msec$|^session_number$/i

const address = /\S@\S/

function plainOf(data: JsonObject, prefix = ''): [string, Json][] {
  return Object.entries(data).flatMap(([key, value]): [string, Json][] => {
    const name = `${prefix}${key}`.replaceAll(/\W+/g, '_')
    if (isJsonObject(value)) {
      return prefix === '' && key !== 'user' && key !== 'customer' ? plainOf(value, `${key}_`) : []
    }
    if (left.test(key) || left.test(name)) return []
    if (typeof value === 'string' && address.test(value)) return []
    // The session is one of Google Analytics' own, which has a number.
    if (name === 'session_id' && !/^\d+$/.test(shown(value))) return []
    return [[name, value]]
  })
}

/** Of a person, what is no person's alone. */
const ofPerson: ReadonlySet<string> = new Set(['plan', 'method'])

/** The plain members of the data, one level down too, as far as they can be taken. */
export function defaultParams(message: Pick<Message, 'event'>, data: Json | undefined): JsonObject {
  if (!isJsonObject(data)) return { engagement_time_msec: 1 }
  const entries =
    actorIn(message, data) === data
      ? Object.entries(data).filter(([name]) => ofPerson.has(name))
      : plainOf(data)
  const taken = entries.flatMap(([name, value]) => {
    const one = paramsWithin({ [name]: value })
    return one.ok ? Object.entries(one.value) : []
  })
  // Without a time of engagement an event shows in no realtime report.
  return Object.fromEntries([['engagement_time_msec', 1], ...taken.slice(0, 24)])
}
