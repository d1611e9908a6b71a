import * as z from 'zod'
import { Priority } from '../model/connection.ts'
import { err, ok, type Result } from '../model/result.ts'
import type { PostedEvent } from '../pipeline/verbs.ts'
import { fromBase64 } from '../signing/encodings.ts'
import { utf8 } from '../signing/bytes.ts'
import { fieldErrors } from './issues.ts'
import { cut, fields, PostedType } from './posted-event.ts'
import type { FieldError } from './problem.ts'
import { memberRange, type Range } from '../model/raw-json.ts'
import { normalTime } from './times.ts'

/** https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md */
export const structuredType = 'application/cloudevents+json'
export const batchType = 'application/cloudevents-batch+json'

const attributes = {
  specversion: z.literal('1.0'),
  id: z.string().min(1).max(256),
  source: fields.source,
  type: PostedType,
  datacontenttype: z
    .string()
    .regex(/^[\x20-\x7e]{1,200}$/, 'a content type')
    .optional(),
  dataschema: z.string().min(1).max(2000).optional(),
  subject: fields.subject.optional(),
  time: fields.time.optional(),
  /** Extensions that Switchyard understands; others are kept as headers. */
  orderkey: fields.order_key.optional(),
  priority: Priority.optional(),
}

const Attributes = z.object(attributes)

export const StructuredEvent = z
  .object({
    ...attributes,
    data: z.unknown().optional(),
    data_base64: z.string().optional(),
  })
  .catchall(z.union([z.string(), z.number(), z.boolean()]))
  .superRefine((event, context) => {
    for (const name of Object.keys(event)) {
      if (/^[a-z0-9]+$/.test(name) || name === 'data_base64') continue
      const message = 'an attribute’s name is made of lower-case letters and digits'
      context.addIssue({ code: 'custom', path: [name], message })
    }
  })

/** One event has the same source and id, in whatever mode it is sent. No URI holds a space. */
const dedupeKeyOf = ({ source, id }: z.infer<typeof Attributes>): string =>
  `${source.replaceAll(' ', '%20')} ${id}`

const eventOf = (
  event: z.infer<typeof Attributes>,
  data: Uint8Array,
  content_type: string | null,
  headers: Record<string, string>,
): PostedEvent => ({
  type: event.type,
  data,
  content_type,
  id: dedupeKeyOf(event),
  time: event.time === undefined ? null : normalTime(event.time),
  subject: event.subject ?? null,
  source: event.source,
  order_key: event.orderkey ?? null,
  priority: event.priority ?? 'normal',
  headers,
})

const isJsonType = (type: string): boolean => /^[^;]*[/+]json\s*(?:;|$)/i.test(type)

/** The attributes as binary mode would have them, so that filters find them in one place. */
const attributeHeaders = (event: Record<string, unknown>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(event)
      .filter(([name]) => name !== 'data' && name !== 'data_base64')
      .map(([name, value]) => [`ce-${name}`, String(value)]),
  )

/** Section 2.3 of the JSON format: an attribute that is `null` is one that is not there. */
const withoutNulls = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(
        Object.entries(value).filter(([name, member]) => member !== null || name === 'data'),
      )
    : value

/** Section 3.1.1: text of another type than JSON stands in `data` as a string; JSON stands there itself. */
function dataOf(
  bytes: Uint8Array,
  range: Range,
  { data, data_base64, datacontenttype }: z.infer<typeof StructuredEvent>,
): Result<Uint8Array, string> {
  const raw = memberRange(bytes, 'data', range)
  if (data_base64 !== undefined) {
    if (raw !== null) return err('stands beside data: one of them only')
    const decoded = fromBase64(data_base64)
    return decoded === null ? err('not base64') : ok(decoded)
  }
  if (raw === null) return ok(new Uint8Array())
  const isText = datacontenttype !== undefined && !isJsonType(datacontenttype)
  return ok(isText && typeof data === 'string' ? utf8(data) : cut(bytes, raw))
}

/** The CloudEvent in structured mode that stands at `range` of `bytes` and was read as `value`. */
export function structuredEvent(
  {
    bytes,
    range,
    value,
    at,
  }: { bytes: Uint8Array; range: Range; value: unknown; at: PropertyKey[] },
  headers: Record<string, string>,
): Result<PostedEvent, FieldError[]> {
  const parsed = StructuredEvent.safeParse(withoutNulls(value))
  if (!parsed.success) return err(fieldErrors(parsed.error.issues, at))
  const event = parsed.data
  const data = dataOf(bytes, range, event)
  if (!data.ok) {
    const issue = { code: 'custom' as const, path: ['data_base64'], message: data.error }
    return err(fieldErrors([issue], at))
  }
  const type = data.value.length === 0 ? null : 'application/json'
  const content = event.datacontenttype ?? (event.data_base64 === undefined ? type : null)
  return ok(eventOf(event, data.value, content, { ...headers, ...attributeHeaders(event) }))
}

/** Whether the request's headers carry a CloudEvent's attributes. */
export const isBinaryMode = (headers: Headers): boolean =>
  ['ce-specversion', 'ce-id', 'ce-type'].some((name) => headers.has(name))

/** https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md#3132-http-header-values */
export function headerText(value: string): string {
  const unquoted = /^"(.*)"$/.exec(value)?.[1]?.replaceAll(/\\(.)/g, '$1') ?? value
  try {
    return decodeURIComponent(unquoted)
  } catch {
    return unquoted
  }
}

/** The CloudEvent in binary mode: attributes in `ce-*` headers, the body is the data. */
export function binaryEvent(
  bytes: Uint8Array,
  requestHeaders: Headers,
  headers: Record<string, string>,
): Result<PostedEvent, FieldError[]> {
  const named = [...requestHeaders].filter(([name]) => name.startsWith('ce-'))
  const decoded = named.map(([name, value]) => [name, headerText(value)] as const)
  const byName = Object.fromEntries(decoded.map(([name, text]) => [name.slice('ce-'.length), text]))
  const parsed = Attributes.safeParse(byName)
  if (!parsed.success) {
    const errors = fieldErrors(parsed.error.issues)
    return err(errors.map(({ path, message }) => ({ path: `ce-${path}`, message })))
  }
  const type = requestHeaders.get('content-type')
  const kept = { ...headers, ...Object.fromEntries(decoded) }
  return ok(eventOf(parsed.data, bytes, type, kept))
}
