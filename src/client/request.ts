import { ConnectionError, errorOf, SwitchyardError } from './errors.ts'

export interface ClientOptions {
  /** The router's origin: `https://switchyard.example.com`. */
  url: string
  key: string
  /** How often a request is made again that may work later. 3, unless told. */
  retries?: number
  /** How long one request may take. 30 s, unless told. */
  timeoutMs?: number
  fetch?: typeof fetch
  /** Chance from 0 to 1: of the waits between retries. */
  random?: () => number
  sleep?: (ms: number) => Promise<void>
  now?: () => number
}

const baseMs = 250
const longestMs = 20_000

/** Exponential, and anywhere between nothing and that: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ */
export const backoffMs = (attempt: number, random: () => number): number =>
  Math.round(Math.min(longestMs, baseMs * 2 ** attempt) * random())

/** RFC 9110 10.2.3: seconds or a date. `null`: the answer names no wait. */
export function retryAfterMs(header: string | null, nowMs: number): number | null {
  if (header === null) return null
  if (/^\d+(?:\.\d+)?$/.test(header)) return Math.ceil(Number(header) * 1000)
  const at = Date.parse(header)
  return Number.isNaN(at) ? null : Math.max(0, at - nowMs)
}

const mayWorkLater = ({ status, code }: SwitchyardError): boolean =>
  status === 429 || status === 408 || status >= 500 || code === 'idempotency_in_progress'

/** A wait that a receiver asks for is kept, but not for ever: what is longer is the caller's to decide. */
const longestAskedMs = 60_000

export type Send = (
  path: string,
  body: unknown,
  idempotencyKey: string,
) => Promise<{ status: number; body: unknown }>

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** What `fetch` would say of another one quotes it. */
const isKey = (key: string): boolean => /^[\x21-\x7e]+$/.test(key)

/** Posts JSON, again and again with the same `Idempotency-Key` while that may help. Throws typed errors. */
export function senderOf({
  url,
  key,
  retries = 3,
  timeoutMs = 30_000,
  fetch: call = (input, init) => fetch(input, init),
  random = Math.random,
  sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  now = Date.now,
}: ClientOptions): Send {
  const bearer = `Bearer ${key.trim()}`
  if (!isKey(key.trim())) throw new TypeError('The key is none: it holds what no key holds.')
  const origin = url.replace(/\/+$/, '')

  async function once(path: string, text: string, idempotencyKey: string) {
    try {
      const response = await call(origin + path, {
        method: 'POST',
        headers: {
          authorization: bearer,
          'content-type': 'application/json',
          'idempotency-key': idempotencyKey,
        },
        body: text,
        signal: AbortSignal.timeout(timeoutMs),
      })
      const { status, headers } = response
      const wait = retryAfterMs(headers.get('retry-after'), now())
      // A body that breaks off is no answer: what became of the request is not known.
      return { status, wait, body: jsonOf(await response.text()) }
    } catch (cause) {
      return new ConnectionError('No answer came from Switchyard.', { cause })
    }
  }

  return async (path, body, idempotencyKey) => {
    const text = JSON.stringify(body)
    for (let attempt = 0; ; attempt++) {
      const answer = await once(path, text, idempotencyKey)
      const failed = answer instanceof ConnectionError
      // What is no JSON was said by something between, and not by the router.
      if (!failed && answer.status < 300 && answer.body !== null) return answer
      const error = failed ? answer : errorOf(answer.status, answer.body)
      const asked = failed ? null : answer.wait
      const isOver = attempt >= retries || (asked ?? 0) > longestAskedMs
      if (isOver || (error instanceof SwitchyardError && !mayWorkLater(error))) throw error
      await sleep(Math.max(asked ?? 0, backoffMs(attempt, random)))
    }
  }
}
