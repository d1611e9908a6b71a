/** One thing wrong with a request, and where: `config.url`, `events[3].type`. */
export interface FieldError {
  path: string
  message: string
}

/** Every way in which a request can fail. A code never changes its meaning. */
export const problems = {
  malformed_json: [400, 'The body is not JSON'],
  body_unreadable: [400, 'The body could not be read'],
  tenant_required: [400, 'The request names no tenant'],
  unauthorized: [401, 'A valid API key is required'],
  verification_failed: [401, 'The request could not be verified'],
  forbidden: [403, 'The key may not do this'],
  source_disabled: [403, 'The source is disabled'],
  not_found: [404, 'There is nothing here'],
  source_not_found: [404, 'There is no such source'],
  method_not_allowed: [405, 'The method is not allowed here'],
  event_conflict: [409, 'The id belongs to another event'],
  idempotency_conflict: [409, 'The Idempotency-Key belongs to another request'],
  idempotency_in_progress: [409, 'The first request with this Idempotency-Key is still running'],
  limit_reached: [409, 'A limit is reached'],
  not_signed: [409, 'The destination does not sign'],
  delivery_canceled: [409, 'The delivery is canceled'],
  delivery_in_flight: [409, 'The delivery is being sent'],
  delivery_ended: [409, 'The delivery has ended'],
  destination_disabled: [409, 'The destination is disabled'],
  destination_deleted: [409, 'The destination is deleted'],
  payload_too_large: [413, 'The body is too large'],
  unsupported_media_type: [415, 'The content type is not supported'],
  validation_failed: [422, 'The request is not valid'],
  invalid_cursor: [422, 'The cursor is not valid'],
  rate_limited: [429, 'Too many requests'],
  internal_error: [500, 'Something went wrong on our side'],
  unavailable: [503, 'Try again later'],
} as const satisfies Record<string, readonly [status: number, title: string]>

export type ProblemCode = keyof typeof problems

export const problemType = 'application/problem+json'

export interface ProblemExtras {
  errors?: readonly FieldError[]
  headers?: Record<string, string>
}

/** An RFC 9457 answer. `type` leads to the code's line in this router's own documentation. */
export function problem(code: ProblemCode, detail: string, extras: ProblemExtras = {}): Response {
  const [status, title] = problems[code]
  const body = { type: `/docs#problem-${code}`, title, status, code, detail }
  return new Response(
    JSON.stringify(extras.errors === undefined ? body : { ...body, errors: extras.errors }),
    { status, headers: { ...extras.headers, 'content-type': problemType } },
  )
}

/** Nobody reads more of them, and a body may hold a million. */
export const mostErrors = 100

/** 422 with every error in its place, the first hundred of them; the detail repeats the first for those who read only that. */
export function invalid(errors: readonly FieldError[]): Response {
  const [first] = errors
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : ''
  const shown = errors.slice(0, mostErrors)
  const where = first === undefined || first.path === '' ? '' : `${first.path}: `
  return problem('validation_failed', `${where}${first?.message ?? 'not valid'}${more}`, {
    errors: shown,
  })
}

/** 404: for what never was, what is gone, and what is somebody else's. */
export const notFound = (noun: string): Response =>
  problem('not_found', `There is no such ${noun}.`)

const seconds = (ms: number): number => Math.max(1, Math.ceil(ms / 1000))

export const unavailable = (retryAfterMs: number): Response =>
  problem('unavailable', 'Nothing was stored. Please try again.', {
    headers: { 'retry-after': String(seconds(retryAfterMs)) },
  })

/** https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/ */
export function rateLimited(retryAfterMs: number, perSecond: number | null): Response {
  const wait = seconds(retryAfterMs)
  return problem('rate_limited', 'The tenant’s ingest limit is reached. Nothing was stored.', {
    headers: {
      'retry-after': String(wait),
      ratelimit: `"ingest";r=0;t=${wait}`,
      ...(perSecond === null ? {} : { 'ratelimit-policy': `"ingest";q=${perSecond};w=1` }),
    },
  })
}
