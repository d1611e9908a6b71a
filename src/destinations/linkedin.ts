import { parseJson } from '../model/json.ts'
import type { Json } from '../model/json.ts'
import { ok } from '../model/result.ts'
import type { Result } from '../model/result.ts'
import { defineDestination } from './destination.ts'
import type { OutgoingRequest, ReceivedResponse, Stopped, Target, World } from './destination.ts'
import { jsonRequest } from './json-request.ts'
import { apiOf, LinkedinConfig, linkedinConsent, tokenOf } from './linkedin/account.ts'
import { linkedinFields, linkedinPost } from './linkedin/post.ts'
import { at, firstTextAt } from './mapping/look.ts'
import { outcomeBy } from './outcome-table.ts'
import type { OutcomeRow } from './outcome-table.ts'

/** https://learn.microsoft.com/en-us/linkedin/shared/api-guide/concepts/error-handling */
const table: readonly OutcomeRow[] = [
  { status: 422, code: ['DUPLICATE_POST on a retry'], is: 'delivered' },
]

const dayMs = 86_400_000

function codesOf(answer: Json | undefined, attempt: number): string[] {
  const errors = at(answer, ['errorDetails', 'inputErrors'])
  const codes = (Array.isArray(errors) ? errors : []).map((one) => firstTextAt(one, ['code']))
  const duplicate =
    codes.includes('DUPLICATE_POST') ||
    /content is a duplicate of/i.test(firstTextAt(answer, ['message']) ?? '')
  return duplicate && attempt > 1 ? ['DUPLICATE_POST on a retry'] : []
}

/** All limits are a day's, and start anew at midnight UTC; other answers of 429 protect the servers, for a while. */
function waitOf({ status }: ReceivedResponse, answer: Json | undefined, nowMs: number) {
  const isDaily = /throttle/i.test(firstTextAt(answer, ['message']) ?? '')
  return status === 429 && isDaily ? dayMs - (nowMs % dayMs) : null
}

async function requestOf(
  post: Json,
  target: Target<LinkedinConfig>,
  world: World,
  staleToken: string | null,
): Promise<Result<OutgoingRequest, Stopped>> {
  const token = await tokenOf(target, world, staleToken)
  if (!token.ok) return token
  const { value, shared } = token.value
  const headers = {
    authorization: `Bearer ${value}`,
    'linkedin-version': target.config.version,
    'x-restli-protocol-version': '2.0.0',
    'x-restli-method': 'create',
  }
  const url = `${apiOf(target.config)}/rest/posts`
  return ok(jsonRequest(url, headers, post, shared ? { token: value } : {}))
}

/** https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/posts-api */
export const linkedin = defineDestination({
  title: 'LinkedIn',
  description:
    'Posts each event as a member or a company page, with its link as an article. LinkedIn knows no idempotency key, but refuses what repeats a recent post: ' +
    'a retry that is refused so counts as delivered. A post may appear twice where LinkedIn does not notice, and two events that say the same are posted once.',
  config: LinkedinConfig,
  secrets: ['access_token', 'oauth.client_secret', 'oauth.refresh_token'],
  signing: () => null,
  // "Share on LinkedIn": 150 requests a member a day. Other products' limits show in the developer portal only.
  rateLimit: { limit: 6, per: 'hour' },
  // The token endpoint is at the same address, or at LinkedIn's own.
  addresses: (config) => [{ path: 'base_url', url: apiOf(config) }],
  mapping: linkedinFields,
  steps: [
    'At https://www.linkedin.com/developers/apps, make an app for your company page and verify it.',
    'Under Products, add "Share on LinkedIn" to post as a member, or "Community Management API" to post as a page.',
    "Under Auth, copy the client id and secret, and add Switchyard's callback address to the redirect URLs.",
    'Enter the author: urn:li:person:… (the "sub" of /v2/userinfo), or urn:li:organization:… (the number in the address of the page\'s admin view).',
    'Connect the account here; without a refresh token, which LinkedIn gives to some apps only, do so again every 60 days.',
  ],
  consent: linkedinConsent,
  async converse(message, target, talk) {
    const post = linkedinPost(message, target.config)
    if (!post.ok) return post.error
    const posted = await talk.call((stale) => requestOf(post.value, target, talk, stale))
    if (!posted.ok) return posted.error
    const [answer, now] = [parseJson(posted.value.body), talk.now()]
    const codes = codesOf(answer, message.attempt)
    return {
      outcome: outcomeBy(table, posted.value, now, codes, waitOf(posted.value, answer, now)),
    }
  },
})
