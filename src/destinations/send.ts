import type { AttemptReport, FailureCause, Outcome } from '../model/outcome.ts'
import { checkAddress } from './address.ts'
import { readBounded } from './bounded-body.ts'
import { connectionSentence } from './connection-error.ts'
import type { Deadline } from './deadline.ts'
import { late, startDeadline } from './deadline.ts'
import type { HttpExchange, Message, OutgoingRequest, Target, World } from './destination.ts'
import { credentialOf, redact, shownHeader } from './redact.ts'

const maxResponseBytes = 16_384

type Report = Omit<AttemptReport, 'duration_ms'>

/** What all steps of one attempt look at. `secrets`: the config's, which the report must not hold. */
interface Attempt<Config> {
  type: HttpExchange<Config>
  message: Message
  target: Target<Config>
  secrets: readonly string[]
  world: World
  deadline: Deadline
}

const unanswered = (
  outcome: Outcome,
  error: string,
  request_headers: Record<string, string> = {},
): Report => ({ outcome, status: null, error, request_headers })

const failed = (cause: FailureCause): Outcome => ({ kind: 'failed', cause })

const seconds = (ms: number): string => `${Math.round(ms / 100) / 10} s`

const shownHeaders = ({ headers, secretHeaders }: OutgoingRequest): Record<string, string> =>
  Object.fromEntries(
    [...headers].map(([name, value]) => [
      name,
      secretHeaders.includes(name) ? shownHeader(value) : value,
    ]),
  )

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** Readable text of at most 16 KiB: what is not UTF-8 is replaced, and what is secret masked. */
function shownBody(bytes: Uint8Array, secrets: readonly string[], truncated: boolean): string {
  const text = redact(decoder.decode(bytes), secrets, truncated)
  const encoded = encoder.encode(text)
  if (encoded.length <= maxResponseBytes) return text
  // `stream` leaves out a character that the cut has halved.
  return new TextDecoder().decode(encoded.subarray(0, maxResponseBytes), { stream: true })
}

/** Where the status does not say it all. */
function sentenceFor(status: number): string | undefined {
  if (status >= 300 && status < 400)
    return 'An answer of 3xx is no delivery: redirects are not followed.'
  return status === 410 ? 'The receiver says that it is gone for good.' : undefined
}

function fetched(request: OutgoingRequest, { fetch }: World, { signal }: Deadline) {
  // Not as `world.fetch(…)`: workerd's own refuses another `this`.
  const { url, method, headers, body } = request
  return fetch(url, { method, headers, body, redirect: 'manual', signal })
}

async function exchange<Config>(
  attempt: Attempt<Config>,
  staleToken: string | null,
): Promise<Report> {
  const { type, message, target, secrets, world, deadline } = attempt
  const tooLate = `No answer came within ${seconds(target.timeoutMs)}.`
  const made = await deadline.race(type.request(message, target, world, staleToken))
  if (made === late) return unanswered(failed('timeout'), tooLate)
  if (!made.ok) return unanswered(made.error.outcome, made.error.error)
  const request = made.value
  const address = checkAddress(request.url, world.allowlist)
  if (!address.ok)
    return unanswered({ kind: 'refused', cause: 'blocked_address' }, address.error.reason)

  const request_headers = shownHeaders(request)
  let response: Response | typeof late
  try {
    response = await deadline.race(fetched(request, world, deadline))
  } catch (error) {
    return unanswered(failed('connection'), connectionSentence(error), request_headers)
  }
  if (response === late) return unanswered(failed('timeout'), tooLate, request_headers)

  const { status, headers } = response
  const { bytes, truncated } = await readBounded(response, maxResponseBytes, deadline)
  if (status === 401 && request.token !== undefined && staleToken === null)
    return exchange(attempt, request.token)
  const credentials = request.secretHeaders.flatMap((name) => request.headers.get(name) ?? [])
  const hidden = [
    ...secrets,
    ...target.signingSecrets,
    ...credentials,
    ...credentials.map(credentialOf),
  ]
  const text = shownBody(bytes, hidden, truncated)
  const error = sentenceFor(status)
  return {
    outcome: type.outcome({ status, headers, body: bytes }, world),
    status,
    ...(text === '' ? {} : { response_body: text }),
    ...(truncated ? { response_truncated: true } : {}),
    ...(error === undefined ? {} : { error }),
    request_headers,
  }
}

/**
 * One attempt over HTTP, within `target.timeoutMs` from the first byte of the token request to the last of the answer's
 * body that is kept. It checks the address, follows no redirect, reads at most 16 KiB, and asks once for a new token after a 401.
 * An answer's status counts as soon as it is there, however its body ends. Nothing in the report is a secret. Never throws.
 */
export async function send<Config>(
  type: HttpExchange<Config>,
  message: Message,
  target: Target<Config>,
  secrets: readonly string[],
  world: World,
): Promise<AttemptReport> {
  const startedAt = world.now()
  const deadline = startDeadline(target.timeoutMs)
  let report: Report
  try {
    report = await exchange({ type, message, target, secrets, world, deadline }, null)
  } catch {
    report = unanswered(failed('interrupted'), 'Switchyard could not finish this attempt.')
  } finally {
    deadline.end()
  }
  return { ...report, duration_ms: Math.max(world.now() - startedAt, 0) }
}
