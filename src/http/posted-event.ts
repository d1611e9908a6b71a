import * as z from 'zod'
import { EventType, Priority } from '../model/connection.ts'
import { err, ok, type Result } from '../model/result.ts'
import type { PostedEvent } from '../pipeline/verbs.ts'
import { fieldErrors, pathText } from './issues.ts'
import type { FieldError } from './problem.ts'
import { memberRange, type Range } from '../model/raw-json.ts'
import { normalTime, Time } from './times.ts'

/** What a product may call its events: what Switchyard says about itself cannot be forged. */
export const PostedType = EventType.refine((type) => !/^switchyard(?:\.|$)/.test(type), {
  error: 'types that begin with "switchyard." are Switchyard’s own',
})

export const fields = {
  time: Time.meta({ description: 'When it happened; by default when it is received.' }),
  subject: z.string().min(1).max(1000),
  source: z.string().min(1).max(1000),
  order_key: z.string().min(1).max(1000),
}

/** An event in the API's own words. */
export const NewEvent = z.strictObject({
  type: PostedType,
  data: z.unknown().meta({ description: 'Any JSON. It is delivered as these very bytes.' }),
  id: z
    .string()
    .min(1)
    .max(128)
    .optional()
    .meta({ description: 'The same id again is answered as a duplicate.' }),
  time: fields.time.optional(),
  subject: fields.subject.optional(),
  source: fields.source.optional(),
  order_key: fields.order_key.optional(),
  priority: Priority.default('normal'),
})

/** The bytes at `range`, in a buffer of their own: a view would drag the whole request along. */
export const cut = (bytes: Uint8Array, { start, end }: Range): Uint8Array => bytes.slice(start, end)

/**
 * The event that stands at `range` of `bytes` and that `JSON.parse` read as `value`. `dedupeKey` is used where
 * it has no id of its own; `at` is where errors say that it stands.
 */
export function postedEvent(
  {
    bytes,
    range,
    value,
    at,
  }: { bytes: Uint8Array; range: Range; value: unknown; at: PropertyKey[] },
  headers: Record<string, string>,
  dedupeKey: string | null,
): Result<PostedEvent, FieldError[]> {
  const parsed = NewEvent.safeParse(value)
  if (!parsed.success) return err(fieldErrors(parsed.error.issues, at))
  const data = memberRange(bytes, 'data', range)
  if (data === null) return err([{ path: pathText([...at, 'data']), message: 'required' }])
  const event = parsed.data
  return ok({
    type: event.type,
    data: cut(bytes, data),
    content_type: 'application/json',
    id: event.id ?? dedupeKey,
    time: event.time === undefined ? null : normalTime(event.time),
    subject: event.subject ?? null,
    source: event.source ?? null,
    order_key: event.order_key ?? null,
    priority: event.priority,
    headers,
  })
}
