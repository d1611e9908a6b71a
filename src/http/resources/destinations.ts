import type { DestinationRecord } from '../../config/config.ts'
import { DestinationChange, NewDestination } from '../../model/destination.ts'
import { ok } from '../../model/result.ts'
import type { Services } from '../../pipeline/bound-services.ts'
import { ListQuery, listRequest, pageOf, pageShape } from '../lists.ts'
import { mergedConfig } from '../merged-config.ts'
import { notFound } from '../problem.ts'
import { type Acting, json, noContent, route } from '../route.ts'
import {
  boundConfig,
  DestinationShape,
  newSigningSecret,
  SecretShape,
  shownDestination,
  shownSecret,
  type Signing,
  signingOf,
  typeOf,
} from './destination-shape.ts'
import { notChanged, notCreated } from './sources.ts'
import { destinationTypes } from '../../destinations/index.ts'

const tag = 'Destinations'

const WithSecret = DestinationShape.extend(SecretShape.partial().shape)

/** A secret for a destination that signs in a way in which it has no secret yet; `null`: it has, or need not. */
async function missingSecret(
  services: Services,
  as: Acting,
  { id }: DestinationRecord,
  signing: Signing,
): Promise<string | null> {
  if (signing === null) return null
  const [current] = (await as.config.destinations.signingSecrets(id)) ?? []
  if (current !== undefined && signingOf(current.secret) === signing) return null
  const secret = await newSigningSecret(services, signing)
  const rotated = await as.config.destinations.rotate(id, secret, services.now())
  return rotated.ok ? secret : null
}

export const destinationRoutes = [
  route({
    method: 'POST',
    path: '/api/v1/destinations',
    access: 'operator',
    tag,
    summary: 'Make a destination',
    description:
      '`config` is the type’s own: see `GET /api/v1/destination-types`. Types that sign answer `signing_secret`.',
    body: NewDestination,
    examples: [
      {
        summary: 'A webhook',
        value: {
          name: 'Orders',
          type: 'webhook',
          config: { url: 'https://example.com/webhooks' },
          rate_limit: { limit: 50, per: 'second' },
        },
      },
    ],
    answers: { 201: { description: 'The destination.', schema: WithSecret } },
    problems: ['limit_reached'],
    async handle({ services, as, body }) {
      const type = typeOf(body.type)
      if (!type.ok) return type.error
      const bound = boundConfig(type.value, body.config, services.allowlist)
      if (!bound.ok) return bound.error
      const { secretPaths, signing, rateLimit } = bound.value
      const secret = signing === null ? null : await newSigningSecret(services, signing)
      const rate_limit = body.rate_limit === undefined ? rateLimit : body.rate_limit
      const destination = { ...body, rate_limit, secretPaths, signing_secret: secret }
      const created = await as.config.destinations.create(destination)
      if (!created.ok) return notCreated(created.error, 'destinations')
      const shown = shownDestination(created.value)
      return json(secret === null ? shown : { ...shown, ...(await shownSecret(secret)) }, 201)
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/destinations',
    access: 'viewer',
    tag,
    summary: 'List the destinations',
    query: ListQuery,
    answers: {
      200: { description: 'A page of destinations.', schema: pageShape(DestinationShape) },
    },
    async handle({ as, query }) {
      const request = listRequest('destination', query)
      if (!request.ok) return request.error
      return pageOf(await as.config.destinations.list(request.value), query.order, shownDestination)
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/destinations/{id}',
    access: 'viewer',
    tag,
    summary: 'Read a destination',
    answers: {
      200: { description: 'The destination, its credentials masked.', schema: DestinationShape },
    },
    async handle({ as, params }) {
      const destination = await as.config.destinations.get(params.id)
      return destination === null ? notFound('destination') : json(shownDestination(destination))
    },
  }),
  route({
    method: 'PATCH',
    path: '/api/v1/destinations/{id}',
    access: 'operator',
    tag,
    summary: 'Change a destination',
    description:
      'Members of `config` that are not given stay, `null` takes one away, and a masked secret keeps the stored one. Where the way of signing changes, the answer holds the new `signing_secret`.',
    body: DestinationChange,
    answers: { 200: { description: 'The destination as it is now.', schema: WithSecret } },
    async handle({ services, as, params, body }) {
      let signing: Signing = null
      const changed = await as.config.destinations.reconfigure(params.id, async (stored) => {
        const type = typeOf(stored.type)
        if (!type.ok) return type
        const secretPaths = destinationTypes[type.value].secrets
        const { config: change, ...fields } = body
        if (change === undefined) return ok({ ...fields, secretPaths })
        const config = await mergedConfig(stored.config, change, secretPaths)
        if (!config.ok) return config
        const bound = boundConfig(type.value, config.value, services.allowlist)
        if (!bound.ok) return bound
        signing = bound.value.signing
        return ok({ ...fields, config: config.value, secretPaths })
      })
      if (!changed.ok) return notChanged(changed.error, 'destination')
      const shown = shownDestination(changed.value)
      const secret = await missingSecret(services, as, changed.value, signing)
      return json(secret === null ? shown : { ...shown, ...(await shownSecret(secret)) })
    },
  }),
  route({
    method: 'DELETE',
    path: '/api/v1/destinations/{id}',
    access: 'operator',
    tag,
    summary: 'Delete a destination',
    description: 'The connections that name it go with it; what is still held for it is dead.',
    answers: { 204: { description: 'Deleted.' } },
    async handle({ as, params }) {
      const removed = await as.config.destinations.remove(params.id)
      return removed ? noContent() : notFound('destination')
    },
  }),
]
