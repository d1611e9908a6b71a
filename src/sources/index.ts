import { err } from '../model/result.ts'
import type { Result } from '../model/result.ts'
import type { Refusal } from '../model/refusal.ts'
import { apiKey } from './api-key.ts'
import { basic } from './basic.ts'
import { registered } from './bind.ts'
import type { BoundSource, RegisteredSource } from './bind.ts'
import type { ConfigIssue } from './config-issue.ts'
import { github } from './github.ts'
import { hmac } from './hmac.ts'
import { none } from './none.ts'
import { shopify } from './shopify.ts'
import { slack } from './slack.ts'
import type { SourceRequest, Verified, World } from './source.ts'
import { standardWebhooks } from './standard-webhooks.ts'
import { stripe } from './stripe.ts'
import { svix } from './svix.ts'

export type { BoundSource, RegisteredSource } from './bind.ts'
export type { ConfigIssue } from './config-issue.ts'
export type { Handshake, Part, SourceRequest, Verified, World } from './source.ts'

/** All senders. A new one is a file, a line here and a test. */
export const sources = {
  'api-key': registered(apiKey),
  basic: registered(basic),
  github: registered(github),
  hmac: registered(hmac),
  none: registered(none),
  shopify: registered(shopify),
  slack: registered(slack),
  'standard-webhooks': registered(standardWebhooks),
  stripe: registered(stripe),
  svix: registered(svix),
} satisfies Record<string, RegisteredSource>

export type Provider = keyof typeof sources

export const isProvider = (name: string): name is Provider => Object.hasOwn(sources, name)

/** The sender of that name with this config, or what is wrong with either. */
export function bindSource(provider: string, config: unknown): Result<BoundSource, ConfigIssue[]> {
  if (isProvider(provider)) return sources[provider].bind(config)
  return err([{ path: 'provider', message: 'there is no such provider' }])
}

export type VerifyError = Refusal | { reason: 'config_invalid'; issues: ConfigIssue[] }

/**
 * Whether `request` is genuine, and what it is about. Pure, but for the `fetch` that it may be handed; never
 * throws. A caller with more than one request to check binds once instead.
 */
export async function verify(
  provider: string,
  request: SourceRequest,
  config: unknown,
  world: World,
): Promise<Result<Verified, VerifyError>> {
  const source = bindSource(provider, config)
  if (!source.ok) return err({ reason: 'config_invalid', issues: source.error })
  return source.value.verify(request, world)
}

/** The provider's answer to a request that is no event; `null` for an event, and for a config that is none. */
export async function handshake(
  provider: string,
  request: SourceRequest,
  config: unknown,
  world: World,
): Promise<Response | null> {
  const source = bindSource(provider, config)
  if (!source.ok) return null
  return (await source.value.handshake(request, world))?.response ?? null
}
