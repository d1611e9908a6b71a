import type * as z from 'zod'
import type { EventHead } from '../model/event.ts'
import type { RateLimit } from '../model/destination.ts'
import type { AttemptReport, Outcome } from '../model/outcome.ts'
import type { Result } from '../model/result.ts'

/** One attempt's content: the event, and the bytes to send (the event's own, or the transform's). */
export interface Message {
  event: EventHead
  body: Uint8Array
  contentType: string | null
  deliveryId: string
  connectionId: string
  attempt: number
  /** The place in its ordered lane, from 1; `null` where there is no order. */
  sequence: number | null
}

/** What one attempt needs to know of its destination beside the type's config. */
export interface Addressee {
  destinationId: string
  /** `whsec_…` or `whsk_…`, current first; during a rotation's overlap there are several. */
  signingSecrets: readonly string[]
  timeoutMs: number
}

/** Where the message goes: the type's config with its secrets open, and the keys that sign now. */
export interface Target<Config> extends Addressee {
  config: Config
}

/** An access token and the time from which it is of no use, in ms. */
export interface Token {
  value: string
  expiresAt: number
}

/**
 * Tokens that are shared by all deliveries with the same credentials. Of all callers that need a new one at once, one
 * `refresh` runs and the others get its answer. `stale`: the value that a receiver has just refused.
 */
export interface Tokens {
  /** `key`: the destination's id and a fingerprint of the credentials, so that changed ones get their own. */
  get(
    key: string,
    stale: string | null,
    refresh: () => Promise<Result<Token, string>>,
  ): Promise<Result<Token, string>>
}

/** All that a destination may use of the outside. */
export interface World {
  now: () => number
  fetch: typeof fetch
  tokens: Tokens
  /** Hosts and CIDRs that may be private (`DESTINATION_ALLOWLIST`). */
  allowlist: readonly string[]
}

export interface OutgoingRequest {
  url: string
  method: string
  headers: Headers
  body: Uint8Array | null
  /** Lower-case names of headers that hold credentials: masked in the attempt's record. */
  secretHeaders: readonly string[]
  /** The access token that the request carries, so that a 401 can ask for another, once. */
  token?: string
}

export interface ReceivedResponse {
  status: number
  headers: Headers
  /** At most 16 KiB. */
  body: Uint8Array
}

/** A URL that the address guard checks when the destination is saved, and where it stands in `config`. */
export interface ConfiguredAddress {
  /** `url`, `auth.token_url` */
  path: string
  url: string
}

interface Description<Config> {
  title: string
  description: string
  config: z.ZodType<Config>
  /** Paths of `config` that are sealed at rest and masked in answers (`auth.password`, `headers.*`). */
  secrets: readonly string[]
  /** Whether its deliveries are signed, and so a signing secret is made with it. */
  signing(config: Config): 'hmac' | 'ed25519' | null
  /** The receiver's published limit, used where the destination names none. */
  rateLimit: RateLimit | null
  /** Where it sends, the receiver's own URL first. */
  addresses(config: Config): readonly ConfiguredAddress[]
  steps: readonly string[]
}

/** A receiver that takes one HTTP request for each message. */
export interface HttpExchange<Config> {
  /** The request for one attempt; `error`: it cannot be made, and why. */
  request(
    message: Message,
    target: Target<Config>,
    world: World,
    staleToken: string | null,
  ): Promise<Result<OutgoingRequest, { outcome: Outcome; error: string }>>
  /** The receiver's own table of what an answer means. */
  outcome(response: ReceivedResponse, world: World): Outcome
}

/** A receiver that is no single HTTP request; it never throws and keeps to the target's time-out. */
export interface OwnDelivery<Config> {
  deliver(message: Message, target: Target<Config>, world: World): Promise<AttemptReport>
}

/** One kind of receiver. Everything that Switchyard knows of it is in its file. */
export type DestinationType<Config = unknown> = Description<Config> &
  (HttpExchange<Config> | OwnDelivery<Config>)

export const defineDestination = <Config, Kind extends HttpExchange<Config> | OwnDelivery<Config>>(
  type: Description<Config> & Kind,
): Description<Config> & Kind => type
