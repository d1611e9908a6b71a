import * as z from 'zod'
import { Mapping } from './mapping.ts'

export const Priority = z.enum(['high', 'normal', 'low'])
export type Priority = z.infer<typeof Priority>

const word = '[A-Za-z0-9_-]+'

/** An event type that a product may post: dot-separated words, at most 128 characters. */
export const EventType = z
  .string()
  .max(128)
  .regex(new RegExp(`^${word}(?:\\.${word})*$`), 'dot-separated words of letters, digits, _ and -')

/** `*`, `a.*`, or an exact name. Providers' own names may hold more than a posted type (`orders/create`). */
export const EventPattern = z
  .string()
  .min(1)
  .max(200)
  .regex(/^(?:\*|[^*\s]+\.\*|[^*\s]+)$/, '"*", "prefix.*" or an exact event type')

export const Order = z.strictObject({
  key: z.string().min(1).max(1000).optional(),
  on_dead: z.enum(['skip', 'block']).default('skip'),
})
export type Order = z.infer<typeof Order>

/** What this connection tells the destination's type otherwise than the destination does. */
export const ConnectionConfig = z.strictObject({ mapping: Mapping.default({}) })
export type ConnectionConfig = z.infer<typeof ConnectionConfig>

const fields = {
  name: z.string().min(1).max(200),
  source_id: z.string().startsWith('src_'),
  event_types: z.array(EventPattern).min(1).max(200),
  filter: z.record(z.string(), z.unknown()),
  transform: z.string().min(1).max(20_000),
  destination_id: z.string().startsWith('dst_'),
  order: Order,
}

export const NewConnection = z.strictObject({
  name: fields.name.optional(),
  source_id: fields.source_id.nullable().default(null),
  event_types: fields.event_types.default(['*']),
  filter: fields.filter.nullable().default(null),
  transform: fields.transform.nullable().default(null),
  destination_id: fields.destination_id,
  order: fields.order.nullable().default(null),
  priority: Priority.default('normal'),
  enabled: z.boolean().default(true),
  config: ConnectionConfig.default({ mapping: {} }),
})
export type NewConnection = z.infer<typeof NewConnection>

export const ConnectionChange = z.strictObject({
  name: fields.name.optional(),
  source_id: fields.source_id.nullable().optional(),
  event_types: fields.event_types.optional(),
  filter: fields.filter.nullable().optional(),
  transform: fields.transform.nullable().optional(),
  destination_id: fields.destination_id.optional(),
  order: fields.order.nullable().optional(),
  priority: Priority.optional(),
  enabled: z.boolean().optional(),
  config: ConnectionConfig.optional(),
})
export type ConnectionChange = z.infer<typeof ConnectionChange>

/** What the ledger needs to know of a connection. */
export interface ConnectionPolicy {
  on_dead: 'skip' | 'block' | null
}
