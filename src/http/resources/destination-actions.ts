import * as z from 'zod'
import { destinationTypes, isDestinationType } from '../../destinations/index.ts'
import { testDestination } from '../../pipeline/try.ts'
import { signingSecretProblem } from '../../signing/standard-webhooks.ts'
import { invalid, notFound, problem } from '../problem.ts'
import { type Acting, json, route } from '../route.ts'
import { timeOf, timeOrNull } from '../times.ts'
import { AttemptShape } from './deliveries.ts'
import {
  DestinationShape,
  newSigningSecret,
  SecretShape,
  shownDestination,
  shownSecret,
  signingOf,
} from './destination-shape.ts'
import { EventType } from '../../model/connection.ts'

const tag = 'Destinations'

const HealthShape = z
  .object({
    circuit: z.enum(['closed', 'open', 'probing']),
    consecutive_failures: z.int(),
    held: z.int(),
    in_flight: z.int(),
    oldest_held_at: z.iso.datetime().nullable(),
    drain_eta_s: z.number().nullable(),
  })
  .meta({ id: 'DestinationHealth' })

const TestShape = AttemptShape.extend({
  outcome: z.enum(['delivered', 'failed', 'refused']),
  cause: z.string().nullable(),
})

const RotatedShape = SecretShape.extend({
  previous_until: z.iso
    .datetime()
    .meta({ description: 'Until when the secrets before it sign as well.' }),
})

const Rotation = z.strictObject({
  overlap_s: z.int().min(0).max(604_800).default(86_400),
  secret: z
    .string()
    .superRefine((secret, context) => {
      const said = /^(?:whsec_|whsk_)/.test(secret)
        ? signingSecretProblem(secret)
        : 'must begin with whsec_ or whsk_'
      if (said !== null) context.addIssue(said)
    })
    .optional(),
})

async function setPaused(as: Acting, id: string, paused: boolean): Promise<Response> {
  const destination = await as.config.destinations.get(id)
  if (destination === null) return notFound('destination')
  const { type } = destination
  const secretPaths = isDestinationType(type) ? destinationTypes[type].secrets : []
  const changed = await as.config.destinations.update(id, { paused, secretPaths })
  return changed.ok ? json(shownDestination(changed.value)) : notFound('destination')
}

const notSigned = (): Response =>
  problem('not_signed', 'This destination does not sign, so it has no signing secret.')

export const destinationActionRoutes = [
  route({
    method: 'POST',
    path: '/api/v1/destinations/{id}/pause',
    access: 'operator',
    tag,
    summary: 'Hold all deliveries',
    description: 'Events are accepted and their deliveries held, until `resume`.',
    answers: { 200: { description: 'The destination.', schema: DestinationShape } },
    handle: ({ as, params }) => setPaused(as, params.id, true),
  }),
  route({
    method: 'POST',
    path: '/api/v1/destinations/{id}/resume',
    access: 'operator',
    tag,
    summary: 'Let held deliveries go',
    answers: { 200: { description: 'The destination.', schema: DestinationShape } },
    handle: ({ as, params }) => setPaused(as, params.id, false),
  }),
  route({
    method: 'POST',
    path: '/api/v1/destinations/{id}/test',
    access: 'operator',
    tag,
    summary: 'Send a test event and see what comes back',
    body: z.strictObject({ event_type: EventType.optional() }),
    answers: { 200: { description: 'The attempt.', schema: TestShape } },
    async handle({ services, as, params, body }) {
      const type = body.event_type ?? null
      const at = timeOf(services.now())
      const report = await testDestination(services, as.tenant.id, params.id, type)
      if (report === null) return notFound('destination')
      const { outcome, ...attempt } = report
      const cause = outcome.kind === 'delivered' ? null : outcome.cause
      const shown: z.infer<typeof TestShape> = {
        ...attempt,
        number: 1,
        at,
        trigger: 'manual',
        outcome: outcome.kind,
        cause,
      }
      return json(shown)
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/destinations/{id}/health',
    access: 'viewer',
    tag,
    summary: 'See how a destination is doing',
    answers: { 200: { description: 'Its health.', schema: HealthShape } },
    async handle({ as, params }) {
      if ((await as.config.destinations.get(params.id)) === null) return notFound('destination')
      const { oldest_held_at, ...health } = await as.ledger.health(params.id)
      const shown: z.infer<typeof HealthShape> = {
        circuit: health.circuit,
        consecutive_failures: health.consecutive_failures,
        held: health.held,
        in_flight: health.in_flight,
        oldest_held_at: timeOrNull(oldest_held_at),
        drain_eta_s: health.drain_eta_s,
      }
      return json(shown)
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/destinations/{id}/secret',
    access: 'operator',
    tag,
    summary: 'Read the signing secret',
    answers: { 200: { description: 'The current one.', schema: SecretShape } },
    problems: ['not_signed'],
    async handle({ as, params }) {
      const secrets = await as.config.destinations.signingSecrets(params.id)
      if (secrets === null) return notFound('destination')
      const [current] = secrets
      return current === undefined ? notSigned() : json(await shownSecret(current.secret))
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/destinations/{id}/rotate-secret',
    access: 'operator',
    tag,
    summary: 'Take a new signing secret',
    description: 'The secrets before it go on signing beside it for `overlap_s`.',
    body: Rotation,
    answers: { 200: { description: 'The new secret.', schema: RotatedShape } },
    problems: ['limit_reached', 'not_signed'],
    async handle({ services, as, params, body }) {
      const secrets = await as.config.destinations.signingSecrets(params.id)
      if (secrets === null) return notFound('destination')
      const [current] = secrets
      if (current === undefined) return notSigned()
      const signing = signingOf(current.secret)
      const secret = body.secret ?? (await newSigningSecret(services, signing))
      if (signingOf(secret) !== signing) {
        const needed = signing === 'hmac' ? 'whsec_' : 'whsk_'
        const message = `this destination signs with ${signing}: it takes ${needed}`
        return invalid([{ path: 'secret', message }])
      }
      const until = services.now() + body.overlap_s * 1000
      const rotated = await as.config.destinations.rotate(params.id, secret, until)
      if (rotated.ok) {
        return json({ ...(await shownSecret(secret)), previous_until: timeOf(until) })
      }
      return rotated.error === 'not_found'
        ? notFound('destination')
        : problem('limit_reached', 'Too many secrets are in their overlap. Wait for one to end.')
    },
  }),
]
