import * as z from 'zod'
import type { ConnectionRecord, ConnectionRefusal, NotCreated } from '../../config/config.ts'
import {
  ConnectionChange,
  ConnectionConfig,
  NewConnection,
  Order,
  Priority,
} from '../../model/connection.ts'
import { ListQuery, listRequest, pageOf, pageShape } from '../lists.ts'
import { type FieldError, invalid, notFound, problem } from '../problem.ts'
import { json, noContent, route } from '../route.ts'
import { timeOf } from '../times.ts'
import { connectionErrors, unknownFields } from './connection-errors.ts'

const tag = 'Connections'

const ConnectionShape = z
  .object({
    id: z.string(),
    name: z.string().nullable(),
    source_id: z.string().nullable(),
    event_types: z.array(z.string()),
    filter: z.record(z.string(), z.unknown()).nullable(),
    transform: z.string().nullable(),
    destination_id: z.string(),
    order: Order.nullable(),
    priority: Priority,
    enabled: z.boolean(),
    config: ConnectionConfig,
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'Connection' })

const shown = (connection: ConnectionRecord): z.infer<typeof ConnectionShape> => ({
  id: connection.id,
  name: connection.name ?? null,
  source_id: connection.source_id,
  event_types: connection.event_types,
  filter: connection.filter,
  transform: connection.transform,
  destination_id: connection.destination_id,
  order: connection.order,
  priority: connection.priority,
  enabled: connection.enabled,
  config: connection.config,
  created_at: timeOf(connection.created_at),
  updated_at: timeOf(connection.updated_at),
})

const refusals: Record<ConnectionRefusal, FieldError> = {
  unknown_source: { path: 'source_id', message: 'there is no such source' },
  unknown_destination: { path: 'destination_id', message: 'there is no such destination' },
  order_key_conflict: {
    path: 'order.key',
    message: 'differs from another connection’s: with shards, all orders have one key',
  },
}

function refused(error: ConnectionRefusal | NotCreated | 'not_found'): Response {
  if (error === 'not_found') return notFound('connection')
  if (error === 'unknown_tenant') return notFound('tenant')
  if (error === 'limit_reached') {
    return problem('limit_reached', 'The tenant has all the connections that it may have.')
  }
  return invalid([refusals[error]])
}

export const connectionRoutes = [
  route({
    method: 'POST',
    path: '/api/v1/connections',
    access: 'operator',
    tag,
    summary: 'Make a connection',
    description:
      'It holds from the very next event. Without `source_id` it takes posted events and all sources’.',
    body: NewConnection,
    examples: [
      {
        summary: 'Large paid orders, in order for each customer',
        value: {
          event_types: ['order.*'],
          filter: { data: { amount: { $gte: 100 } } },
          destination_id: 'dst_…',
          order: { key: 'data.customer_id' },
        },
      },
    ],
    answers: { 201: { description: 'The connection.', schema: ConnectionShape } },
    problems: ['limit_reached'],
    async handle({ as, body }) {
      const { destinations } = as.config
      const unknown = await unknownFields(destinations, body.destination_id, body.config)
      const errors = [...connectionErrors(body), ...unknown]
      if (errors.length > 0) return invalid(errors)
      const created = await as.config.connections.create(body)
      return created.ok ? json(shown(created.value), 201) : refused(created.error)
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/connections',
    access: 'viewer',
    tag,
    summary: 'List the connections',
    query: ListQuery,
    answers: { 200: { description: 'A page of connections.', schema: pageShape(ConnectionShape) } },
    async handle({ as, query }) {
      const request = listRequest('connection', query)
      if (!request.ok) return request.error
      return pageOf(await as.config.connections.list(request.value), query.order, shown)
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/connections/{id}',
    access: 'viewer',
    tag,
    summary: 'Read a connection',
    answers: { 200: { description: 'The connection.', schema: ConnectionShape } },
    async handle({ as, params }) {
      const connection = await as.config.connections.get(params.id)
      return connection === null ? notFound('connection') : json(shown(connection))
    },
  }),
  route({
    method: 'PATCH',
    path: '/api/v1/connections/{id}',
    access: 'operator',
    tag,
    summary: 'Change a connection',
    description: 'What is not given stays. Deliveries that are planned already are not changed.',
    body: ConnectionChange,
    answers: { 200: { description: 'The connection as it is now.', schema: ConnectionShape } },
    async handle({ as, params, body }) {
      const errors = connectionErrors(body)
      if (body.config !== undefined || body.destination_id !== undefined) {
        const before = await as.config.connections.get(params.id)
        if (before === null) return notFound('connection')
        const { destination_id = before.destination_id, config = before.config } = body
        errors.push(...(await unknownFields(as.config.destinations, destination_id, config)))
      }
      if (errors.length > 0) return invalid(errors)
      const changed = await as.config.connections.update(params.id, body)
      return changed.ok ? json(shown(changed.value)) : refused(changed.error)
    },
  }),
  route({
    method: 'DELETE',
    path: '/api/v1/connections/{id}',
    access: 'operator',
    tag,
    summary: 'Delete a connection',
    answers: { 204: { description: 'Deleted.' } },
    async handle({ as, params }) {
      const removed = await as.config.connections.remove(params.id)
      return removed ? noContent() : notFound('connection')
    },
  }),
]
