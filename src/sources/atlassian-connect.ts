import * as z from 'zod'
import { parseJson } from '../model/json.ts'
import type { Json } from '../model/json.ts'
import type { Refusal } from '../model/refusal.ts'
import { err, ok } from '../model/result.ts'
import type { Result } from '../model/result.ts'
import { utf8 } from '../signing/bytes.ts'
import { fromBase64Url } from '../signing/encodings.ts'
import { equal } from '../signing/equal.ts'
import { digestLength, hmacOf } from '../signing/hmac.ts'
import { bodyDigest, keyFrom, textAt, typeFrom, valueAt } from './payload.ts'
import { headerOf } from './schemes/claim.ts'
import { likelyCauseOf, otherUrls, skewed } from './schemes/likely-cause.ts'
import { queryStringHashes } from './schemes/query-string-hash.ts'
import { PublicUrl, Secret, secretPaths } from './settings.ts'
import { defineSource } from './source.ts'
import type { SourceRequest, World } from './source.ts'

const header = 'authorization'
const token = /^jwt +([\w-]+)\.([\w-]+)\.([\w-]+)$/i

const Config = z.strictObject({
  secret: Secret,
  /** The tenant's client key, where only one tenant is believed. */
  issuer: z.string().min(1).max(1000).optional(),
  url: PublicUrl,
})
type Config = z.infer<typeof Config>

/** What a token claims, once any of the secrets has signed it with HS256. */
async function claimsOf(
  request: SourceRequest,
  secrets: string[],
): Promise<Result<Json | undefined, Refusal>> {
  const malformed = err({ reason: 'malformed_header', header } as const)
  const value = headerOf(request, header)
  if (!value.ok) return value
  const [, head = '', claims = '', text = ''] = token.exec(value.value) ?? []
  const signature = fromBase64Url(text)
  if (signature?.length !== digestLength('sha256')) return malformed
  const signed = utf8(`${head}.${claims}`)
  const fits = async (key: Uint8Array): Promise<boolean> =>
    equal(signature, await hmacOf('sha256', key, signed))
  const keys = secrets.map(utf8)
  const signers = await Promise.all(keys.map(fits))
  if (!signers.includes(true)) {
    const given = { keys, body: new Uint8Array(), url: null }
    const cause = await likelyCauseOf(given, ({ key }) => fits(key))
    return err({ reason: 'signature_mismatch', ...cause })
  }
  // What is signed says how. Only now is it read, and it must say what was done.
  const algorithm = textAt(parseJson(fromBase64Url(head) ?? utf8('')), 'alg')
  return algorithm === 'HS256' ? ok(parseJson(fromBase64Url(claims) ?? utf8(''))) : malformed
}

/** Without leeway: Atlassian's tokens hold for three minutes as it is. */
function expiryProblem(claims: Json | undefined, { nowMs }: World): Refusal | null {
  const exp = valueAt(claims, ['exp'])
  if (exp === undefined) return { reason: 'missing_field', field: 'exp' }
  // RFC 7519, 2: seconds, and not always whole ones.
  if (typeof exp !== 'number' || Math.abs(exp) > Number.MAX_SAFE_INTEGER) {
    return { reason: 'timestamp_malformed', header }
  }
  const lateS = Math.floor(nowMs / 1000) - exp
  if (lateS < 0) return null
  return skewed({ reason: 'timestamp_outside_tolerance', skew_s: Math.floor(lateS) })
}

function urlProblem(
  claims: Json | undefined,
  { method, url }: SourceRequest,
  publicUrl: string | undefined,
): Refusal | null {
  const claimed = textAt(claims, 'qsh')
  if (claimed === undefined) return { reason: 'missing_field', field: 'qsh' }
  const isOf = (called: string): boolean =>
    queryStringHashes(method, called, publicUrl).includes(claimed)
  if (isOf(url)) return null
  const differs = otherUrls(url).some(isOf)
  return { reason: 'signature_mismatch', ...(differs && { likely_cause: 'url_differs' }) }
}

/**
 * A JWT under the secret that the tenant shared with the app at its installation. It signs the method, the path under the app's
 * base URL and the query, for three minutes: neither the host nor **the body, which anybody could have changed who saw a
 * token**. Lifecycle calls (`installed`) are signed with a key of Atlassian's own, and not accepted.
 * Type: the body's `webhookEvent`. Dedupe: `X-Atlassian-Webhook-Identifier`, else a digest of the body.
 */
export const atlassianConnect = defineSource({
  title: 'Atlassian Connect',
  documentation:
    'https://developer.atlassian.com/cloud/jira/platform/understanding-jwt-for-connect-apps/',
  config: Config,
  secrets: secretPaths('secret'),
  proofHeaders: [header],
  methods: ['POST'],
  typeIs: '`webhookEvent` of the body',
  dedupeKeyIs: 'the header X-Atlassian-Webhook-Identifier, else a digest of the body',
  eventTypes: [
    'jira:issue_created',
    'jira:issue_updated',
    'comment_created',
    'page_created',
    'page_updated',
  ],
  steps: [
    "In the app's descriptor, add a webhook whose url, behind the baseUrl, is this source's URL.",
    'Copy sharedSecret from the call with which the product installed the app into this source.',
    'Where baseUrl has a path, or a proxy stands in between, enter the public URL here as url.',
    'The body is not signed: for Jira, prefer webhooks made by an administrator (provider jira).',
  ],

  async verify(request, { secret, issuer, url }: Config, world) {
    const claims = await claimsOf(request, secret)
    if (!claims.ok) return claims
    const problem = expiryProblem(claims.value, world) ?? urlProblem(claims.value, request, url)
    if (problem !== null) return err(problem)
    if (issuer !== undefined && textAt(claims.value, 'iss') !== issuer) {
      return err({ reason: 'credentials_mismatch' })
    }
    const { headers, body } = request
    return ok({
      type: typeFrom(textAt(parseJson(body), 'webhookEvent')),
      dedupeKey: keyFrom(headers.get('x-atlassian-webhook-identifier')) ?? bodyDigest(body),
    })
  },
})
