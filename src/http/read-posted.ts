import { err, ok, type Result } from '../model/result.ts'
import { maskedHeaders } from '../pipeline/masked-headers.ts'
import type { PostedEvent } from '../pipeline/verbs.ts'
import { parseJsonBody } from './body.ts'
import {
  batchType,
  binaryEvent,
  isBinaryMode,
  structuredEvent,
  structuredType,
} from './cloud-events.ts'
import { postedEvent } from './posted-event.ts'
import { type FieldError, invalid, problem } from './problem.ts'
import { elementRanges, memberRange, type Range, wholeRange } from '../model/raw-json.ts'

const maxEvents = 500

/** `application/cloudevents+json; charset=utf-8` as `application/cloudevents+json`. */
const mediaType = (headers: Headers): string =>
  (headers.get('content-type') ?? '').replace(/;.*$/, '').trim().toLowerCase()

const unsupported = (type: string): Response =>
  problem('unsupported_media_type', `Events do not come here as ${type}.`)

const isCloudEventsType = (type: string): boolean => type.startsWith('application/cloudevents')

/** The one event of a request, in whichever of the three forms it comes; or the answer that says what is wrong. */
export function readOne(headers: Headers, bytes: Uint8Array): Result<PostedEvent, Response> {
  const type = mediaType(headers)
  const kept = maskedHeaders(headers, [])
  const structured = type === structuredType
  if (isCloudEventsType(type) && !structured) return err(unsupported(type))
  if (!structured && isBinaryMode(headers)) {
    const event = binaryEvent(bytes, headers, kept)
    return event.ok ? event : err(invalid(event.error))
  }
  const parsed = parseJsonBody(bytes)
  if (!parsed.ok) return err(parsed.response)
  const place = { bytes, range: wholeRange(bytes), value: parsed.value, at: [] }
  const event = structured
    ? structuredEvent(place, kept)
    : postedEvent(place, kept, headers.get('idempotency-key'))
  return event.ok ? event : err(invalid(event.error))
}

type Batch = Result<PostedEvent, FieldError[]>[]

const wrong = (path: string, message: string) => err(invalid([{ path, message }]))

/** Where the array of events stands, and what it is. */
function eventsOf(
  bytes: Uint8Array,
  value: unknown,
  cloudEvents: boolean,
): Result<{ items: unknown[]; ranges: Range[] }, Response> {
  const at = cloudEvents ? '' : 'events'
  if (!cloudEvents) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return wrong('', 'expected an object with "events"')
    }
    const unknown = Object.keys(value).filter((name) => name !== 'events')
    if (unknown.length > 0) {
      return err(invalid(unknown.map((path) => ({ path, message: 'unknown field' }))))
    }
  }
  const range = cloudEvents ? wholeRange(bytes) : memberRange(bytes, 'events')
  // What `Object.keys` has shown to be an object with no other member.
  const items: unknown = cloudEvents ? value : (value as { events?: unknown }).events
  const ranges = range === null ? null : elementRanges(bytes, range)
  if (!Array.isArray(items) || ranges === null) return wrong(at, 'expected an array of events')
  if (items.length === 0 || items.length > maxEvents) return wrong(at, `1 to ${maxEvents} events`)
  return ok({ items, ranges })
}

/** The events of a batch in order, each in order or with what is wrong with it; or the answer to no batch at all. */
export function readBatch(headers: Headers, bytes: Uint8Array): Result<Batch, Response> {
  const type = mediaType(headers)
  const cloudEvents = type === batchType
  if (isCloudEventsType(type) && !cloudEvents) return err(unsupported(type))
  const parsed = parseJsonBody(bytes)
  if (!parsed.ok) return err(parsed.response)
  const events = eventsOf(bytes, parsed.value, cloudEvents)
  if (!events.ok) return events
  const kept = maskedHeaders(headers, [])
  const { items, ranges } = events.value
  return ok(
    ranges.map((range, i) => {
      const place = { bytes, range, value: items[i], at: cloudEvents ? [i] : ['events', i] }
      return cloudEvents ? structuredEvent(place, kept) : postedEvent(place, kept, null)
    }),
  )
}
