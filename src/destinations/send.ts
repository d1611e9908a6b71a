import type { AttemptReport, FailureCause, Outcome } from '../model/outcome.ts'
import { err, ok } from '../model/result.ts'
import type { Result } from '../model/result.ts'
import { checkAddress } from './address.ts'
import { readBounded } from './bounded-body.ts'
import { connectionSentence } from './connection-error.ts'
import type { Deadline } from './deadline.ts'
import { late, startDeadline } from './deadline.ts'
import type {
  Conversation,
  HttpExchange,
  Message,
  OutgoingRequest,
  ReceivedResponse,
  Stopped,
  Talk,
  Target,
  World,
} from './destination.ts'
import { tooDeep } from './mapping/fields.ts'
import { credentialOf, redact, shownHeader } from './redact.ts'

const maxResponseBytes = 16_384

/** Lists of megabytes are read, and not searched for secrets where nobody will see them. */
const mostRedacted = 65_536

type Report = Omit<AttemptReport, 'duration_ms'>

/** What all steps of one attempt look at. */
interface Attempt {
  /** What the report must not hold: the config's secrets, those that sign, and what the requests so far have carried. */
  secrets: Set<string>
  timeoutMs: number
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

function shownHeaders({ headers, secretHeaders }: OutgoingRequest): Record<string, string> {
  const shown: Record<string, string> = {}
  headers.forEach((value, name) => {
    shown[name] = secretHeaders.includes(name) ? shownHeader(value) : value
  })
  return shown
}

const encoder = new TextEncoder()

/** Readable text of at most 16 KiB: what is not UTF-8 is replaced, and what is secret masked. */
function shownBody(bytes: Uint8Array, secrets: Set<string>, truncated: boolean): string {
  const head = bytes.subarray(0, mostRedacted)
  const isCut = truncated || head.length < bytes.length
  // `stream` leaves out a character that a cut has halved.
  const decoded = new TextDecoder().decode(head, { stream: isCut })
  const text = redact(decoded, [...secrets], isCut)
  const encoded = encoder.encode(text)
  if (encoded.length <= maxResponseBytes) return text
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

type Make = (staleToken: string | null) => Promise<Result<OutgoingRequest, Stopped>>

interface Exchanged {
  report: Report
  /** `null` where there was no answer. */
  response: ReceivedResponse | null
}

/** One request and its answer, and a second one where a 401 asks for another token. */
async function exchange(
  attempt: Attempt,
  make: Make,
  staleToken: string | null,
): Promise<Exchanged> {
  const { secrets, timeoutMs, world, deadline } = attempt
  const stopped = (...given: Parameters<typeof unanswered>): Exchanged => ({
    report: unanswered(...given),
    response: null,
  })
  const tooLate = `No answer came within ${seconds(timeoutMs)}.`
  const made = await deadline.race(make(staleToken))
  if (made === late) return stopped(failed('timeout'), tooLate)
  if (!made.ok) return stopped(made.error.outcome, made.error.error)
  const request = made.value
  const address = checkAddress(request.url, world.allowlist)
  if (!address.ok)
    return stopped({ kind: 'refused', cause: 'blocked_address' }, address.error.reason)

  for (const name of request.secretHeaders) {
    const value = request.headers.get(name)
    if (value !== null) secrets.add(value).add(credentialOf(value))
  }
  const request_headers = shownHeaders(request)
  let answer: Response | typeof late
  try {
    answer = await deadline.race(fetched(request, world, deadline))
  } catch (error) {
    return stopped(failed('connection'), connectionSentence(error), request_headers)
  }
  if (answer === late) return stopped(failed('timeout'), tooLate, request_headers)

  const { status, headers } = answer
  const cap = Math.max(request.readBytes ?? 0, maxResponseBytes)
  const { bytes, truncated } = await readBounded(answer, cap, deadline)
  if (status === 401 && request.token !== undefined && staleToken === null)
    return exchange(attempt, make, request.token)
  const text = shownBody(bytes, secrets, truncated)
  const error = sentenceFor(status)
  return {
    response: { status, headers, body: bytes },
    report: {
      // What it means is the type's to say.
      outcome: failed('status'),
      status,
      ...(text === '' ? {} : { response_body: text }),
      ...(truncated || bytes.length > maxResponseBytes ? { response_truncated: true } : {}),
      ...(error === undefined ? {} : { error }),
      request_headers,
    },
  }
}

async function single<Config>(
  attempt: Attempt,
  type: HttpExchange<Config>,
  message: Message,
  target: Target<Config>,
  ahead: OutgoingRequest | null,
): Promise<Report> {
  const { world } = attempt
  const make: Make = async (staleToken) =>
    ahead !== null && staleToken === null
      ? ok(ahead)
      : type.request(message, target, world, staleToken)
  const { report, response } = await exchange(attempt, make, null)
  return response === null ? report : { ...report, outcome: type.outcome(response, world) }
}

/** The record is the last exchange's: its answer is what the outcome follows from. */
async function conversation<Config>(
  attempt: Attempt,
  type: Conversation<Config>,
  message: Message,
  target: Target<Config>,
): Promise<Report> {
  let last: Report = unanswered(failed('interrupted'), 'No request was made.')
  const talk: Talk = {
    ...attempt.world,
    async call(make) {
      const { report, response } = await exchange(attempt, make, null)
      last = report
      return response === null
        ? err({ outcome: report.outcome, error: report.error ?? '' })
        : ok(response)
    },
  }
  const { outcome, error } = await type.converse(message, target, talk)
  const { error: lastError, ...kept } = last
  // A type may repeat what the receiver said.
  const said = error === undefined ? lastError : redact(error, [...attempt.secrets], true)
  return {
    ...kept,
    outcome,
    ...(said === undefined || outcome.kind === 'delivered' ? {} : { error: said }),
  }
}

/**
 * One attempt over HTTP, within `target.timeoutMs` from the first byte of the token request to the last of the answer's
 * body that is kept. It checks the address, follows no redirect, reads at most 16 KiB, and asks once for a new token after a 401.
 * An answer's status counts as soon as it is there, however its body ends. Nothing in the report is a secret. Never throws.
 * `ahead`: the first request, where it has been made already.
 */
export async function send<Config>(
  type: HttpExchange<Config> | Conversation<Config>,
  message: Message,
  target: Target<Config>,
  secrets: readonly string[],
  world: World,
  ahead: OutgoingRequest | null = null,
): Promise<AttemptReport> {
  const startedAt = world.now()
  const deadline = startDeadline(target.timeoutMs)
  let report: Report
  try {
    const { signingSecrets, timeoutMs } = target
    const hidden = new Set([...secrets, ...signingSecrets])
    const attempt = { secrets: hidden, timeoutMs, world, deadline }
    report =
      'converse' in type
        ? await conversation(attempt, type, message, target)
        : await single(attempt, type, message, target, ahead)
  } catch (thrown) {
    const deep = tooDeep(thrown)
    report =
      deep === null
        ? unanswered(failed('interrupted'), 'Switchyard could not finish this attempt.')
        : unanswered(deep.outcome, deep.error)
  } finally {
    deadline.end()
  }
  return { ...report, duration_ms: Math.max(world.now() - startedAt, 0) }
}
