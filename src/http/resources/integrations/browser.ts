import * as z from 'zod'
import { post } from '../../../pipeline/post.ts'
import type { Services } from '../../../pipeline/bound-services.ts'
import { err, ok, type Result } from '../../../model/result.ts'
import { guard, unauthorized } from '../../auth.ts'
import { parseRequest } from '../../body.ts'
import { fieldErrors } from '../../issues.ts'
import { NewEvent } from '../../posted-event.ts'
import { invalid, problem } from '../../problem.ts'
import { json, type Poster, type Route, route } from '../../route.ts'
import { normalTime } from '../../times.ts'
import { answerTo } from '../posts.ts'
import { eventFrom } from './posting.ts'
import { snippetFor } from './snippet.ts'

const tag = 'Integrations: analytics'
const collectPath = '/api/integrations/analytics/collect'

const WithKey = z.strictObject({
  key: z.string().max(200).meta({ description: 'A key of the role publisher, which is public.' }),
})

const Collected = z.strictObject({
  events: z
    .array(NewEvent.pick({ type: true, data: true, id: true, time: true }))
    .min(1)
    .max(20),
})

/** The key's role, without a look at the database where the key is known already: posting looks again by itself. */
async function roleOf({ snapshots, configuration }: Services, key: string, as: Poster) {
  if (as.keyHash === null) return null
  const known = (await snapshots.get(as.tenantId))?.keys.get(as.keyHash)
  if (known !== undefined) return known.role
  const principal = await configuration.authenticate(key)
  return principal?.kind === 'tenant' ? principal.role : null
}

/** Who posts with a key that stands in a page: only a publisher's may. */
async function publisher(services: Services, key: string): Promise<Result<Poster, Response>> {
  const headers = new Headers({ authorization: `Bearer ${key}` })
  const as = await guard(services, { access: 'publisher' }, headers, {})
  if (!as.ok) return as
  if (as.value === null || !('tenantId' in as.value)) return err(unauthorized())
  if ((await roleOf(services, key, as.value)) === 'publisher') return ok(as.value)
  const detail = 'A page shows its key to everyone: it takes one with the role “publisher”.'
  return err(problem('forbidden', detail))
}

/** A key is visible ASCII; what is not has no place in a header. */
const isKey = (key: string): boolean => /^\w{1,200}$/.test(key)

const callerOf = (services: Services, key: string): Promise<Result<Poster, Response>> =>
  isKey(key) ? publisher(services, key) : Promise.resolve(err(unauthorized()))

export const browserRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/integrations/analytics/snippet.js',
    access: 'public',
    cors: true,
    tag,
    summary: 'The script for a page',
    description:
      '`switchyard.track(type, data)` posts an event and answers its id, for the Pixel’s `eventID`. Nothing is sent before `switchyard.consent(true)`, unless the script’s `data-consent` is `granted`.',
    query: WithKey,
    answers: { 200: { description: 'JavaScript.', contentType: 'text/javascript' } },
    problems: ['unauthorized', 'forbidden'],
    async handle({ services, query, url }) {
      const as = await callerOf(services, query.key)
      if (!as.ok) return as.error
      const collect = `${url.origin}${collectPath}?key=${query.key}`
      return new Response(snippetFor(collect), {
        headers: {
          'content-type': 'text/javascript; charset=utf-8',
          'cache-control': 'public, max-age=300',
          'cross-origin-resource-policy': 'cross-origin',
        },
      })
    },
  }),
  route({
    method: 'POST',
    path: collectPath,
    access: 'public',
    cors: true,
    tag,
    summary: 'Post events from a page',
    description:
      'What the snippet calls, from any origin. The key stands in the query and the body may be text/plain, so that `sendBeacon` can send it.',
    query: WithKey,
    reads: 'raw',
    idempotency: 'own',
    body: Collected,
    answers: {
      202: { description: 'Stored.', schema: z.object({ accepted: z.int() }) },
    },
    problems: ['unauthorized', 'forbidden', 'event_conflict', 'rate_limited', 'unavailable'],
    async handle({ services, query, bytes }) {
      const as = await callerOf(services, query.key)
      if (!as.ok) return as.error
      const parsed = parseRequest(bytes)
      if (!parsed.ok) return parsed.response
      const body = Collected.safeParse(parsed.value)
      if (!body.success) return invalid(fieldErrors(body.error.issues))
      const events = body.data.events.map(({ time, ...said }) =>
        Object.assign(eventFrom(said), {
          source: 'browser',
          time: time === undefined ? null : normalTime(time),
        }),
      )
      const posted = await post(services, as.value, events)
      const refused = posted.find(({ kind }) => kind !== 'accepted' && kind !== 'duplicate')
      return refused === undefined
        ? json({ accepted: posted.length }, 202)
        : answerTo(services, as.value, refused)
    },
  }),
]
