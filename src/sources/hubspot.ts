import * as z from 'zod'
import type { Json } from '../model/json.ts'
import type { Refusal } from '../model/refusal.ts'
import { err, ok } from '../model/result.ts'
import { concat, utf8 } from '../signing/bytes.ts'
import { equal } from '../signing/equal.ts'
import { sha256Of } from '../signing/hmac.ts'
import { keyFrom, textAt, typeFrom } from './payload.ts'
import { readClaim } from './schemes/claim.ts'
import type { Signing } from './schemes/claim.ts'
import { idAt, jsonParts, together } from './schemes/json-batch.ts'
import { likelyCauseOf } from './schemes/likely-cause.ts'
import { hmacProblem } from './schemes/proof.ts'
import { fill, has } from './schemes/template.ts'
import { PublicUrl, Secret, secretPaths, Split, ToleranceS } from './settings.ts'
import { defineSource } from './source.ts'
import type { SourceRequest, Verified, World } from './source.ts'

const Config = z.strictObject({
  secret: Secret,
  version: z.enum(['v1', 'v2', 'v3']).default('v3'),
  url: PublicUrl,
  tolerance_s: ToleranceS,
  split: Split,
})

const v3Header = 'x-hubspot-signature-v3'
const olderHeader = 'x-hubspot-signature'
const versionHeader = 'x-hubspot-signature-version'

const v3: Signing = {
  header: v3Header,
  encoding: 'base64',
  signed: ['method', 'url', 'body', 'timestamp'],
}

// A plain SHA-256 with the secret in front: no HMAC, and no time.
const older: Record<'v1' | 'v2', Signing> = {
  v1: { header: olderHeader, encoding: 'lower-hex', signed: ['body'] },
  v2: { header: olderHeader, encoding: 'lower-hex', signed: ['method', 'url', 'body'] },
}

/** The characters that HubSpot writes plainly in the URL that it signs, and no others. */
const plainInUrl = /%(?:3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)/gi

async function olderProblem(
  request: SourceRequest,
  signing: Signing,
  keys: readonly Uint8Array[],
  world: World,
): Promise<Refusal | null> {
  const claim = readClaim(request, signing, 32, world)
  if (!claim.ok) return claim.error
  const { signatures, values } = claim.value
  const fits = async (key: Uint8Array, body: Uint8Array, url: Uint8Array): Promise<boolean> => {
    const content = fill(signing.signed, { ...values, body, url })
    const digest = await sha256Of(concat(key, content))
    return signatures.some((signature) => equal(signature, digest))
  }
  for (const key of keys) if (await fits(key, values.body, values.url)) return null
  const url = has(signing.signed, 'url') ? (signing.url ?? request.url) : null
  const cause = await likelyCauseOf({ keys, body: request.body, url }, (other) =>
    fits(other.key, other.body, utf8(other.url)),
  )
  return { reason: 'signature_mismatch', ...cause }
}

async function problemOf(
  request: SourceRequest,
  { secret, version, url = request.url, tolerance_s }: z.infer<typeof Config>,
  world: World,
): Promise<Refusal | null> {
  const keys = secret.map(utf8)
  if (version === 'v3') {
    const timestamp = {
      header: 'x-hubspot-request-timestamp',
      unit: 'ms',
      toleranceS: tolerance_s,
    } as const
    const problemAt = (at: string) =>
      hmacProblem(request, { ...v3, timestamp, url: at }, 'sha256', keys, world)
    const plain = url.replace(plainInUrl, decodeURIComponent)
    const problem = await problemAt(plain)
    // HubSpot's own library signs it as it is called.
    const isDecided = problem?.reason !== 'signature_mismatch' || plain === url
    return isDecided || (await problemAt(url)) !== null ? problem : null
  }
  // Present, it says what the other header is; the configured version is the only one that is tried.
  const stated = request.headers.get(versionHeader) ?? version
  if (stated !== version) return { reason: 'malformed_header', header: versionHeader }
  return olderProblem(request, { ...older[version], url }, keys, world)
}

function read(event: Json): Verified {
  const ids = ['eventId', 'subscriptionId', 'occurredAt'].map((name) => idAt(event, name))
  return {
    type: typeFrom(textAt(event, 'subscriptionType')),
    dedupeKey: ids.includes(undefined) ? null : keyFrom(ids.join(':')),
  }
}

/**
 * Type: `subscriptionType` (`contact.propertyChange`); of a batch not split, the one that all its events share, else `batch`.
 * Dedupe: event id, subscription id and time together, as HubSpot does not promise that the first is unique; of a batch not
 * split, a digest of all of them. HubSpot signs one request in several versions: only the configured one counts here, so
 * that nobody can choose a weaker one by leaving a header out.
 */
export const hubspot = defineSource({
  title: 'HubSpot',
  documentation:
    'https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/request-validation',
  config: Config,
  secrets: secretPaths('secret'),
  proofHeaders: [v3Header, olderHeader],
  methods: ['POST'],
  typeIs:
    '`subscriptionType` of each event; `batch` for several kinds in one request, unless `split` is on',
  dedupeKeyIs:
    '`eventId`, `subscriptionId` and `occurredAt`; for several events in one request a digest of all, unless `split` is on',
  eventTypes: [
    'contact.creation',
    'contact.propertyChange',
    'contact.deletion',
    'company.creation',
    'deal.creation',
    'deal.propertyChange',
    'ticket.creation',
  ],
  steps: [
    "Open the app in HubSpot's developer account and copy its client secret into this source.",
    "Webhooks: enter this source's URL as the target URL.",
    'Create a subscription for each kind of event, and activate it.',
    'For the "Send a webhook" action of workflows set the version to v2.',
  ],

  async verify(request, config, world) {
    const problem = await problemOf(request, config, world)
    if (problem !== null) return err(problem)
    return ok(together(jsonParts(request.body, read), request.body))
  },

  parts: ({ body }, { split }) => (split ? jsonParts(body, read) : null),
})
