import * as z from 'zod'
import { parseJson } from '../model/json.ts'
import type { Json } from '../model/json.ts'
import { err, ok } from '../model/result.ts'
import type { Refusal } from '../model/refusal.ts'
import { keyFrom, textAt, typeFrom, valueAt, withAction } from './payload.ts'
import { echo } from './schemes/answers.ts'
import { jsonParts, together } from './schemes/json-batch.ts'
import { listBytes } from './schemes/json-member.ts'
import { credentialProblem, parametersOf } from './schemes/shared-secret.ts'
import { Secret, secretPaths, Split } from './settings.ts'
import { defineSource } from './source.ts'
import type { Part, Verified } from './source.ts'

const clientState = 'value[].clientState'

/** One request may bring notifications of several subscriptions: each has to show the secret. */
function problemOf(body: Uint8Array, secrets: readonly string[]): Refusal | null {
  const value = valueAt(parseJson(body), ['value'])
  if (!Array.isArray(value) || value.length === 0) {
    return { reason: 'missing_field', field: clientState }
  }
  for (const notification of value) {
    const given = valueAt(notification, ['clientState'])
    if (given === undefined || given === null || given === '') {
      return { reason: 'missing_field', field: clientState }
    }
    if (typeof given !== 'string') return { reason: 'credentials_mismatch' }
    const problem = credentialProblem(given, secrets)
    if (problem !== null) return problem
  }
  return null
}

function read(json: Json): Verified {
  const resource = textAt(json, 'resourceData', '@odata.type')?.replace(/^#/, '')
  const change = textAt(json, 'changeType')
  const id = textAt(json, 'id')
  const subscription = textAt(json, 'subscriptionId') ?? ''
  return {
    type: typeFrom(
      textAt(json, 'lifecycleEvent'),
      resource === undefined ? change : withAction(resource, change),
    ),
    dedupeKey: id === undefined ? null : keyFrom(`${subscription}:${id}`),
  }
}

const partsOf = (body: Uint8Array): Part[] => jsonParts(listBytes(body, 'value'), read)

/**
 * The proof is `clientState`, a secret in every notification. Type: the resource's (`Microsoft.Graph.Message`) with the change
 * after a dot, the change alone where no resource is named, or the lifecycle event. Dedupe: `subscriptionId` and the notification's
 * `id`, which many have not: then its digest.
 */
export const microsoftGraph = defineSource({
  title: 'Microsoft Graph',
  documentation: 'https://learn.microsoft.com/graph/change-notifications-delivery-webhooks',
  config: z.strictObject({ secret: Secret, split: Split }),
  secrets: secretPaths('secret'),
  proofHeaders: [],
  methods: ['POST'],
  typeIs: "the resource's @odata.type, with `changeType` after a dot; or `lifecycleEvent`",
  dedupeKeyIs: '`subscriptionId` and `id` of the notification, else its digest',
  eventTypes: [
    'Microsoft.Graph.Message.created',
    'Microsoft.Graph.Event.updated',
    'Microsoft.Graph.User.deleted',
    'reauthorizationRequired',
    'subscriptionRemoved',
    'missed',
  ],
  steps: [
    "Create the subscription (POST /subscriptions) with this source's URL as notificationUrl and lifecycleNotificationUrl.",
    'clientState: the secret of this source, at most 128 characters. Graph repeats it in every notification.',
    'Graph checks the URL at once. Renew the subscription before it expires.',
  ],

  verify(request, { secret }) {
    const problem = problemOf(request.body, secret)
    return problem === null ? ok(together(partsOf(request.body), request.body)) : err(problem)
  },

  /** Graph shows no secret here, so that anybody may have a text sent back: as nothing but text. */
  handshake(request) {
    const [token = ''] = parametersOf(request, 'validationToken')
    if (token === '' || (request.method !== 'POST' && request.method !== 'GET')) return null
    return { response: echo(token) }
  },

  parts: ({ body }, { split }) => (split ? partsOf(body) : null),
})
