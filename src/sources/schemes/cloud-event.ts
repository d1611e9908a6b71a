import * as z from 'zod'
import { parseJson } from '../../model/json.ts'
import { err, ok } from '../../model/result.ts'
import type { Result } from '../../model/result.ts'
import type { Refusal } from '../../model/refusal.ts'
import { keyFrom, typeFrom } from '../payload.ts'
import type { Part, SourceRequest, Verified } from '../source.ts'
import { jsonParts, together } from './json-batch.ts'

export const structuredType = 'application/cloudevents+json'
export const batchType = 'application/cloudevents-batch+json'

const text = z.string().min(1)

/** What an event of version 1.0 must have. An attribute that is `null` is one that is not there. */
const Attributes = z.object({
  specversion: z.literal('1.0'),
  id: text,
  source: text,
  type: text,
  datacontenttype: text.nullish(),
  dataschema: text.nullish(),
  subject: text.nullish(),
  time: text.nullish(),
})

const malformed = (detail: string) => err({ reason: 'malformed_body', detail } as const)

export const mediaTypeOf = ({ headers }: SourceRequest): string =>
  (headers.get('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''

/** An event is told by its source and its id together. No URI holds a space. */
export const originKey = (source: string, id: string): string | null =>
  keyFrom(`${source.replaceAll(' ', '%20')} ${id}`)

/** The CloudEvent with these attributes, in whatever mode they came. */
function cloudEventOf(attributes: unknown): Result<Verified, Refusal> {
  const parsed = Attributes.safeParse(attributes)
  if (!parsed.success) {
    const at = parsed.error.issues[0]?.path[0]
    return malformed(at === undefined ? 'no CloudEvent' : `${String(at)}: missing or malformed`)
  }
  const { type, source, id } = parsed.data
  return ok({ type: typeFrom(type), dedupeKey: originKey(source, id) })
}

/** https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md#3132-http-header-values */
function headerText(value: string): string {
  const unquoted = /^"(.*)"$/.exec(value)?.[1]?.replaceAll(/\\(.)/g, '$1') ?? value
  try {
    return decodeURIComponent(unquoted)
  } catch {
    return unquoted
  }
}

/** The events of a batch, each in structured mode. */
export const batchParts = (body: Uint8Array): Part[] =>
  jsonParts(
    body,
    (json) => {
      const event = cloudEventOf(json)
      return event.ok ? event.value : { type: 'unknown', dedupeKey: null }
    },
    structuredType,
  )

/** The event that the request is; a batch of several as one. An element that is no CloudEvent spoils it. */
export function cloudEventIn(request: SourceRequest): Result<Verified, Refusal> {
  const mediaType = mediaTypeOf(request)
  if (mediaType === batchType) {
    const batch = parseJson(request.body)
    if (!Array.isArray(batch)) return malformed('a batch is a JSON array')
    const refused = batch.map(cloudEventOf).find((event) => !event.ok)
    return refused ?? ok(together(batchParts(request.body), request.body))
  }
  if (mediaType === structuredType) return cloudEventOf(parseJson(request.body))
  if (mediaType.startsWith('application/cloudevents')) {
    return malformed('CloudEvents are read in JSON only')
  }
  const attributes = [...request.headers]
    .filter(([name]) => name.startsWith('ce-'))
    .map(([name, value]) => [name.slice('ce-'.length), headerText(value)])
  return cloudEventOf(Object.fromEntries(attributes))
}
