import { isJsonObject } from '../../model/json.ts'
import type { Json } from '../../model/json.ts'
import { err, ok } from '../../model/result.ts'
import type { Result } from '../../model/result.ts'
import { utf8 } from '../../signing/bytes.ts'
import type { Message, Stopped } from '../destination.ts'
import { dataOf } from '../mapping/card.ts'
import { isWebUrl, mappedAt, mappingInvalid } from '../mapping/fields.ts'

/** https://shopify.dev/docs/api/admin-graphql/latest/mutations/metafieldsSet */
const mostMetafields = 25
/** https://shopify.dev/docs/apps/build/metafields/metafield-limits */
const mostBytes: Readonly<Record<string, number>> = { json: 131_072, url: 2048, id: 2048 }
const mostOtherBytes = 65_536

export const namespaceForm = /^[\w-]{3,255}$/
export const keyForm = /^[\w-]{2,64}$/

export interface MetafieldSettings {
  namespace: string
  key?: string | undefined
}

export interface Metafield {
  [member: string]: Json
  namespace: string
  key: string
  type: string
  value: string
}

/** The metafield type that a value is of, where the mapping names none. */
function typeOf(value: Json): string {
  if (typeof value === 'boolean') return 'boolean'
  if (typeof value === 'number')
    return Number.isInteger(value) ? 'number_integer' : 'number_decimal'
  if (typeof value !== 'string') return 'json'
  if (isWebUrl(value)) return 'url'
  return value.includes('\n') ? 'multi_line_text_field' : 'single_line_text_field'
}

interface Given {
  namespace?: Json | undefined
  key?: Json | undefined
  type?: Json | undefined
  value?: Json | undefined
}

function metafieldOf(given: Given, path: string, byDefault: string): Result<Metafield, Stopped> {
  const { namespace = byDefault, key, value = null } = given
  const wrong = (member: string, problem: string) =>
    err(mappingInvalid(`${path}.${member}`, problem))
  if (typeof namespace !== 'string' || !namespaceForm.test(namespace)) {
    return wrong('namespace', 'must be 3 to 255 letters, digits, "-" or "_"')
  }
  if (typeof key !== 'string' || !keyForm.test(key)) {
    return wrong('key', 'must be 2 to 64 letters, digits, "-" or "_"')
  }
  const { type = typeOf(value) } = given
  if (typeof type !== 'string' || !/^[a-z_.]{1,60}$/.test(type)) {
    return wrong('type', 'must be the name of a metafield type')
  }
  const text = typeof value === 'string' && type !== 'json' ? value : JSON.stringify(value)
  const most = (Object.hasOwn(mostBytes, type) ? mostBytes[type] : undefined) ?? mostOtherBytes
  if (utf8(text).length > most) return wrong('value', `is longer than ${most} bytes`)
  return ok({ namespace, key, type, value: text })
}

/** `video.generated` as `video_generated`. */
const keyOf = (type: string): string =>
  type
    .replaceAll(/[^\w-]+/g, '_')
    .slice(0, 64)
    .padEnd(2, '_')

/** The event's data as one JSON metafield, named after its type; or those that the mapping makes. */
export function metafieldsOf(
  message: Message,
  { namespace, key }: MetafieldSettings,
): Result<Metafield[], Stopped> {
  const mapped = mappedAt(message, 'metafields')
  if (mapped === undefined) {
    const value = dataOf(message) ?? null
    const given = { key: key ?? keyOf(message.event.type), type: 'json', value }
    const whole = metafieldOf(given, 'metafields[0]', namespace)
    return whole.ok ? ok([whole.value]) : whole
  }
  const list = isJsonObject(mapped)
    ? Object.entries(mapped).map(([name, value]): Given => ({ key: name, value }))
    : mapped
  if (!Array.isArray(list) || list.length === 0 || list.length > mostMetafields) {
    return err(
      mappingInvalid('metafields', `must be an object or a list of 1 to ${mostMetafields}`),
    )
  }
  const fields: Metafield[] = []
  for (const [i, one] of list.entries()) {
    const path = `metafields[${i}]`
    if (!isJsonObject(one))
      return err(mappingInvalid(path, 'must be {key, value, type?, namespace?}'))
    const field = metafieldOf(one, path, namespace)
    if (!field.ok) return field
    fields.push(field.value)
  }
  return ok(fields)
}
