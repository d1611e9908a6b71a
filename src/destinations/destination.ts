import type * as z from 'zod'
import type { EventHead } from '../model/event.ts'
import type { Json } from '../model/json.ts'
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
  /** What the mapping's expressions came to, by field. A field that is not here has its default. */
  mapped: Readonly<Record<string, Json>>
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
  /** What to refresh it with next time, where that changes with each use. */
  refreshToken?: string
  /** Where the token says that its API is (Salesforce's `instance_url`). */
  baseUrl?: string
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
    refresh: (last: Token | null) => Promise<Result<Token, string>>,
  ): Promise<Result<Token, string>>
}

/** All that a destination may use of the outside. */
export interface World {
  now: () => number
  fetch: typeof fetch
  tokens: Tokens
  random: (bytes: number) => Uint8Array
  /** Hosts and CIDRs that may be private (`DESTINATION_ALLOWLIST`). */
  allowlist: readonly string[]
  /** A Cloudflare Queue that the Worker is bound to by this name; `null`: it is not. */
  queue: (name: string) => QueueBinding | null
  /** A Cloudflare Email binding; `null`: the Worker has none of this name. */
  mailer: (name: string) => EmailBinding | null
}

/** https://developers.cloudflare.com/queues/configuration/javascript-apis/#queue */
export interface QueueBinding {
  send(message: unknown, options?: { contentType?: 'bytes' | 'json' | 'text' }): Promise<unknown>
}

/** https://developers.cloudflare.com/email-service/api/send-emails/workers-api/ */
export interface EmailBinding {
  send(message: Record<string, unknown>): Promise<unknown>
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
  /** How much of the answer is read where 16 KiB would not do; the attempt's record keeps 16 KiB of it. */
  readBytes?: number
}

export interface ReceivedResponse {
  status: number
  headers: Headers
  /** At most 16 KiB, or what the request asked for. */
  body: Uint8Array
}

/** A URL that the address guard checks when the destination is saved, and where it stands in `config`. */
export interface ConfiguredAddress {
  /** `url`, `auth.token_url` */
  path: string
  url: string
}

/** What a receiver is told of an event, where a mapping may say something else. */
export interface MappingField {
  name: string
  /** What it is, and what it must be: `the headline; text, cut at 150 characters`. */
  is: string
}

/** Where an account is connected by consent (RFC 6749 4.1), with what the config says of the app. */
export interface Consent {
  authorizeUrl: string
  tokenUrl: string
  clientId: string
  clientSecret: string
  scopes: readonly string[]
  scopeSeparator?: string
  pkce: boolean
  /** Where the client's credentials stand in the token request. */
  clientAuth: 'basic' | 'body'
  /** More parameters of the authorization request. */
  extra?: Readonly<Record<string, string>>
  /** The members of `config` that the token endpoint's answer fills in, which are stored, sealed. */
  learned(answer: Json): Result<Record<string, unknown>, string>
}

interface Description<Config> {
  title: string
  /** What it does, and what may happen twice: the receiver's own idempotency, or what remains possible without. */
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
  /** The fields of `config.mapping`. */
  mapping: readonly MappingField[]
  /** How its account is connected; `null`: this config needs no consent. */
  consent?(config: Config): Consent | null
}

/** Why there is no answer, or no request to make. */
export interface Stopped {
  outcome: Outcome
  error: string
}

/** A receiver that takes one HTTP request for each message. */
export interface HttpExchange<Config> {
  /** The request for one attempt; `error`: it cannot be made, and why. */
  request(
    message: Message,
    target: Target<Config>,
    world: World,
    staleToken: string | null,
  ): Promise<Result<OutgoingRequest, Stopped>>
  /** The receiver's own table of what an answer means. */
  outcome(response: ReceivedResponse, world: World): Outcome
}

/** What a conversation may use: the world, and calls within the attempt's one deadline. */
export interface Talk extends World {
  /**
   * One request of the attempt, under all the rules of `send.ts`. `make` is asked again with the refused token after a 401.
   * An error ends the attempt: pass it on.
   */
  call(
    make: (staleToken: string | null) => Promise<Result<OutgoingRequest, Stopped>>,
  ): Promise<Result<ReceivedResponse, Stopped>>
}

/** A receiver that takes several requests for one message: look, then write; make, wait, publish. */
export interface Conversation<Config> {
  converse(
    message: Message,
    target: Target<Config>,
    talk: Talk,
  ): Promise<{ outcome: Outcome; error?: string }>
}

/** A receiver that is no HTTP at all; it never throws and keeps to the target's time-out. */
export interface OwnDelivery<Config> {
  deliver(message: Message, target: Target<Config>, world: World): Promise<AttemptReport>
}

/** One kind of receiver. Everything that Switchyard knows of it is in its file. */
export type DestinationType<Config = unknown> = Description<Config> & Way<Config>

type Way<Config> = HttpExchange<Config> | Conversation<Config> | OwnDelivery<Config>

export const defineDestination = <Config, Kind extends Way<Config>>(
  type: Description<Config> & Kind,
): Description<Config> & Kind => type
