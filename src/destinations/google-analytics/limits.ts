/** What Google Analytics would drop without a word: https://developers.google.com/analytics/devguides/collection/protocol/ga4/sending-events#limitations */

import { isJsonObject } from '../../model/json.ts'
import type { Json, JsonObject } from '../../model/json.ts'
import { err, ok } from '../../model/result.ts'
import type { Result } from '../../model/result.ts'
import type { Stopped } from '../destination.ts'
import { cut } from '../mapping/cut.ts'
import { mappingInvalid } from '../mapping/fields.ts'

const reservedPrefix = /^(?:ga_|google_|firebase_|gtag\.)/i

/** https://developers.google.com/analytics/devguides/collection/protocol/ga4/reference#reserved_names */
const reservedEvents = new Set(
  `ad_activeview ad_click ad_exposure ad_query ad_reward adunit_exposure app_background app_clear_data app_exception app_remove
  app_store_refund app_store_subscription_cancel app_store_subscription_convert app_store_subscription_renew app_update app_upgrade
  dynamic_link_app_open dynamic_link_app_update dynamic_link_first_open error first_open first_visit in_app_purchase
  notification_dismiss notification_foreground notification_open notification_receive os_update session_start
  session_start_with_rollout user_engagement`.split(/\s+/),
)

const reservedProperties = new Set(
  'first_open_time first_visit_time last_deep_link_referrer user_id first_open_after_install'.split(
    ' ',
  ),
)

function nameProblem(name: string, most: number, reserved: ReadonlySet<string>): string | null {
  if (!/^[A-Za-z]\w*$/.test(name)) {
    return 'a name begins with a letter and has letters, digits and underscores only'
  }
  if (name.length > most) return `a name has at most ${most} characters`
  return reserved.has(name) || reservedPrefix.test(name)
    ? 'Google Analytics keeps this name to itself'
    : null
}

const mostName = 40

export const eventNameProblem = (name: string): string | null =>
  nameProblem(name, mostName, reservedEvents)

/** `video.generated` as `video_generated`; what would be reserved or no name has `event_` in front. */
export function eventNameOf(type: string): string {
  const name = type.replaceAll(/\W+/g, '_')
  const fit = eventNameProblem(name.slice(0, mostName)) === null ? name : `event_${name}`
  return fit.slice(0, mostName)
}

/** https://support.google.com/analytics/answer/9267744 */
const longer: ReadonlyMap<string, number> = new Map([
  ['page_title', 300],
  ['page_referrer', 420],
  ['page_location', 1000],
])

const mostEach = 25
const none: ReadonlySet<string> = new Set()

const isScalar = (value: Json): value is string | number | boolean =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'

const short = (value: Json, most: number): Json =>
  typeof value === 'string' ? cut(value, most) : value

/** An item of an order: its plain members. */
const itemOf = (item: Json): JsonObject | null =>
  isJsonObject(item) && Object.values(item).every((value) => value === null || isScalar(value))
    ? Object.fromEntries(Object.entries(item).map(([name, value]) => [name, short(value, 100)]))
    : null

function itemsOf(value: Json): JsonObject[] | null {
  if (!Array.isArray(value) || value.length > 200) return null
  const items = value.map(itemOf).filter((item) => item !== null)
  return items.length === value.length ? items : null
}

function entriesOf(value: Json, field: string): Result<[string, Json][], Stopped> {
  if (!isJsonObject(value)) return err(mappingInvalid(field, 'must be an object'))
  const entries = Object.entries(value).filter(([, one]) => one !== null)
  return entries.length > mostEach
    ? err(mappingInvalid(field, `has ${entries.length} members; at most ${mostEach} are taken`))
    : ok(entries)
}

/** An event's parameters as they can be taken: texts are cut, what cannot be cut is refused. */
export function paramsWithin(value: Json): Result<JsonObject, Stopped> {
  const entries = entriesOf(value, 'params')
  if (!entries.ok) return entries
  const params: JsonObject = {}
  for (const [name, one] of entries.value) {
    const path = `params.${name}`
    const problem = nameProblem(name, mostName, none)
    if (problem !== null) return err(mappingInvalid(path, problem))
    const taken = isScalar(one)
      ? short(one, longer.get(name) ?? 100)
      : name === 'items'
        ? itemsOf(one)
        : null
    if (taken === null) {
      const wanted = name === 'items' ? 'at most 200 objects' : 'a text, a number, true or false'
      return err(mappingInvalid(path, `must be ${wanted}`))
    }
    params[name] = taken
  }
  return ok(params)
}

/** The properties of the user, each as `{value}`: names of 24 characters, values of 36. */
export function propertiesWithin(value: Json): Result<JsonObject, Stopped> {
  const entries = entriesOf(value, 'user_properties')
  if (!entries.ok) return entries
  const properties: JsonObject = {}
  for (const [name, one] of entries.value) {
    const path = `user_properties.${name}`
    const problem = nameProblem(name, 24, reservedProperties)
    if (problem !== null) return err(mappingInvalid(path, problem))
    if (!isScalar(one)) return err(mappingInvalid(path, 'must be a text, a number, true or false'))
    properties[name] = { value: short(one, 36) }
  }
  return ok(properties)
}
