/** A post on its way: Meta prepares its media in a container, which is then published. */

import * as z from 'zod'
import { parseJson } from '../../model/json.ts'
import type { JsonObject } from '../../model/json.ts'
import { mappingOf } from '../../model/mapping.ts'
import type { Outcome } from '../../model/outcome.ts'
import { err, ok } from '../../model/result.ts'
import type { Result } from '../../model/result.ts'
import { BaseUrl } from '../base-url.ts'
import type { Message, Talk, Target } from '../destination.ts'
import { graphOutcome, idIn, isId, isLost, mayPass } from './answers.ts'
import { jsonRequest } from '../json-request.ts'
import { firstTextAt } from '../mapping/look.ts'

export const InstagramConfig = z.strictObject({
  access_token: z
    .string()
    .max(4096)
    .regex(/^[\x21-\x7e]+$/, 'visible ASCII characters without spaces'),
  ig_user_id: z.string().regex(/^\d{1,30}$/, 'the number of the professional account'),
  media: z.enum(['REELS', 'IMAGE']).default('REELS'),
  api_version: z
    .string()
    .regex(/^v\d{1,3}\.\d$/, 'like v24.0')
    .default('v24.0'),
  base_url: BaseUrl,
  mapping: mappingOf(['media_url', 'caption', 'cover_url', 'title', 'text']),
})
export type InstagramConfig = z.output<typeof InstagramConfig>

export const apiOf = ({ base_url }: InstagramConfig): string =>
  base_url ?? 'https://graph.facebook.com'

export interface Answer {
  outcome: Outcome
  error?: string
}

/** What a container's `status_code` says, and its `status`, which names an ERROR's subcode. */
export interface State {
  code: string
  why: string
}

export interface Container {
  id: string
  /** Made in this attempt. */
  isNew: boolean
}

const failed = { kind: 'failed', cause: 'status' } as const

export function called(path: string, body: JsonObject | null, config: InstagramConfig, talk: Talk) {
  const url = `${apiOf(config)}/${config.api_version}/${path}`
  // In a header, not in the query: URLs are written into logs.
  const headers = { authorization: `Bearer ${config.access_token}` }
  return talk.call(async () => ok(jsonRequest(url, headers, body)))
}

async function created(
  media: JsonObject,
  config: InstagramConfig,
  talk: Talk,
): Promise<Result<string, Answer>> {
  const made = await called(`${config.ig_user_id}/media`, media, config, talk)
  if (!made.ok) return made
  const id = idIn(made.value)
  if (id !== null) return ok(id)
  const outcome = graphOutcome(made.value, 'id', talk.now())
  return err({ outcome: outcome.kind === 'delivered' ? failed : outcome })
}

/** Longer than any delivery is retried; Meta itself says when a container is of no use any more. */
const keptMs = 30 * 86_400_000

/** The delivery's container, kept over its attempts where tokens are kept; `dead`: the one that another takes the place of. */
export async function containerFor(
  media: JsonObject,
  { deliveryId }: Message,
  { destinationId, config }: Target<InstagramConfig>,
  talk: Talk,
  dead: string | null,
): Promise<Result<Container, Answer>> {
  const key = `${destinationId}:container:${config.ig_user_id}:${deliveryId}`
  const attempt: { made?: Result<string, Answer> } = {}
  const kept = await talk.tokens.get(key, dead, async () => {
    const made = await created(media, config, talk)
    attempt.made = made
    return made.ok
      ? ok({ value: made.value, expiresAt: talk.now() + keptMs })
      : err(made.error.error ?? '')
  })
  if (kept.ok && isId(kept.value.value)) {
    return ok({ id: kept.value.value, isNew: attempt.made !== undefined })
  }
  if (kept.ok) {
    // A preview's world keeps no tokens, and answers with one that is none.
    const made = await created(media, config, talk)
    return made.ok ? ok({ id: made.value, isNew: true }) : made
  }
  if (attempt.made?.ok === false) return attempt.made
  return err({ outcome: { kind: 'failed', cause: 'interrupted' }, error: kept.error })
}

async function stateOf(
  id: string,
  config: InstagramConfig,
  talk: Talk,
): Promise<Result<State, Answer>> {
  const looked = await called(`${id}?fields=status_code,status`, null, config, talk)
  if (!looked.ok) return looked
  if (isLost(looked.value)) return ok({ code: 'EXPIRED', why: '' })
  const answer = parseJson(looked.value.body)
  const code = firstTextAt(answer, ['status_code'])
  const outcome = graphOutcome(looked.value, 'status_code', talk.now())
  if (outcome.kind === 'delivered' && code !== undefined) {
    return ok({ code, why: firstTextAt(answer, ['status']) ?? '' })
  }
  return err({ outcome: outcome.kind === 'delivered' ? failed : outcome })
}

const firstWaitMs = 500
const longestWaitMs = 5000

const waited = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms)
  })

/** The container's state once Meta has prepared it, or at `until` while it is still at it. */
export async function settledState(
  id: string,
  until: number,
  config: InstagramConfig,
  talk: Talk,
): Promise<Result<State, Answer>> {
  for (let waitMs = firstWaitMs; ; waitMs = Math.min(waitMs * 2, longestWaitMs)) {
    const state = await stateOf(id, config, talk)
    if (!state.ok || state.value.code !== 'IN_PROGRESS') return state
    if (talk.now() + waitMs >= until) return state
    await waited(waitMs)
  }
}

/** What a container that cannot be published now comes to. */
export function unpublished({ code, why }: State): Answer {
  if (code === 'IN_PROGRESS') {
    // "Once per minute", says Meta's guide.
    return {
      outcome: { ...failed, retry_after_ms: 60_000 },
      error: 'Instagram is still preparing the media.',
    }
  }
  if (code === 'EXPIRED' || (code === 'ERROR' && !mayPass(why))) {
    const outcome: Outcome = { kind: 'refused', cause: 'status' }
    return { outcome, error: `Instagram could not prepare the media: ${code}.` }
  }
  return { outcome: failed, error: 'Instagram could not prepare the media this time.' }
}

export const isDead = ({ code }: State): boolean => code === 'EXPIRED' || code === 'ERROR'
