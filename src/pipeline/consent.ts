import type { DestinationRecord } from '../config/config.ts'
import { checkAddress } from '../destinations/address.ts'
import { bindDestination } from '../destinations/bind.ts'
import type { Consent, DestinationType } from '../destinations/destination.ts'
import { destinationTypes, isDestinationType } from '../destinations/index.ts'
import { askForToken } from '../destinations/oauth/token-endpoint.ts'
import { isJsonObject, type JsonObject } from '../model/json.ts'
import { err, ok, type Result } from '../model/result.ts'
import { utf8 } from '../signing/bytes.ts'
import { toBase64Url } from '../signing/encodings.ts'
import { sha256 } from '../signing/hmac.ts'
import type { Services } from './bound-services.ts'
import { type Asked, fingerprintOf, openAsked, sealAsked } from './consent-state.ts'

interface Consenting {
  record: DestinationRecord
  consent: Consent
}

/** What is wrong with a callback, and where in its query. The message is for people, and holds no secret. */
export interface ConsentProblem {
  at: 'state' | 'error' | 'code'
  message: string
}

async function consenting(
  services: Services,
  tenantId: string,
  destinationId: string,
): Promise<Result<Consenting, 'not_found' | 'no_consent'>> {
  const snapshot = await services.snapshots.reload(tenantId)
  const found = snapshot?.destinations.get(destinationId)
  if (found === undefined || !isDestinationType(found.record.type)) return err('not_found')
  const type: DestinationType = destinationTypes[found.record.type]
  const consent = type.consent?.(found.bound.config) ?? null
  return consent === null ? err('no_consent') : ok({ record: found.record, consent })
}

function urlOf(consent: Consent, redirectUri: string, state: string, challenge: string | null) {
  const { authorizeUrl, clientId, scopes, scopeSeparator = ' ', extra = {} } = consent
  const url = new URL(authorizeUrl)
  const parameters = {
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri,
    state,
    ...(scopes.length === 0 ? {} : { scope: scopes.join(scopeSeparator) }),
    ...(challenge === null ? {} : { code_challenge: challenge, code_challenge_method: 'S256' }),
    ...extra,
  }
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  return url.href
}

/** The page on which the account's owner consents (RFC 6749 4.1.1), with PKCE where the receiver knows it. */
export async function beginConsent(
  services: Services,
  tenantId: string,
  destinationId: string,
  redirectUri: string,
): Promise<Result<string, 'not_found' | 'no_consent'>> {
  const found = await consenting(services, tenantId, destinationId)
  if (!found.ok) return found
  const { record, consent } = found.value
  const verifier = consent.pkce ? toBase64Url(services.random(32)) : null
  const fingerprint = fingerprintOf(record)
  const asked = { tenant: tenantId, destination: destinationId, redirectUri, verifier, fingerprint }
  const state = await sealAsked(services, asked)
  const challenge = verifier === null ? null : toBase64Url(sha256(utf8(verifier)))
  return ok(urlOf(consent, redirectUri, state, challenge))
}

const stateProblems = {
  unknown: 'is none that was given out here',
  expired: 'has expired: ask for a new URL',
  used: 'was used already, or the destination has changed since: ask for a new URL',
}

const problem = (at: ConsentProblem['at'], message: string) => err<ConsentProblem>({ at, message })

/** What the provider says in place of a code (RFC 6749 4.1.2.1). */
function denial(parameters: URLSearchParams): string {
  const said = [parameters.get('error'), parameters.get('error_description')]
  return said
    .filter((text) => text !== null)
    .join(': ')
    .slice(0, 300)
}

/** `change` over `stored`, members of objects one by one, so that a type need name only what it has learned. */
function merged(stored: JsonObject, change: Record<string, unknown>): Record<string, unknown> {
  const next: Record<string, unknown> = { ...stored }
  for (const [name, value] of Object.entries(change)) {
    const before = Object.hasOwn(stored, name) ? stored[name] : undefined
    next[name] = isJsonObject(before) && isJsonObject(value) ? merged(before, value) : value
  }
  return next
}

/**
 * What the consent page sends the browser back with: the code is exchanged, and what is learned by it stored, sealed. A state
 * that comes again is refused before anything is asked of the receiver.
 */
export async function endConsent(
  services: Services,
  parameters: URLSearchParams,
): Promise<Result<{ destinationId: string }, ConsentProblem>> {
  const state = await openAsked(services, parameters.get('state') ?? '')
  if (!state.ok) return problem('state', stateProblems[state.error])
  const asked = state.value
  if (parameters.has('error')) return problem('error', denial(parameters))
  const found = await consenting(services, asked.tenant, asked.destination)
  if (!found.ok || fingerprintOf(found.value.record) !== asked.fingerprint) {
    return problem('state', stateProblems.used)
  }
  const learned = await exchanged(services, found.value.consent, asked, parameters.get('code'))
  if (!learned.ok) return learned
  const stored = await store(services, asked, learned.value)
  return stored.ok ? ok({ destinationId: asked.destination }) : stored
}

async function exchanged(
  services: Services,
  consent: Consent,
  { redirectUri, verifier }: Asked,
  code: string | null,
): Promise<Result<Record<string, unknown>, ConsentProblem>> {
  if (code === null || code === '') {
    return problem('code', 'required')
  }
  const { tokenUrl, clientId: id, clientSecret: secret, clientAuth: auth } = consent
  const address = checkAddress(tokenUrl, services.allowlist)
  if (!address.ok) {
    return problem('code', `The token endpoint: ${address.error.reason}`)
  }
  const answer = await askForToken(
    { tokenUrl, id, secret, auth },
    { type: 'authorization_code', code, redirectUri, verifier },
    services,
  )
  if (!answer.ok) return problem('code', answer.error)
  const learned = consent.learned(answer.value)
  return learned.ok ? learned : problem('code', learned.error)
}

async function store(
  services: Services,
  asked: Asked,
  learned: Record<string, unknown>,
): Promise<Result<null, ConsentProblem>> {
  const changed = await services.configuration
    .of(asked.tenant)
    .destinations.reconfigure(asked.destination, async (record) => {
      // Another callback with the same state may have come first.
      if (fingerprintOf(record) !== asked.fingerprint) return err('used')
      if (!isDestinationType(record.type) || !isJsonObject(record.config)) return err('unreadable')
      const config = merged(record.config, learned)
      const bound = bindDestination(record.type, config)
      return bound.ok && bound.value.blocked(services.allowlist).length === 0
        ? ok({ secretPaths: destinationTypes[record.type].secrets, config })
        : err('unreadable')
    })
  if (changed.ok) return ok(null)
  return changed.error === 'unreadable'
    ? problem('code', 'What came for it does not fit the destination.')
    : problem('state', stateProblems.used)
}
