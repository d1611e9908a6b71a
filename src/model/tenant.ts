import * as z from 'zod'

/** From all to least. Reads are for everyone but publishers, who only post events. */
export const Role = z.enum(['owner', 'operator', 'publisher', 'viewer'])
export type Role = z.infer<typeof Role>

const name = z.string().min(1).max(200)
const limits = z.strictObject({
  ingest_per_s: z.int().min(1).max(100_000).nullable().default(null),
})
const retention_days = z.int().min(1).max(90)

export const NewTenant = z.strictObject({
  name,
  limits: limits.default({ ingest_per_s: null }),
  retention_days: retention_days.default(30),
  /** For life: an order key must keep its shard. */
  shards: z.int().min(1).max(64).default(1),
})
export type NewTenant = z.infer<typeof NewTenant>

export const TenantChange = z.strictObject({
  name: name.optional(),
  limits: limits.optional(),
  retention_days: retention_days.optional(),
})
export type TenantChange = z.infer<typeof TenantChange>

export const NewApiKey = z.strictObject({
  name,
  role: Role,
  expires_at: z.iso.datetime({ offset: true }).nullable().default(null),
})
export type NewApiKey = z.infer<typeof NewApiKey>
