import { isJsonObject } from '../model/json.ts'
import { problem } from './problem.ts'
import { nestsDeeperThan } from '../model/raw-json.ts'

export const tooLarge = (limit: number): Response =>
  problem('payload_too_large', `The body is larger than ${limit} bytes. Nothing was stored.`)

export const unreadable = (): Response =>
  problem('body_unreadable', 'The body ended before it was complete.')

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })

export type ParsedJson = { ok: true; value: unknown } | { ok: false; response: Response }

/** Of the engine's own words only the place is told: the rest may quote the body. */
function brokenAt(error: unknown): string {
  const message = error instanceof Error ? error.message : ''
  const [, place] = /position (\d+)/.exec(message) ?? []
  if (place !== undefined) return `The body is not JSON: it breaks off at position ${place}.`
  return message.includes('end of JSON')
    ? 'The body is not JSON: it ends too early.'
    : 'The body is not JSON.'
}

/** JSON in UTF-8 as a value, or the 400 that says where it stops being that. */
export function parseJsonBody(bytes: Uint8Array): ParsedJson {
  let text: string
  try {
    text = decoder.decode(bytes)
  } catch {
    return { ok: false, response: problem('malformed_json', 'The body is not UTF-8.') }
  }
  try {
    return { ok: true, value: JSON.parse(text) }
  } catch (error) {
    return { ok: false, response: problem('malformed_json', brokenAt(error)) }
  }
}

/** What no request of this API needs, and what a recursive reader could drown in. */
const deepest = 100

/** A member that copying an object would lose in silence, and with it what it was to say. */
const hasPrototype = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (Object.hasOwn(value, '__proto__') || Object.values(value).some(hasPrototype))

/** The JSON object of an API request. No body at all counts as one without members. */
export function parseRequest(bytes: Uint8Array): ParsedJson {
  if (bytes.length === 0) return { ok: true, value: {} }
  const parsed = parseJsonBody(bytes)
  if (!parsed.ok) return parsed
  if (!isJsonObject(parsed.value)) {
    const errors = [{ path: '', message: 'expected an object' }]
    const response = problem('validation_failed', 'The body must be a JSON object.', { errors })
    return { ok: false, response }
  }
  if (!nestsDeeperThan(bytes, deepest)) {
    if (!hasPrototype(parsed.value)) return parsed
    const errors = [{ path: '__proto__', message: 'is not a name that can be used here' }]
    const response = problem('validation_failed', 'The body has a member that cannot be.', {
      errors,
    })
    return { ok: false, response }
  }
  const errors = [{ path: '', message: `nests deeper than ${deepest} levels` }]
  const response = problem('validation_failed', 'The body nests too deep.', { errors })
  return { ok: false, response }
}
