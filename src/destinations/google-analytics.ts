import * as z from 'zod'
import { isJsonObject, parseJson } from '../model/json.ts'
import type { Json, JsonObject } from '../model/json.ts'
import { mappingOf } from '../model/mapping.ts'
import { err, ok } from '../model/result.ts'
import type { Result } from '../model/result.ts'
import { BaseUrl } from './base-url.ts'
import { defineDestination } from './destination.ts'
import type { Message, Stopped } from './destination.ts'
import { clientIdOf, defaultParams } from './google-analytics/defaults.ts'
import {
  eventNameOf,
  eventNameProblem,
  paramsWithin,
  propertiesWithin,
} from './google-analytics/limits.ts'
import { actorIn } from './mapping/actor.ts'
import { dataOf } from './mapping/card.ts'
import { cut } from './mapping/cut.ts'
import { mappingInvalid, textField, valueField } from './mapping/fields.ts'
import { textAt } from './mapping/look.ts'
import { personOf } from './mapping/people.ts'
import { jsonBytes } from './mapping/well-formed.ts'
import { timeField, timeIs } from './mapping/when.ts'
import { outcomeBy } from './outcome-table.ts'
import { redact } from './redact.ts'

const mostBackMs = 72 * 3_600_000
const mostBytes = 130_000
const mostId = 256

const Config = z.strictObject({
  measurement_id: z.string().regex(/^G-[A-Z0-9]{4,20}$/, 'like G-XXXXXXXXXX'),
  api_secret: z.string().regex(/^[\x21-\x7e]{1,200}$/, 'visible ASCII characters without spaces'),
  debug: z.boolean().default(false),
  region: z.literal('eu').optional(),
  base_url: BaseUrl,
  mapping: mappingOf(['name', 'client_id', 'user_id', 'params', 'user_properties', 'timestamp']),
})
type Config = z.infer<typeof Config>

const baseOf = ({ base_url, region }: Config): string =>
  base_url ?? `https://${region === 'eu' ? 'region1' : 'www'}.google-analytics.com`

function idField(message: Message, field: string, byDefault: string | null) {
  const id = textField(message, field, byDefault)
  return id.ok && (id.value?.length ?? 0) > mostId
    ? err(mappingInvalid(field, `has more than ${mostId} characters`))
    : id
}

function nameOf(message: Message): Result<string, Stopped> {
  const name = textField(message, 'name', null)
  if (!name.ok) return name
  if (name.value === null) return ok(eventNameOf(message.event.type))
  const problem = eventNameProblem(name.value)
  return problem === null ? ok(name.value) : err(mappingInvalid('name', problem))
}

function payloadOf(message: Message, nowMs: number): Result<JsonObject, Stopped> {
  const data = dataOf(message)
  const actor = actorIn(message, data)
  const name = nameOf(message)
  const clientId = idField(message, 'client_id', clientIdOf(message, data, actor))
  const userId = idField(message, 'user_id', personOf(actor).id)
  const params = paramsWithin(valueField(message, 'params', defaultParams(message, data)) ?? {})
  const plan = textAt(actor, ['plan'])
  const byDefault: Json = plan === undefined ? {} : { plan }
  const properties = propertiesWithin(valueField(message, 'user_properties', byDefault) ?? {})
  const atMs = timeField(message, 'timestamp', nowMs, mostBackMs)
  if (!name.ok) return name
  if (!clientId.ok) return clientId
  if (clientId.value === null) return err(mappingInvalid('client_id', 'must not be empty'))
  if (!userId.ok) return userId
  if (!params.ok) return params
  if (!properties.ok) return properties
  if (!atMs.ok) return atMs
  return ok({
    client_id: clientId.value,
    ...(userId.value === null ? {} : { user_id: userId.value }),
    timestamp_micros: Math.min(atMs.value, nowMs) * 1000,
    ...(Object.keys(properties.value).length === 0 ? {} : { user_properties: properties.value }),
    events: [{ name: name.value, params: params.value }],
  })
}

/** What the debug endpoint has against the event; `null`: nothing. */
function complaintsIn(body: Json | undefined): string | null {
  const messages = isJsonObject(body) ? body['validationMessages'] : undefined
  if (!Array.isArray(messages) || messages.length === 0) return null
  const said = messages.map((one) =>
    [textAt(one, ['fieldPath']), textAt(one, ['description'])].filter(Boolean).join(': '),
  )
  return cut(said.join(' '), 1000)
}

/** Google Analytics 4: https://developers.google.com/analytics/devguides/collection/protocol/ga4/reference */
export const googleAnalytics = defineDestination({
  title: 'Google Analytics 4',
  description:
    'Records each event in a web data stream by the Measurement Protocol. Google Analytics takes everything and drops what is wrong without a word, so Switchyard checks names, counts and times before. It knows no repeats: an event whose answer was lost on the way may be counted twice (a purchase only once, by its transaction_id).',
  config: Config,
  secrets: ['api_secret'],
  signing: () => null,
  rateLimit: null,
  addresses: (config) => [{ path: 'base_url', url: baseOf(config) }],
  mapping: [
    { name: 'name', is: 'the event: at most 40 letters, digits and underscores; else its type' },
    { name: 'client_id', is: "the browser (its _ga cookie); else one made of the user's id" },
    { name: 'user_id', is: 'your id of the user, no address; or null' },
    { name: 'params', is: 'an object of at most 25 texts and numbers; texts are cut at 100' },
    { name: 'user_properties', is: 'an object of at most 25 texts and numbers; cut at 36' },
    { name: 'timestamp', is: `when it happened, at most 72 hours ago: ${timeIs}` },
  ],
  steps: [
    'In Google Analytics open Admin, Data streams, and choose your web stream: its measurement ID begins with G-.',
    'There, under "Measurement Protocol API secrets", create a secret and enter both here.',
    'Send a test with "debug" on: Google then says what is wrong, and records nothing. Turn it off afterwards.',
    'To join events with what a browser did, map client_id to the value of its _ga cookie, without "GA1.1.".',
  ],
  async converse(message, { config }, talk) {
    const { measurement_id, api_secret, debug } = config
    const answer = await talk.call(async () => {
      const payload = payloadOf(message, talk.now())
      if (!payload.ok) return payload
      const strict = debug ? { validation_behavior: 'ENFORCE_RECOMMENDATIONS' } : {}
      const body = jsonBytes({ ...payload.value, ...strict })
      if (body.length > mostBytes) {
        return err(mappingInvalid('params', `make ${body.length} bytes; at most 130 kB are taken`))
      }
      const query = new URLSearchParams({ measurement_id, api_secret })
      return ok({
        url: `${baseOf(config)}${debug ? '/debug' : ''}/mp/collect?${query.toString()}`,
        method: 'POST',
        headers: new Headers({
          'content-type': 'application/json',
          'user-agent': 'Switchyard/1',
        }),
        body,
        secretHeaders: [],
      })
    })
    if (!answer.ok) return answer.error
    const outcome = outcomeBy([], answer.value, talk.now())
    const complaints =
      debug && outcome.kind === 'delivered' ? complaintsIn(parseJson(answer.value.body)) : null
    return complaints === null
      ? { outcome }
      : {
          outcome: { kind: 'refused', cause: 'mapping_invalid' },
          error: `mapping: ${redact(complaints, [api_secret], true)}`,
        }
  },
})
