import * as z from 'zod'
import { NewConnection } from '../../model/connection.ts'
import type { DryRun } from '../../pipeline/verbs.ts'
import { dryRun } from '../../pipeline/try.ts'
import { errorsUnder } from '../issues.ts'
import { NewEvent } from '../posted-event.ts'
import { invalid, notFound } from '../problem.ts'
import { json, route } from '../route.ts'
import { connectionErrors } from './connection-errors.ts'

const Draft = NewConnection.extend({
  /** A dry run sends nothing, so it need not go anywhere. */
  destination_id: NewConnection.shape.destination_id.default('dst_dryrun'),
})

const Body = z
  .strictObject({
    connection: Draft,
    event: NewEvent.extend({ headers: z.record(z.string(), z.string()).default({}) }).optional(),
    event_id: z.string().startsWith('evt_').optional(),
    last: z.int().min(1).max(500).optional(),
  })
  .superRefine(({ event, event_id, last }, context) => {
    const given = [event, event_id, last].filter((on) => on !== undefined)
    if (given.length !== 1) context.addIssue('give one of event, event_id and last')
  })

const DryRunShape = z
  .object({
    event_id: z.string().nullable(),
    type: z.string(),
    verdict: z.enum(['delivery', 'type', 'filtered', 'disabled', 'transform_failed']),
    failed_at: z.unknown().optional(),
    body: z.unknown().optional(),
    error: z.string().optional(),
  })
  .meta({ id: 'DryRun' })

const shown = (run: DryRun): z.infer<typeof DryRunShape> =>
  run.failed_at === undefined
    ? run
    : { ...run, failed_at: { ...run.failed_at, actual: run.failed_at.actual ?? null } }

export const dryRunRoutes = [
  route({
    method: 'POST',
    path: '/api/v1/connections/dry-run',
    access: 'operator',
    tag: 'Connections',
    summary: 'See what a connection would do',
    description: 'With an event of your own, a stored one, or the last of them. Nothing is sent.',
    body: Body,
    answers: {
      200: {
        description: 'What it would do with each.',
        schema: z.object({ data: z.array(DryRunShape) }),
      },
    },
    async handle({ services, as, body }) {
      const { connection, event, event_id, last } = body
      const errors = connectionErrors(connection)
      if (errors.length > 0) {
        return invalid(errorsUnder('connection', errors))
      }
      const on =
        event !== undefined
          ? { event }
          : event_id !== undefined
            ? { event_id }
            : { last: last ?? 1 }
      const runs = await dryRun(services, as.tenant.id, connection, on)
      return runs.ok ? json({ data: runs.value.map(shown) }) : notFound('event')
    },
  }),
]
