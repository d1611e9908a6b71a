import type { Configuration } from '../config/config.ts'
import type { Services } from '../pipeline/bound-services.ts'
import { invalid, problem } from './problem.ts'

const header = 'idempotency-key'
/** Marks an answer that was given before. */
export const replayedHeader = 'idempotent-replayed'
const shape = /^[\x21-\x7e]{1,255}$/

export type IdempotencyKey =
  | { kind: 'none' }
  | { kind: 'key'; key: string }
  | { kind: 'refused'; response: Response }

/** The request's `Idempotency-Key`: 1 to 255 visible ASCII characters. */
export function idempotencyKeyOf(headers: Headers): IdempotencyKey {
  const key = headers.get(header)
  if (key === null) return { kind: 'none' }
  if (shape.test(key)) return { kind: 'key', key }
  const errors = [{ path: 'Idempotency-Key', message: '1 to 255 visible ASCII characters' }]
  return { kind: 'refused', response: invalid(errors) }
}

async function fingerprintOf(bytes: Uint8Array): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

const bodiless = new Set([204, 304])

/** An answer that is not kept: what was refused may be asked again, and be granted. */
class NotKept extends Error {}

/** Runs `execute` once for this key: repeats get the first answer, marked `Idempotent-Replayed: true`. */
export async function once(
  { configuration }: Services,
  scope: string,
  key: string,
  bytes: Uint8Array,
  execute: () => Promise<Response>,
): Promise<Response> {
  let fresh: Response | null = null
  const keep = async () => {
    fresh = await execute()
    if (!fresh.ok) throw new NotKept()
    const contentType = fresh.headers.get('content-type') ?? ''
    return { status: fresh.status, body: await fresh.clone().text(), contentType }
  }
  try {
    const outcome = await configuration.once(scope, key, await fingerprintOf(bytes), keep)
    return fresh ?? repeated(outcome)
  } catch (error) {
    if (error instanceof NotKept && fresh !== null) return fresh
    throw error
  }
}

function repeated(outcome: Awaited<ReturnType<Configuration['once']>>): Response {
  if (outcome.kind === 'conflict') {
    return problem('idempotency_conflict', 'The key was used for a request with another body.')
  }
  if (outcome.kind === 'busy') {
    const headers = { 'retry-after': '1' }
    return problem('idempotency_in_progress', 'Ask again for the first answer.', { headers })
  }
  const { status, body, contentType } = outcome.answer
  return new Response(bodiless.has(status) ? null : body, {
    status,
    headers: {
      ...(contentType === '' ? {} : { 'content-type': contentType }),
      [replayedHeader]: 'true',
    },
  })
}
