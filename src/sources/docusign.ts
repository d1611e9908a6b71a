import * as z from 'zod'
import { parseJson } from '../model/json.ts'
import { err, ok } from '../model/result.ts'
import { utf8 } from '../signing/bytes.ts'
import { bodyDigest, keyFrom, scalarAt, textAt, typeFrom } from './payload.ts'
import type { Signing } from './schemes/claim.ts'
import { hmacProblem } from './schemes/proof.ts'
import { Secret, secretPaths } from './settings.ts'
import { defineSource } from './source.ts'
import type { SourceRequest, Verified } from './source.ts'

const signatureHeader = (n: number): string => `x-docusign-signature-${n}`
const signatureHeaders = Array.from({ length: 100 }, (_, i) => signatureHeader(i + 1))

const signing: Signing = {
  header: signatureHeader(1),
  encoding: 'base64',
  itemSeparator: ',',
  signed: ['body'],
}

/** As if the signatures, one a header and one a key of the account, stood in the first header all together. */
function gathered(request: SourceRequest): SourceRequest {
  const given = signatureHeaders.map((name) => request.headers.get(name)).filter(Boolean)
  return { ...request, headers: new Headers({ [signing.header]: given.join(',') }) }
}

function eventOf({ body }: SourceRequest): Verified {
  const json = parseJson(body)
  const event = textAt(json, 'event')
  const at = textAt(json, 'generatedDateTime')
  if (event === undefined || at === undefined) {
    return { type: typeFrom(event), dedupeKey: bodyDigest(body) }
  }
  const of = [['data', 'envelopeId'], ['data', 'recipientId'], ['configurationId']] as const
  const told = of.map((path) => scalarAt(json, ...path))
  return { type: typeFrom(event), dedupeKey: keyFrom(JSON.stringify([event, at, ...told])) }
}

/**
 * Connect. Type: `event` of the JSON message; the older XML has none. Dedupe: event, time, envelope, recipient and configuration as
 * a JSON array, because `retryCount` makes each attempt another body.
 */
export const docusign = defineSource({
  title: 'Docusign Connect',
  documentation: 'https://developers.docusign.com/platform/webhooks/connect/validate',
  config: z.strictObject({ secret: Secret }),
  secrets: secretPaths('secret'),
  proofHeaders: signatureHeaders,
  methods: ['POST'],
  typeIs: '`event` of the body',
  dedupeKeyIs: 'event, generatedDateTime, envelope, recipient and configuration of the body',
  eventTypes: [
    'envelope-sent',
    'envelope-delivered',
    'envelope-completed',
    'envelope-declined',
    'envelope-voided',
    'recipient-completed',
  ],
  steps: [
    'Open Docusign Admin, then Integrations, Connect, Connect Keys, and add a secret key. Copy it into this source.',
    "Add a custom configuration. URL to publish: this source's URL. Data format: JSON (REST v2.1).",
    'Choose the events, check Include HMAC Signature, and save.',
  ],

  async verify(request, { secret }, world) {
    const keys = secret.map(utf8)
    const problem = await hmacProblem(gathered(request), signing, 'sha256', keys, world)
    return problem === null ? ok(eventOf(request)) : err(problem)
  },
})
