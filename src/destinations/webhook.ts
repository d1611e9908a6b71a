import type { Outcome } from '../model/outcome.ts'
import { err, ok } from '../model/result.ts'
import type { Result } from '../model/result.ts'
import { utf8 } from '../signing/bytes.ts'
import { toBase64 } from '../signing/encodings.ts'
import { signatureOf } from '../signing/standard-webhooks.ts'
import { checkAddress } from './address.ts'
import { defineDestination } from './destination.ts'
import type { Message, Target, World } from './destination.ts'
import { headerSafe } from './header-rules.ts'
import { httpOutcome } from './http-outcome.ts'
import { accessToken } from './oauth2.ts'
import { authHeaderOf, WebhookConfig } from './webhook-config.ts'

interface Problem {
  outcome: Outcome
  error: string
}

type Credentials = { header: string; value: string; token?: string } | null

/** Its own, as far as a header can carry it; HTTP itself allows the bytes from 0x80 on. */
const sendable = /^[\t\x20-\x7e\x80-\xff]+$/

async function signaturesOf(
  { event, body }: Message,
  secrets: readonly string[],
  timestampS: number,
): Promise<string[]> {
  const signed = secrets.map((secret) => signatureOf(secret, event.id, timestampS, body))
  return (await Promise.all(signed)).filter((signature) => signature !== null)
}

async function credentialsOf(
  { destinationId, config: { auth } }: Target<WebhookConfig>,
  world: World,
  staleToken: string | null,
): Promise<Result<Credentials, Problem>> {
  if (auth === undefined) return ok(null)
  if (auth.type === 'header') return ok({ header: auth.name, value: auth.value })
  if (auth.type === 'bearer') return ok({ header: 'authorization', value: `Bearer ${auth.token}` })
  if (auth.type === 'basic') {
    const pair = toBase64(utf8(`${auth.username}:${auth.password}`))
    return ok({ header: 'authorization', value: `Basic ${pair}` })
  }
  const address = checkAddress(auth.token_url, world.allowlist)
  if (!address.ok) {
    const outcome: Outcome = { kind: 'refused', cause: 'blocked_address' }
    return err({ outcome, error: `The token endpoint: ${address.error.reason}` })
  }
  const token = await accessToken(destinationId, auth, world, staleToken)
  if (!token.ok) {
    // A wrong client secret looks like a token server's bad day, so it is tried again by schedule.
    return err({ outcome: { kind: 'failed', cause: 'credentials' }, error: token.error })
  }
  const { value } = token.value
  return ok({ header: 'authorization', value: `Bearer ${value}`, token: value })
}

/** Made as one record: each header that is set by itself is a crossing into the runtime. */
function headersOf(
  message: Message,
  config: WebhookConfig,
  timestampS: number,
  signatures: readonly string[],
): Headers {
  const { event, contentType, deliveryId, attempt, sequence } = message
  return new Headers({
    ...config.headers,
    ...(contentType !== null && sendable.test(contentType) ? { 'content-type': contentType } : {}),
    'accept-encoding': 'identity',
    'user-agent': 'Switchyard/1',
    'webhook-id': event.id,
    'webhook-timestamp': String(timestampS),
    ...(signatures.length === 0 ? {} : { 'webhook-signature': signatures.join(' ') }),
    'switchyard-event-type': headerSafe(event.type),
    'switchyard-delivery': deliveryId,
    'switchyard-attempt': String(attempt),
    ...(sequence === null ? {} : { 'switchyard-sequence': String(sequence) }),
  })
}

/** Any receiver of Standard Webhooks: https://www.standardwebhooks.com */
export const webhook = defineDestination({
  title: 'Webhook',
  description: 'Sends each event, byte for byte and signed, to a URL of your own.',
  config: WebhookConfig,
  secrets: ['headers.*', 'auth.password', 'auth.token', 'auth.value', 'auth.client_secret'],
  signing: ({ signing }) => (signing === 'none' ? null : signing),
  rateLimit: null,
  addresses: ({ url, auth }) => [
    { path: 'url', url },
    ...(auth?.type === 'oauth2_client_credentials'
      ? [{ path: 'auth.token_url', url: auth.token_url }]
      : []),
  ],
  mapping: [],
  steps: [
    'Serve an HTTPS URL that takes the request and answers 2xx within the time-out.',
    'Check "webhook-signature" with a Standard Webhooks library and the signing secret of this destination.',
    'Take an event only once: "webhook-id" is the same in every attempt.',
  ],
  async request(message, target, world, staleToken) {
    const { config, signingSecrets } = target
    const timestampS = Math.floor(world.now() / 1000)
    const secrets = config.signing === 'none' ? [] : signingSecrets
    const signatures = await signaturesOf(message, secrets, timestampS)
    // Never unsigned by omission: a receiver that checks would refuse it, and one that does not would trust it.
    if (config.signing !== 'none' && signatures.length === 0) {
      const outcome: Outcome = { kind: 'refused', cause: 'credentials' }
      return err({ outcome, error: 'The destination has no signing secret that can sign.' })
    }
    const headers = headersOf(message, config, timestampS, signatures)
    const credentials = await credentialsOf(target, world, staleToken)
    if (!credentials.ok) return credentials
    if (credentials.value !== null) headers.set(credentials.value.header, credentials.value.value)
    const token = credentials.value?.token
    const customNames = Object.keys(config.headers).map((name) => name.toLowerCase())
    const authHeader = authHeaderOf(config.auth)
    return ok({
      url: config.url,
      method: config.method,
      headers,
      body: message.body,
      secretHeaders: authHeader === null ? customNames : [...customNames, authHeader],
      ...(token === undefined ? {} : { token }),
    })
  },
  outcome: (response, world) => httpOutcome(response, world.now()),
})
