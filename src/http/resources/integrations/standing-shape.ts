import * as z from 'zod'
import type { DestinationRecord } from '../../../config/config.ts'
import type { Standing } from '../../../pipeline/standing.ts'
import { timeOf, timeOrNull } from '../../times.ts'

export const StandingShape = z
  .object({
    integration: z.string().meta({ description: '`webhooks`, `zapier`, or the type’s name.' }),
    id: z.string().meta({ description: 'Of the destination.' }),
    name: z.string(),
    type: z.string(),
    enabled: z.boolean(),
    paused: z.boolean(),
    disabled_reason: z.string().nullable(),
    health: z.enum(['healthy', 'failing', 'paused', 'disabled', 'idle']),
    circuit: z.enum(['closed', 'open', 'probing']),
    consecutive_failures: z.int(),
    held: z.int(),
    in_flight: z.int(),
    last_success: z.iso.datetime().nullable().meta({ description: 'Within the last week.' }),
    last_error: z
      .object({
        at: z.iso.datetime(),
        delivery_id: z.string(),
        status: z.int().nullable(),
        error: z.string(),
      })
      .nullable()
      .meta({ description: 'Within the last 24 hours.' }),
    counts_24h: z.object({
      total: z.int(),
      delivered: z.int(),
      dead: z.int(),
      canceled: z.int(),
      pending: z.int(),
      complete: z.boolean().meta({
        description: '`false`: there are more than these, which are the newest.',
      }),
    }),
  })
  .meta({ id: 'IntegrationStatus' })

export const shownStanding = (
  integration: string,
  { id, name, type, enabled, paused, disabled_reason }: DestinationRecord,
  { last_success, last_error, counts, ...standing }: Standing,
): z.infer<typeof StandingShape> => ({
  integration,
  id,
  name,
  type,
  enabled,
  paused,
  disabled_reason,
  ...standing,
  last_success: timeOrNull(last_success),
  last_error: last_error === null ? null : { ...last_error, at: timeOf(last_error.at) },
  counts_24h: counts,
})
