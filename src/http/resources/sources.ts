import * as z from 'zod'
import type { ConfigRefusal, NotCreated, SourceRecord } from '../../config/config.ts'
import { Dedupe, NewSource, SourceChange } from '../../model/source.ts'
import { err, ok, type Result } from '../../model/result.ts'
import { isProvider, type RegisteredSource, sources } from '../../sources/index.ts'
import { expressionErrors } from './connection-errors.ts'
import { fieldErrors } from '../issues.ts'
import { ListQuery, listRequest, pageOf, pageShape } from '../lists.ts'
import { maskRefused, mergedConfig } from '../merged-config.ts'
import { type FieldError, invalid, notFound, problem } from '../problem.ts'
import { json, noContent, route } from '../route.ts'
import { timeOf } from '../times.ts'

const tag = 'Sources'

const SourceShape = z
  .object({
    id: z.string(),
    name: z.string(),
    provider: z.string(),
    url: z.url(),
    config: z.record(z.string(), z.unknown()),
    enabled: z.boolean(),
    dedupe: Dedupe,
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'Source' })

const shown =
  ({ origin }: URL) =>
  (source: SourceRecord): z.infer<typeof SourceShape> => ({
    id: source.id,
    name: source.name,
    provider: source.provider,
    url: `${origin}/in/${source.id}`,
    config: source.config,
    enabled: source.enabled,
    dedupe: source.dedupe,
    created_at: timeOf(source.created_at),
    updated_at: timeOf(source.updated_at),
  })

/** What is wrong with a provider's config, in the API's paths. */
function configErrors(provider: RegisteredSource, config: unknown): FieldError[] {
  const parsed = provider.config.safeParse(config)
  return parsed.success ? [] : fieldErrors(parsed.error.issues, ['config'])
}

function providerOf(name: string): Result<RegisteredSource, Response> {
  if (isProvider(name)) return ok(sources[name])
  const known = Object.keys(sources).join(', ')
  return err(
    invalid([{ path: 'provider', message: `there is no such provider; there are ${known}` }]),
  )
}

/** Why a record that is in order could not be made. */
export const notCreated = (error: NotCreated | 'masked_secret', nouns: string): Response => {
  if (error === 'masked_secret') return maskRefused()
  return error === 'limit_reached'
    ? problem('limit_reached', `The tenant has all the ${nouns} that it may have.`)
    : notFound('tenant')
}

/** Why a change was not made: the handler's own answer, or the configuration's word. */
export const notChanged = (error: 'not_found' | ConfigRefusal | Response, noun: string): Response =>
  error instanceof Response ? error : error === 'not_found' ? notFound(noun) : maskRefused()

export const sourceRoutes = [
  route({
    method: 'POST',
    path: '/api/v1/sources',
    access: 'operator',
    tag,
    summary: 'Make a source',
    description:
      '`config` is the provider’s own: see `GET /api/v1/providers`. Give `url` to the provider.',
    body: NewSource,
    examples: [
      {
        summary: 'GitHub',
        value: { name: 'GitHub', provider: 'github', config: { secret: 'it’s a secret' } },
      },
    ],
    answers: { 201: { description: 'The source.', schema: SourceShape } },
    problems: ['limit_reached'],
    async handle({ as, body, url }) {
      const provider = providerOf(body.provider)
      if (!provider.ok) return provider.error
      const errors = [
        ...configErrors(provider.value, body.config),
        ...expressionErrors('dedupe.key', body.dedupe.key),
      ]
      if (errors.length > 0) return invalid(errors)
      const secretPaths = provider.value.secrets
      const created = await as.config.sources.create({ ...body, secretPaths })
      return created.ok
        ? json(shown(url)(created.value), 201)
        : notCreated(created.error, 'sources')
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/sources',
    access: 'viewer',
    tag,
    summary: 'List the sources',
    query: ListQuery,
    answers: { 200: { description: 'A page of sources.', schema: pageShape(SourceShape) } },
    async handle({ as, query, url }) {
      const request = listRequest('source', query)
      if (!request.ok) return request.error
      return pageOf(await as.config.sources.list(request.value), query.order, shown(url))
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/sources/{id}',
    access: 'viewer',
    tag,
    summary: 'Read a source',
    answers: { 200: { description: 'The source, its secrets masked.', schema: SourceShape } },
    async handle({ as, params, url }) {
      const source = await as.config.sources.get(params.id)
      return source === null ? notFound('source') : json(shown(url)(source))
    },
  }),
  route({
    method: 'PATCH',
    path: '/api/v1/sources/{id}',
    access: 'operator',
    tag,
    summary: 'Change a source',
    description:
      'Members of `config` that are not given stay, `null` takes one away, and a masked secret keeps the stored one.',
    body: SourceChange,
    answers: { 200: { description: 'The source as it is now.', schema: SourceShape } },
    async handle({ as, params, body, url }) {
      const changed = await as.config.sources.reconfigure(params.id, async (stored) => {
        const provider = providerOf(stored.provider)
        if (!provider.ok) return provider
        const secretPaths = provider.value.secrets
        const { config: change, ...fields } = body
        const config = await mergedConfig(stored.config, change ?? {}, secretPaths)
        if (!config.ok) return config
        const configured = change === undefined ? [] : configErrors(provider.value, config.value)
        const errors = [...configured, ...expressionErrors('dedupe.key', body.dedupe?.key)]
        if (errors.length > 0) return err(invalid(errors))
        return ok({
          ...fields,
          ...(change === undefined ? {} : { config: config.value }),
          secretPaths,
        })
      })
      return changed.ok ? json(shown(url)(changed.value)) : notChanged(changed.error, 'source')
    },
  }),
  route({
    method: 'DELETE',
    path: '/api/v1/sources/{id}',
    access: 'operator',
    tag,
    summary: 'Delete a source',
    description: 'The connections that name it go with it; its events stay.',
    answers: { 204: { description: 'Deleted.' } },
    async handle({ as, params }) {
      return (await as.config.sources.remove(params.id)) ? noContent() : notFound('source')
    },
  }),
]
