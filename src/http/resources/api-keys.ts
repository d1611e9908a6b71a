import * as z from 'zod'
import type { ApiKey } from '../../config/config.ts'
import { NewApiKey, Role } from '../../model/tenant.ts'
import { ListQuery, listRequest, pageOf, pageShape } from '../lists.ts'
import { invalid, notFound, problem } from '../problem.ts'
import { json, noContent, route } from '../route.ts'
import { msOf, timeOf, timeOrNull } from '../times.ts'

const tag = 'API keys'

const KeyShape = z
  .object({
    id: z.string(),
    name: z.string(),
    role: Role,
    last4: z.string(),
    expires_at: z.iso.datetime().nullable(),
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'ApiKey' })

const CreatedKey = KeyShape.extend({ key: z.string() })

const shown = ({ id, name, role, last4, ...times }: ApiKey): z.infer<typeof KeyShape> => ({
  id,
  name,
  role,
  last4,
  expires_at: timeOrNull(times.expires_at),
  created_at: timeOf(times.created_at),
})

export const apiKeyRoutes = [
  route({
    method: 'POST',
    path: '/api/v1/api-keys',
    access: 'owner',
    tag,
    summary: 'Make a key',
    description: 'The key is shown this once; only its hash is kept.',
    body: NewApiKey,
    answers: { 201: { description: 'The key.', schema: CreatedKey } },
    problems: ['limit_reached'],
    async handle({ services, as, body }) {
      const expires_at = body.expires_at === null ? null : msOf(body.expires_at)
      if (expires_at !== null && expires_at <= services.now()) {
        return invalid([{ path: 'expires_at', message: 'must be in the future' }])
      }
      const created = await as.config.apiKeys.create({ ...body, expires_at })
      if (created.ok) {
        const { key, record } = created.value
        return json({ ...shown(record), key } satisfies z.infer<typeof CreatedKey>, 201)
      }
      return created.error === 'limit_reached'
        ? problem('limit_reached', 'The tenant has all the keys that it may have.')
        : notFound('tenant')
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/api-keys',
    access: 'owner',
    tag,
    summary: 'List the keys',
    query: ListQuery,
    answers: { 200: { description: 'A page of keys.', schema: pageShape(KeyShape) } },
    async handle({ as, query }) {
      const request = listRequest('apiKey', query)
      if (!request.ok) return request.error
      return pageOf(await as.config.apiKeys.list(request.value), query.order, shown)
    },
  }),
  route({
    method: 'DELETE',
    path: '/api/v1/api-keys/{id}',
    access: 'owner',
    tag,
    summary: 'Revoke a key',
    description: 'It is refused from the very next request on.',
    answers: { 204: { description: 'Revoked.' } },
    async handle({ as, params }) {
      return (await as.config.apiKeys.remove(params.id)) ? noContent() : notFound('key')
    },
  }),
]
