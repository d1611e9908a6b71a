import * as z from 'zod'
import type { ReplayJob } from '../../ledger/protocol.ts'
import { syncJob } from '../../pipeline/sync.ts'
import { notFound } from '../problem.ts'
import { json, route } from '../route.ts'
import { timeOf } from '../times.ts'

const tag = 'Jobs'

export const JobShape = z
  .object({
    id: z.string(),
    state: z.enum(['running', 'done', 'canceled']),
    total: z.int(),
    done: z.int(),
    failed: z.int(),
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'Job' })

export const shownJob = ({ id, state, total, done, failed, created_at }: ReplayJob) =>
  ({ id, state, total, done, failed, created_at: timeOf(created_at) }) satisfies z.infer<
    typeof JobShape
  >

export const jobRoutes = [
  route({
    method: 'GET',
    path: '/api/v1/jobs/{id}',
    access: 'viewer',
    tag,
    summary: 'See how far a replay or a sync is',
    answers: { 200: { description: 'The job.', schema: JobShape } },
    async handle({ as, params }) {
      const job = (await as.ledger.job(params.id)) ?? (await syncJob(as.ledger, params.id))
      return job === null ? notFound('job') : json(shownJob(job))
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/jobs/{id}/cancel',
    access: 'operator',
    tag,
    summary: 'Stop a replay',
    description: 'What it has replayed stays replayed.',
    answers: { 200: { description: 'The job.', schema: JobShape } },
    async handle({ as, params }) {
      const job = await as.ledger.cancelJob(params.id)
      return job === null ? notFound('job') : json(shownJob(job))
    },
  }),
]
