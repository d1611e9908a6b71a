import { parseJson } from '../../model/json.ts'
import { ok } from '../../model/result.ts'
import { keyFrom, textAt, typeFrom } from '../payload.ts'
import type { SourceRequest, Verification } from '../source.ts'

/** For senders of no known kind: `type` or `event` of a JSON body, and the `Idempotency-Key` header. */
export function acceptUnknown({ headers, body }: SourceRequest): Verification {
  const json = parseJson(body)
  return ok({
    type: typeFrom(textAt(json, 'type'), textAt(json, 'event')),
    dedupeKey: keyFrom(headers.get('idempotency-key')),
  })
}
