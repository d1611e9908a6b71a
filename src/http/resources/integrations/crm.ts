import * as z from 'zod'
import { integrationOf } from '../../../pipeline/integrations.ts'
import { standingOf } from '../../../pipeline/standing.ts'
import { startSync, syncJob } from '../../../pipeline/sync.ts'
import { json, type Route, route } from '../../route.ts'
import { rateLimited, unavailable } from '../../problem.ts'
import { JobShape, shownJob } from '../jobs.ts'
import { oauthRoutes } from '../oauth.ts'
import { configureRoute } from './configure.ts'
import { delegate, forIntegration, notConfigured } from './delegate.ts'
import { shownStanding, StandingShape } from './standing-shape.ts'

const tag = 'Integrations: CRM'

const crms = {
  salesforce: {
    title: 'Salesforce',
    example: {
      auth: {
        type: 'client_credentials',
        client_id: 'client-id',
        client_secret: 'client-secret',
      },
      login_url: 'https://example.my.salesforce.com',
      external_id_field: 'Switchyard_Id__c',
      events: ['user.*'],
    },
  },
  hubspot: {
    title: 'HubSpot',
    example: { auth: { type: 'private_app', token: 'pat-eu1-0123' }, events: ['user.*'] },
  },
} as const

const people = /^(?:user|contact|lead|person|people|customer)s?$/i

const Sync = z.strictObject({
  object: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,60}$/, 'letters, digits, _ and -')
    // As no posted event may be called: what Switchyard says about itself cannot be forged.
    .refine((name) => name !== 'switchyard', 'is Switchyard’s own name')
    .meta({ description: '`contact`, `lead`, `user`: people. Anything else goes as it is.' }),
  records: z.array(z.record(z.string(), z.unknown())).min(1).max(1000),
})

type Records = z.infer<typeof Sync>

/** Records of people as the catalogue's event about one; others as an event of their own name. */
const eventsOf = ({ object, records }: Records) =>
  people.test(object)
    ? { type: 'user.updated', records: records.map((user) => ({ user })) }
    : { type: `${object}.updated`, records }

const StatusShape = z.object({
  integration: z.string(),
  configured: z.boolean(),
  status: StandingShape.nullable(),
  job: JobShape.nullable(),
})

const routesOf = (kind: keyof typeof crms): Route[] => {
  const { title, example } = crms[kind]
  const path = `/api/integrations/crm/${kind}`
  return [
    configureRoute({ kind, title, tag, path: `${path}/configure`, example }),
    delegate(oauthRoutes, 'POST', '/api/v1/destinations/{id}/oauth/authorize', {
      path: `${path}/oauth/authorize`,
      tag,
      summary: `Connect an account of ${title} by consent`,
      prepare: forIntegration(kind),
    }),
    route({
      method: 'POST',
      path: `${path}/sync`,
      access: 'operator',
      tag,
      summary: `Send up to 1,000 records to ${title}`,
      description:
        'Each becomes an event with one delivery, at low priority and within the receiver’s rate limit. `GET /api/v1/jobs/{id}` tells how far it is. What becomes of a record is what the integration is configured to do.',
      body: Sync,
      examples: [
        {
          summary: 'Two people',
          value: {
            object: 'contact',
            records: [{ email: 'ada@example.com' }, { email: 'grace@example.com' }],
          },
        },
      ],
      answers: {
        202: {
          description: 'The job. `refused`: how many could not be stored.',
          schema: z.object({ job_id: z.string(), total: z.int(), refused: z.int() }),
        },
      },
      problems: ['rate_limited', 'unavailable'],
      async handle({ services, as, body }) {
        const found = await integrationOf(services, as.tenant.id, kind)
        if (found === null) return notConfigured()
        const caller = { tenantId: as.tenant.id, keyHash: null }
        const through = found.connection.id
        const sync = await startSync(services, caller, { through, ...eventsOf(body) })
        const { jobId, total, refused, reason } = sync
        if (refused < total) return json({ job_id: jobId, total, refused }, 202)
        return reason === 'limited'
          ? rateLimited(1000, as.tenant.limits.ingest_per_s)
          : unavailable(1000)
      },
    }),
    route({
      method: 'GET',
      path: `${path}/status`,
      access: 'viewer',
      tag,
      summary: `See how ${title} is doing`,
      description: 'With `job_id`, also how far that sync is.',
      query: z.strictObject({ job_id: z.string().max(60).optional() }),
      answers: { 200: { description: 'Its status.', schema: StatusShape } },
      async handle({ services, as, query }) {
        const found = await integrationOf(services, as.tenant.id, kind)
        const job = query.job_id === undefined ? null : await syncJob(as.ledger, query.job_id)
        const standing =
          found === null ? null : await standingOf(as.ledger, found.destination, services.now())
        const shown: z.infer<typeof StatusShape> = {
          integration: kind,
          configured: found !== null,
          status:
            found === null || standing === null
              ? null
              : shownStanding(kind, found.destination, standing),
          job: job === null ? null : shownJob(job),
        }
        return json(shown)
      },
    }),
  ]
}

export const crmRoutes: readonly Route[] = (['salesforce', 'hubspot'] as const).flatMap(routesOf)
