import * as z from 'zod'

export const RateLimit = z.strictObject({
  limit: z.int().min(1).max(100_000),
  per: z.enum(['second', 'minute', 'hour']),
})
export type RateLimit = z.infer<typeof RateLimit>

const attempts = 50
const week = 604_800
const jitter = z.number().min(0).max(1).default(0.2)

/** The waits after each failure: a list, or base × factor^n up to `max_s`. Each wait varies by ± `jitter`. */
export const Retry = z.union([
  z.strictObject({ schedule_s: z.array(z.int().min(1).max(week)).max(attempts), jitter }),
  z.strictObject({
    base_s: z.int().min(1).max(week),
    factor: z.number().min(1).max(10),
    max_s: z.int().min(1).max(week),
    attempts: z.int().min(1).max(attempts),
    jitter,
  }),
])
export type Retry = z.infer<typeof Retry>

/** `"503"`, `"500-599"`, `">=400"`; with `!` in front: not those. The last that fits decides. */
export const StatusExpression = z
  .string()
  .regex(
    /^!?(?:\d{3}(?:-\d{3})?|[<>]=?\d{3})$/,
    'a status, a range "500-599", ">=400", or one with "!" in front',
  )

export const Circuit = z.strictObject({
  failures: z.int().min(1).max(1000),
  probe_s: z.int().min(1).max(86_400),
})
export type Circuit = z.infer<typeof Circuit>

export const defaultRetry: Retry = {
  schedule_s: [5, 300, 1800, 7200, 18_000, 36_000, 36_000],
  jitter: 0.2,
}

const policy = {
  rate_limit: RateLimit.nullable(),
  concurrency: z.int().min(1).max(1000),
  timeout_ms: z.int().min(1000).max(30_000),
  retry: Retry,
  retry_on: z.array(StatusExpression).max(20).nullable(),
  circuit: Circuit.nullable(),
}

const name = z.string().min(1).max(200)
const config = z.record(z.string(), z.unknown())

export const NewDestination = z.strictObject({
  name,
  type: z.string().min(1).max(60),
  config,
  enabled: z.boolean().default(true),
  /** Not given: the receiver's published one. */
  rate_limit: policy.rate_limit.optional(),
  concurrency: policy.concurrency.default(100),
  timeout_ms: policy.timeout_ms.default(15_000),
  retry: policy.retry.default(defaultRetry),
  retry_on: policy.retry_on.default(null),
  circuit: policy.circuit.default(null),
})
export type NewDestination = z.infer<typeof NewDestination>

/** With all that was left open decided. */
export type DecidedDestination = Omit<NewDestination, 'rate_limit'> & {
  rate_limit: RateLimit | null
}

export const DestinationChange = z.strictObject({
  name: name.optional(),
  config: config.optional(),
  enabled: z.boolean().optional(),
  rate_limit: policy.rate_limit.optional(),
  concurrency: policy.concurrency.optional(),
  timeout_ms: policy.timeout_ms.optional(),
  retry: policy.retry.optional(),
  retry_on: policy.retry_on.optional(),
  circuit: policy.circuit.optional(),
})
export type DestinationChange = z.infer<typeof DestinationChange>

/** What the ledger needs to know of a destination to hold, grant and retry. */
export interface DestinationPolicy {
  enabled: boolean
  paused: boolean
  rate_limit: RateLimit | null
  concurrency: number
  timeout_ms: number
  retry: Retry
  retry_on: string[] | null
  circuit: Circuit | null
}
