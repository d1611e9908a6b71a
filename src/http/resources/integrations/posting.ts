import { memberRange, type Range, wholeRange } from '../../../model/raw-json.ts'
import { integrationOf } from '../../../pipeline/integrations.ts'
import { maskedHeaders } from '../../../pipeline/masked-headers.ts'
import { post } from '../../../pipeline/post.ts'
import type { Services } from '../../../pipeline/bound-services.ts'
import type { PostedEvent } from '../../../pipeline/verbs.ts'
import { utf8 } from '../../../signing/bytes.ts'
import { cut } from '../../posted-event.ts'
import { unavailable } from '../../problem.ts'
import type { Acting, Poster } from '../../route.ts'
import { answerTo } from '../posts.ts'
import { notConfigured } from './delegate.ts'

export interface Said {
  type: string
  data: unknown
  id?: string | undefined
}

/** What stands at `path` of a body, as it came: numbers that no JavaScript number holds stay what they are. */
export function bytesAt(bytes: Uint8Array, path: readonly string[]): Uint8Array | null {
  let range: Range | null = wholeRange(bytes)
  for (const name of path) range = range === null ? null : memberRange(bytes, name, range)
  return range === null ? null : cut(bytes, range)
}

/** An event in the pipeline's words. `headers`: of the request that brings it. */
export const eventFrom = (
  { type, data, id }: Said,
  headers: Headers = new Headers(),
): PostedEvent => ({
  type,
  data: data instanceof Uint8Array ? data : utf8(JSON.stringify(data) ?? 'null'),
  content_type: 'application/json',
  id: id ?? headers.get('idempotency-key'),
  time: null,
  subject: null,
  source: null,
  order_key: null,
  priority: 'normal',
  headers: maskedHeaders(headers, []),
})

/** Whoever acts in a tenant may post in it. */
export const posterOf = ({ tenant }: Acting): Poster => ({ tenantId: tenant.id, keyHash: null })

/** Stores one event and answers as `POST /api/v1/events` does. `through`: for this connection alone. */
export async function postOne(
  services: Services,
  as: Poster,
  event: PostedEvent,
  through: string | null = null,
): Promise<Response> {
  const [posted] = await post(services, as, [event], through)
  return posted === undefined ? unavailable(1000) : answerTo(services, as, posted)
}

/** Tells the tenant's integration of this kind, and nobody else. */
export async function tell(
  services: Services,
  as: Poster,
  kind: string,
  event: PostedEvent,
): Promise<Response> {
  const integration = await integrationOf(services, as.tenantId, kind)
  return integration === null
    ? notConfigured()
    : postOne(services, as, event, integration.connection.id)
}
