import * as z from 'zod'
import type { Tenant } from '../../config/config.ts'
import { NewTenant, Role, TenantChange } from '../../model/tenant.ts'
import { ListQuery, listRequest, pageOf, pageShape } from '../lists.ts'
import { notFound, problem } from '../problem.ts'
import { json, noContent, route } from '../route.ts'
import { timeOf } from '../times.ts'

const tag = 'Tenants'

const TenantShape = z
  .object({
    id: z.string(),
    name: z.string(),
    limits: z.object({ ingest_per_s: z.int().nullable() }),
    retention_days: z.int(),
    shards: z.int(),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'Tenant' })

const CreatedTenant = TenantShape.extend({
  api_key: z.object({ id: z.string(), key: z.string(), role: Role }),
})

const shown = (tenant: Tenant): z.infer<typeof TenantShape> => ({
  id: tenant.id,
  name: tenant.name,
  limits: tenant.limits,
  retention_days: tenant.retention_days,
  shards: tenant.shards,
  created_at: timeOf(tenant.created_at),
  updated_at: timeOf(tenant.updated_at),
})

export const tenantRoutes = [
  route({
    method: 'POST',
    path: '/api/v1/tenants',
    access: 'instance',
    tag,
    summary: 'Make a tenant',
    description: 'The answer holds its first key, with the role `owner`. It is shown this once.',
    body: NewTenant,
    answers: { 201: { description: 'The tenant and its first key.', schema: CreatedTenant } },
    async handle({ services, body }) {
      const { tenant, key, record } = await services.configuration.tenants.create(body)
      const api_key = { id: record.id, key, role: record.role }
      return json({ ...shown(tenant), api_key } satisfies z.infer<typeof CreatedTenant>, 201)
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/tenants',
    access: 'instance',
    tag,
    summary: 'List the tenants',
    query: ListQuery,
    answers: { 200: { description: 'A page of tenants.', schema: pageShape(TenantShape) } },
    async handle({ services, query }) {
      const request = listRequest('tenant', query)
      if (!request.ok) return request.error
      return pageOf(await services.configuration.tenants.list(request.value), query.order, shown)
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/tenants/{id}',
    access: 'owner',
    tenantInPath: true,
    tag,
    summary: 'Read a tenant',
    answers: { 200: { description: 'The tenant.', schema: TenantShape } },
    handle: ({ as }) => json(shown(as.tenant)),
  }),
  route({
    method: 'PATCH',
    path: '/api/v1/tenants/{id}',
    access: 'owner',
    tenantInPath: true,
    tag,
    summary: 'Change a tenant',
    description: '`limits` are for the instance’s key to change.',
    body: TenantChange,
    answers: { 200: { description: 'The tenant as it is now.', schema: TenantShape } },
    async handle({ services, as, body }) {
      if (body.limits !== undefined && !as.byInstance) {
        return problem('forbidden', 'Only the instance’s key may change a tenant’s limits.')
      }
      const changed = await services.configuration.tenants.update(as.tenant.id, body)
      return changed === null ? notFound('tenant') : json(shown(changed))
    },
  }),
  route({
    method: 'DELETE',
    path: '/api/v1/tenants/{id}',
    access: 'instance',
    tag,
    summary: 'Delete a tenant and everything it has',
    answers: { 204: { description: 'Deleted.' } },
    async handle({ services, params }) {
      const removed = await services.configuration.tenants.remove(params.id)
      return removed ? noContent() : notFound('tenant')
    },
  }),
]
