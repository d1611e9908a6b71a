/** One thing wrong with a request, and where. */
export interface FieldError {
  path: string
  message: string
}

/** What Switchyard answers instead of what was asked for: RFC 9457, with a `code` that never changes its meaning. */
export class SwitchyardError extends Error {
  override readonly name: string = 'SwitchyardError'
  readonly status: number
  readonly code: string
  readonly detail: string
  readonly errors: readonly FieldError[]

  constructor(status: number, code: string, detail: string, errors: readonly FieldError[] = []) {
    super(`${code} (${status}): ${detail}`)
    this.status = status
    this.code = code
    this.detail = detail
    this.errors = errors
  }
}

/** The request is not valid (400, 413, 415, 422): `errors` says where. To send it again is of no use. */
export class InvalidRequestError extends SwitchyardError {
  override readonly name = 'InvalidRequestError'
}

/** The key is none, or may not do this (401, 403). */
export class KeyError extends SwitchyardError {
  override readonly name = 'KeyError'
}

/** The id belongs to another event, or something else stands in the way (409). */
export class ConflictError extends SwitchyardError {
  override readonly name = 'ConflictError'
}

/** It was asked for too often (429), and each retry was too early. */
export class RateLimitError extends SwitchyardError {
  override readonly name = 'RateLimitError'
}

/** No answer came: the network failed, or the time was over. `cause` is what `fetch` threw. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError'
}

const classFor = (status: number): typeof SwitchyardError => {
  if (status === 401 || status === 403) return KeyError
  if (status === 409) return ConflictError
  if (status === 429) return RateLimitError
  return [400, 413, 415, 422].includes(status) ? InvalidRequestError : SwitchyardError
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null

const isFieldError = (value: unknown): value is FieldError =>
  isRecord(value) && typeof value['path'] === 'string' && typeof value['message'] === 'string'

/** An answer's problem; whatever stands between may have answered something else. */
export function errorOf(status: number, body: unknown): SwitchyardError {
  const { code, detail, errors } = isRecord(body) ? body : {}
  return new (classFor(status))(
    status,
    typeof code === 'string' ? code : 'unknown',
    typeof detail === 'string' ? detail : `The answer was ${status}.`,
    Array.isArray(errors) ? errors.filter(isFieldError) : [],
  )
}
