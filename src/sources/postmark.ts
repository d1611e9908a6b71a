import * as z from 'zod'
import { parseJson } from '../model/json.ts'
import { err, ok } from '../model/result.ts'
import { basic } from './basic.ts'
import { bodyDigest, keyFrom, scalarAt, textAt, typeFrom, valueAt } from './payload.ts'
import { plainOk } from './schemes/answers.ts'
import { headerProblem } from './schemes/shared-secret.ts'
import { HeaderName, Secret, secretPaths } from './settings.ts'
import { defineSource } from './source.ts'
import type { SourceRequest, Verified } from './source.ts'

const Credentials = z
  .strictObject({
    username: z
      .string()
      .regex(/^[^:]{1,1000}$/, 'a name without a colon')
      .optional(),
    password: Secret.optional(),
    /** Instead: a header of your own, and its value. */
    header: HeaderName.optional(),
    secret: Secret.optional(),
  })
  .transform(({ username, password, header, secret }, { issues }) => {
    if (header === undefined && secret === undefined && username !== undefined && password) {
      return { kind: 'basic', username, password } as const
    }
    if (username === undefined && password === undefined && header !== undefined && secret) {
      return { kind: 'header', header, secret } as const
    }
    const message = 'username and password, or header and secret'
    issues.push({ code: 'custom', path: ['username'], message, input: username })
    return z.NEVER
  })

/** One message has as many deliveries as recipients, and is opened more than once. */
function eventOf({ body }: SourceRequest): Verified {
  const json = parseJson(body)
  const first = (...names: string[]) =>
    names.map((name) => textAt(json, name)).find((value) => value !== undefined) ?? null
  // What arrives by mail is the one thing that is no record.
  const inbound = valueAt(json, ['FromFull']) === undefined ? null : 'Inbound'
  const recordType = first('RecordType') ?? inbound
  const message = first('MessageID')
  const told = [recordType, message, scalarAt(json, 'ID'), first('Recipient', 'Email')]
  const at = first('ReceivedAt', 'DeliveredAt', 'ChangedAt', 'BouncedAt')
  return {
    type: typeFrom(recordType),
    dedupeKey: message === null ? bodyDigest(body) : keyFrom(JSON.stringify([...told, at])),
  }
}

/**
 * Basic authentication, or a header of one's own. Type: `RecordType`, for inbound mail `Inbound`. Dedupe: record type, message,
 * record, recipient and time, as a JSON array.
 */
export const postmark = defineSource({
  title: 'Postmark',
  documentation: 'https://postmarkapp.com/developer/webhooks/webhooks-overview',
  config: Credentials,
  secrets: [...secretPaths('password'), ...secretPaths('secret')],
  proofHeaders: ['authorization'],
  configuredProofHeaders: (config) => (config.kind === 'header' ? [config.header] : []),
  methods: ['POST'],
  typeIs: '`RecordType` of the body; `Inbound` for mail that came in',
  dedupeKeyIs: 'RecordType, MessageID, ID, recipient and time of the body',
  eventTypes: [
    'Delivery',
    'Bounce',
    'SpamComplaint',
    'Open',
    'Click',
    'SubscriptionChange',
    'Inbound',
  ],
  steps: [
    'Open the server and the message stream in Postmark, then Webhooks, Add webhook.',
    "Webhook URL: this source's URL. Enter the user name and password of this source under Basic auth credentials.",
    'Or add a custom header with the secret of this source. For inbound mail: https://user:password@… in the stream’s settings.',
    'Choose the events and send a test.',
  ],

  async verify(request, config, world) {
    if (config.kind === 'header') {
      const problem = headerProblem(request, config.header, config.secret)
      return problem === null ? ok(eventOf(request)) : err(problem)
    }
    const checked = await basic.verify(request, config, world)
    return checked.ok ? ok(eventOf(request)) : checked
  },

  /** Anything else is a failure to Postmark, and is sent again. */
  accepted: plainOk,
})
