import * as z from 'zod'
import { parseJson } from '../model/json.ts'
import type { Json } from '../model/json.ts'
import type { Refusal } from '../model/refusal.ts'
import { err, ok } from '../model/result.ts'
import { textAt, typeFrom } from './payload.ts'
import { mediaTypeOf, originKey, structuredType } from './schemes/cloud-event.ts'
import { jsonParts, together } from './schemes/json-batch.ts'
import { headerProblem, parameterProblem, ParameterName } from './schemes/shared-secret.ts'
import { consentTo } from './schemes/webhook-consent.ts'
import { HeaderName, Secret, secretPaths, Split } from './settings.ts'
import { defineSource } from './source.ts'
import type { SourceRequest, Verified } from './source.ts'

const Config = z
  .strictObject({
    secret: Secret,
    /** The URL's query parameter with the secret; `code` unless set. */
    parameter: ParameterName.optional(),
    /** Instead: the delivery property with the secret as its whole value. */
    header: HeaderName.optional(),
    split: Split,
  })
  .transform((config, { issues }) => {
    if (config.parameter !== undefined && config.header !== undefined) {
      const message = 'the secret stands in the header or in the parameter'
      issues.push({ code: 'custom', path: ['parameter'], message, input: config })
    }
    return config
  })

const problemOf = (
  request: SourceRequest,
  { secret, parameter = 'code', header }: z.infer<typeof Config>,
): Refusal | null =>
  header === undefined
    ? parameterProblem(request, parameter, secret)
    : headerProblem(request, header, secret)

/** Of either schema: Event Grid's own, or CloudEvents. */
function read(json: Json): Verified {
  const id = textAt(json, 'id')
  const source = textAt(json, 'topic') ?? textAt(json, 'source') ?? ''
  return {
    type: typeFrom(textAt(json, 'eventType'), textAt(json, 'type')),
    dedupeKey: id === undefined ? null : originKey(source, id),
  }
}

/**
 * Event Grid signs nothing: the secret stands in the URL, or in a delivery property. Type: `eventType`, of CloudEvents `type`.
 * Dedupe: `topic` (`source`) and `id`. Several taken whole have the type that they share, else `batch`, and a digest of their keys.
 */
export const azureEventGrid = defineSource({
  title: 'Azure Event Grid',
  documentation:
    'https://learn.microsoft.com/azure/event-grid/end-point-validation-event-grid-events-schema',
  config: Config,
  secrets: secretPaths('secret'),
  proofHeaders: [],
  configuredProofHeaders: ({ header }) => (header === undefined ? [] : [header]),
  methods: ['POST'],
  typeIs: '`eventType` of the event, `type` in the CloudEvents schema',
  dedupeKeyIs: '`topic` (`source`) and `id` of the event together, else its digest',
  eventTypes: [
    'Microsoft.Storage.BlobCreated',
    'Microsoft.Storage.BlobDeleted',
    'Microsoft.Resources.ResourceWriteSuccess',
    'Microsoft.KeyVault.SecretNearExpiry',
    'Microsoft.EventGrid.SubscriptionDeletedEvent',
  ],
  steps: [
    'Open the topic in the Azure portal, then Event Subscription, and choose the endpoint type Web Hook.',
    "Subscriber endpoint: this source's URL with ?code= and the secret of this source.",
    'Or leave the URL as it is and enter the secret under Delivery Properties, as the header that this source names.',
    'Create the subscription. Azure checks the URL at once, in either schema.',
  ],

  verify(request, config) {
    const problem = problemOf(request, config)
    if (problem !== null) return err(problem)
    return ok(together(jsonParts(request.body, read), request.body))
  },

  /** The CloudEvents schema asks with OPTIONS, Event Grid's own with an event. 202 would not do. */
  handshake(request, config) {
    const isQuestion = request.method === 'OPTIONS'
    const isValidation = request.headers.get('aeg-event-type') === 'SubscriptionValidation'
    if ((!isQuestion && !isValidation) || problemOf(request, config) !== null) return null
    const consent = consentTo(request, ['*'])
    if (consent !== null) return { response: consent }
    const validationResponse = textAt(parseJson(request.body), 0, 'data', 'validationCode')
    if (validationResponse === undefined) return null
    return { response: Response.json({ validationResponse }) }
  },

  parts(request, { split }) {
    if (!split) return null
    const areCloudEvents = mediaTypeOf(request).startsWith('application/cloudevents')
    const contentType = areCloudEvents ? structuredType : 'application/json'
    return jsonParts(request.body, read, contentType)
  },
})
