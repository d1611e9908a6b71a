import type * as z from 'zod'
import type { Refusal } from '../model/refusal.ts'
import type { Result } from '../model/result.ts'

/** An inbound request as it came: nothing decoded, nothing trimmed. */
export interface SourceRequest {
  method: string
  /** The URL as called, absolute. */
  url: string
  headers: Headers
  body: Uint8Array
}

/** What a sender's proof is checked against, beside the request and the source's config. */
export interface World {
  nowMs: number
  fetch?: typeof fetch
}

export interface Verified {
  /** The provider's own name for what happened, with the action after a dot where there is one. */
  type: string
  /** The same for every delivery of one event; `null` where the provider gives nothing to tell by. */
  dedupeKey: string | null
}

export type Verification = Result<Verified, Refusal>

/** An answer to a request that is no event. */
export interface Handshake {
  response: Response
  /** What the provider hands over by this call, as members of the config. It is stored, sealed, before the answer leaves. */
  learned?: Record<string, unknown>
  /** Why the provider will send no more. The tenant is told by the event `switchyard.source.revoked`. */
  revoked?: string
}

/** One of the events that a request brings together, as its own. */
export interface Part extends Verified {
  /** The very bytes of this element as they stood in the request. */
  body: Uint8Array
  contentType: string
}

/**
 * One sender. Everything that Switchyard knows of it is in its file.
 * `verify` reads nothing out of the body before the proof holds, and never throws.
 */
export interface Source<Config = unknown> {
  title: string
  /** The provider's own page on verifying its requests. */
  documentation: string
  config: z.ZodType<Config>
  /** Paths of `config` that are sealed at rest and masked in answers (`secret`, `secret.*`). */
  secrets: readonly string[]
  /** Lower-case names of headers that carry a proof; they are masked wherever headers are kept. */
  proofHeaders: readonly string[]
  /** More of them, where the config names the header (in lower case). */
  configuredProofHeaders?(config: Config): readonly string[]
  /** HTTP methods taken for events; handshakes may use others. */
  methods: readonly string[]
  /** Where an event's type stands, in words: `the header X-GitHub-Event, with the body's action after a dot`. */
  typeIs: string
  /** What tells repeats of an event, in words: `the header X-GitHub-Delivery`. */
  dedupeKeyIs: string
  /** Some of its event types, for people who fill in a form. */
  eventTypes: readonly string[]
  /** What to do at the provider, one step a line. */
  steps: readonly string[]
  verify(request: SourceRequest, config: Config, world: World): Verification | Promise<Verification>
  /** The answer to a request that is not an event (a challenge, a probe); `null` for an event. */
  handshake?(
    request: SourceRequest,
    config: Config,
    world: World,
  ): Handshake | null | Promise<Handshake | null>
  /**
   * The events that a proved request brings together; `null`: it is one event, or `config.split` does not ask for more.
   * An empty batch is one event too, so that nothing vanishes.
   */
  parts?(request: SourceRequest, config: Config): readonly Part[] | null
  /** What this provider insists on as the answer to an accepted event; default: 202 with JSON. */
  accepted?(request: SourceRequest, config: Config): Response
}

export const defineSource = <Config>(source: Source<Config>): Source<Config> => source
