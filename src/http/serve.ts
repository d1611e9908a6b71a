import * as z from 'zod'
import { mayStillPost } from '../pipeline/post.ts'
import { readBody } from '../pipeline/read-body.ts'
import type { Services } from '../pipeline/bound-services.ts'
import { guard, unauthorized } from './auth.ts'
import { parseRequest, tooLarge, unreadable } from './body.ts'
import { calledUrl } from './called-url.ts'
import { idempotencyKeyOf, once, replayedHeader } from './idempotency.ts'
import { fieldErrors } from './issues.ts'
import { invalid } from './problem.ts'
import { type Call, type Route, writes } from './route.ts'

const Nothing = z.strictObject({})

type Checked<T> = { ok: true; value: T } | { ok: false; response: Response }

function checked(schema: z.ZodType, value: unknown): Checked<unknown> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return { ok: true, value: parsed.data }
  return { ok: false, response: invalid(fieldErrors(parsed.error.issues)) }
}

async function bytesOf(
  route: Route,
  request: Request,
  limit: number,
): Promise<Checked<Uint8Array>> {
  if (!writes(route) || route.reads === 'stream') return { ok: true, value: new Uint8Array() }
  const body = await readBody(request, limit)
  if (body.kind === 'read') return { ok: true, value: body.bytes }
  return { ok: false, response: body.kind === 'too_large' ? tooLarge(limit) : unreadable() }
}

function bodyOf(route: Route, bytes: Uint8Array): Checked<unknown> {
  if (!writes(route) || (route.reads ?? 'json') !== 'json') return { ok: true, value: undefined }
  const parsed = parseRequest(bytes)
  return parsed.ok ? checked(route.body ?? Nothing, parsed.value) : parsed
}

/** Whose `Idempotency-Key` it is: one tenant's keys never meet another's, nor one route's another's. */
function scopeOf({ as, url, request }: Call): string {
  const owner = as === null ? 'instance' : 'tenantId' in as ? as.tenantId : as.tenant.id
  return `${owner}/${request.method} ${url.pathname}`
}

/**
 * One request on its way through a route: who calls, what is asked (query, then body), whether it was asked before,
 * then the handler. What is wrong with a request is said before anything is done.
 */
export async function serve(
  route: Route,
  services: Services,
  request: Request,
  params: Record<string, string>,
): Promise<Response> {
  const actor = await guard(services, route, request.headers, params)
  if (!actor.ok) return actor.error
  const answer = await answerTo(route, services, request, params, actor.value)
  return (await isForCaller(services, actor.value, answer)) ? answer : unauthorized()
}

/**
 * Posters are let in by a configuration that may be older than their key's end. What became of events is told by a newer
 * one; what was wrong with a request, or was answered before, is not.
 */
async function isForCaller(services: Services, as: Call['as'], answer: Response): Promise<boolean> {
  if (as === null || !('tenantId' in as)) return true
  const { status, ok, headers } = answer
  const isOfEvents = ok && !headers.has(replayedHeader)
  // The ledger itself says 429, and knows of the latest configuration; a flood of them costs no look.
  return (
    isOfEvents || status === 401 || status === 429 || status >= 500 || mayStillPost(services, as)
  )
}

async function answerTo(
  route: Route,
  services: Services,
  request: Request,
  params: Record<string, string>,
  as: Call['as'],
): Promise<Response> {
  const url = new URL(calledUrl(request, services.isBehindServer))
  const asked = { services, request, url, params, as }
  if (route.reads === 'stream') {
    return route.handle({ ...asked, query: undefined, body: undefined, bytes: new Uint8Array() })
  }
  const query = checked(route.query ?? Nothing, Object.fromEntries(url.searchParams))
  if (!query.ok) return query.response
  const key = idempotencyKeyOf(writes(route) ? request.headers : new Headers())
  if (key.kind === 'refused') return key.response
  const bytes = await bytesOf(route, request, services.limits.maxBodyBytes)
  if (!bytes.ok) return bytes.response
  const body = bodyOf(route, bytes.value)
  if (!body.ok) return body.response
  const call: Call = { ...asked, query: query.value, body: body.value, bytes: bytes.value }
  if (key.kind === 'none' || route.idempotency === 'own') return route.handle(call)
  return once(services, scopeOf(call), key.key, bytes.value, async () => route.handle(call))
}
