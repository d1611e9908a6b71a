import type { BoundDestination } from '../destinations/bind.ts'
import type { QueueBinding, Tokens, World } from '../destinations/destination.ts'
import { withUrlParts } from '../destinations/hook-url.ts'
import { redact, secretsIn } from '../destinations/redact.ts'
import type { EventHead } from '../model/event.ts'
import { newId } from '../model/ids.ts'
import { ok } from '../model/result.ts'
import { masked } from '../model/secret-paths.ts'
import { toText, utf8 } from '../signing/bytes.ts'
import { newEd25519Secret, newHmacSecret } from '../signing/standard-webhooks.ts'
import { viewOf } from './prepare.ts'
import type { Services } from './bound-services.ts'
import { compileMapping } from './compile-mapping.ts'
import { mapFields } from './mapping.ts'
import { maskedHeaders } from './masked-headers.ts'
import type { DraftEvent } from './try.ts'

/** A request as it would be sent. Nothing in it is a secret. */
export interface PreviewedRequest {
  method: string
  url: string
  headers: Record<string, string>
  body: string | null
}

/** `error`: why there is no request to make. */
export interface Preview {
  requests: PreviewedRequest[]
  error: string | null
}

const dots = masked('')

/** In place of an access token: a header takes no dots, and this short a text is masked whole. */
const noToken = 'no-token'

const noTokens: Tokens = {
  get: () => Promise.resolve(ok({ value: noToken, expiresAt: Number.MAX_SAFE_INTEGER })),
}

/** What stops an attempt before anything has left. */
class NotSent extends Error {}

interface Recorded {
  method: string
  url: string
  headers: Headers
  body: string | null
}

const textOf = (body: unknown): string | null => {
  if (typeof body === 'string') return body
  return body instanceof Uint8Array ? toText(body) : null
}

/** A world in which the first thing that would leave is kept, and nothing leaves. */
function silentWorld(services: Services, kept: Recorded[]): World {
  const keep = (recorded: Recorded): never => {
    kept.push(recorded)
    throw new NotSent()
  }
  const binding = (name: string): QueueBinding => ({
    send: async (message) =>
      keep({
        method: 'SEND',
        url: `binding:${name}`,
        headers: new Headers(),
        body: textOf(message) ?? JSON.stringify(message),
      }),
  })
  return {
    now: services.now,
    random: services.random,
    allowlist: services.allowlist,
    tokens: noTokens,
    queue: binding,
    mailer: binding,
    fetch: async (input, init) =>
      keep({
        method: init?.method ?? 'GET',
        url: input instanceof Request ? input.url : String(input),
        headers: new Headers(init?.headers),
        body: textOf(init?.body),
      }),
  }
}

/** A URL that is a secret as a whole (a hook's) keeps its origin, for that is what a reader looks for. */
function shownUrl(url: string, secrets: readonly string[]): string {
  const parsed = URL.parse(url)
  if (parsed === null || parsed.origin === 'null') return redact(url, secrets, false)
  // As it was written, for the secrets are: the parser would change letters and escapes.
  const rest = redact(url.replace(/^[a-z]+:\/\/[^/?#]*/i, ''), secrets, false)
  const isHook = secrets.some((secret) => url.startsWith(secret))
  return parsed.origin + (isHook ? `/${dots}` : rest)
}

function shown(
  { method, url, headers, body }: Recorded,
  reported: Record<string, string>,
  secrets: readonly string[],
): PreviewedRequest {
  const all = Object.entries(maskedHeaders(headers, [])).map(([name, value]) => {
    // Signed with a secret of this preview's own, so that the signature would mislead.
    if (name === 'webhook-signature') return [name, dots]
    // The attempt's own record knows which of the type's headers are secret.
    const told = reported[name]?.includes(dots) === true ? reported[name] : value
    return [name, redact(told, secrets, false)]
  })
  return {
    method,
    url: shownUrl(url, secrets),
    headers: Object.fromEntries(all),
    body: body === null ? null : redact(body, secrets, false),
  }
}

const headOf = (services: Services, event: DraftEvent): EventHead => {
  const now = services.now()
  return {
    id: newId('event', now, services.random(16)),
    type: event.type,
    source_id: null,
    source: event.source ?? null,
    subject: event.subject ?? null,
    time: event.time ?? new Date(now).toISOString(),
    received_at: now,
    content_type: 'application/json',
    headers: event.headers,
    order_key: event.order_key ?? null,
    priority: 'normal',
    dedupe_key: null,
    replay_of: null,
  }
}

async function signingSecretsFor(
  { random }: Services,
  { signing }: BoundDestination,
): Promise<string[]> {
  if (signing === null) return []
  return [signing === 'hmac' ? newHmacSecret(random(24)) : await newEd25519Secret(random(32))]
}

/**
 * The first request that a destination so configured would make for the event, its mapping evaluated as in a delivery. Nothing is
 * sent, no token is fetched, and secrets are masked in the URL, the headers and the body.
 */
export async function previewDestination(
  services: Services,
  tenantId: string,
  bound: BoundDestination,
  event: DraftEvent,
): Promise<Preview> {
  const head = headOf(services, event)
  const body = utf8(JSON.stringify(event.data) ?? '')
  const mapping = compileMapping(bound.mapping)
  const mapped = await mapFields(services, tenantId, mapping, undefined, viewOf(head, body))
  if (!mapped.ok) return { requests: [], error: mapped.error }
  const kept: Recorded[] = []
  const report = await bound.send(
    {
      event: head,
      body,
      contentType: head.content_type,
      deliveryId: newId('delivery', services.now(), services.random(16)),
      connectionId: 'preview',
      attempt: 1,
      sequence: null,
      mapped: mapped.value,
    },
    {
      destinationId: 'preview',
      signingSecrets: await signingSecretsFor(services, bound),
      timeoutMs: 5000,
    },
    silentWorld(services, kept),
  )
  const secrets = [...withUrlParts(secretsIn(bound.config, bound.secretPaths)), noToken]
  const [first] = kept
  const error = report.error === undefined ? null : redact(report.error, secrets, false)
  return first === undefined
    ? { requests: [], error }
    : { requests: [shown(first, report.request_headers, secrets)], error: null }
}
