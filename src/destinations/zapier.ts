import * as z from 'zod'
import { isJsonObject, parseJson } from '../model/json.ts'
import { mappingOf } from '../model/mapping.ts'
import { memberRange, wholeRange } from '../model/raw-json.ts'
import { err, ok } from '../model/result.ts'
import type { Result } from '../model/result.ts'
import { concat, utf8 } from '../signing/bytes.ts'
import { BaseUrl } from './base-url.ts'
import { defineDestination } from './destination.ts'
import type { Message, Stopped } from './destination.ts'
import { HookUrl, hookAddress, hookAt } from './hook-url.ts'
import { mappedAt, mappingInvalid } from './mapping/fields.ts'
import { wellFormed } from './mapping/well-formed.ts'
import { outcomeBy } from './outcome-table.ts'
import type { OutcomeRow } from './outcome-table.ts'

const Config = z.strictObject({
  url: HookUrl,
  base_url: BaseUrl,
  mapping: mappingOf(['payload']),
})

const [quote, closeBrace] = [0x22, 0x7d]

/** `json` with its member `name`, where it has one, called `data_…`: not a byte of its value changes. */
function renamed(json: Uint8Array, name: string): Uint8Array {
  const value = memberRange(json, name)
  if (value === null) return json
  // No name that is asked for has a quote in it, so the two last ones before the value are its own.
  const end = json.lastIndexOf(quote, value.start - 1)
  const start = json.lastIndexOf(quote, end - 1)
  return concat(json.subarray(0, start), utf8(`"data_${name}"`), json.subarray(end + 1))
}

/** The event flat: the members of its data as they are, and the event's own three behind them. */
function flat({ id, type, time }: Message['event'], json: Uint8Array): Uint8Array {
  let data = json.subarray(wholeRange(json).start)
  for (const name of ['id', 'type', 'time']) data = renamed(data, name)
  const open = data.subarray(0, data.lastIndexOf(closeBrace))
  const own = JSON.stringify({ id, type, time }).slice(1)
  const empty = !open.includes(quote)
  return concat(open, utf8(empty ? own : `,${own}`))
}

/** 410 is its own way to end a subscription, and plain HTTP all else, for hooks of others too. */
const table: readonly OutcomeRow[] = [{ status: [200, 299], is: 'delivered' }]

interface Payload {
  body: Uint8Array
  contentType: string | null
}

const sendable = /^[\t\x20-\x7e]+$/
const json = 'application/json'

function payloadOf(message: Message): Result<Payload, Stopped> {
  const { event, body, contentType } = message
  const mapped = mappedAt(message, 'payload')
  if (mapped !== undefined) {
    if (typeof mapped !== 'object' || mapped === null)
      return err(mappingInvalid('payload', 'must be an object or a list'))
    return ok({ body: utf8(JSON.stringify(wellFormed(mapped))), contentType: json })
  }
  if (isJsonObject(parseJson(body))) return ok({ body: flat(event, body), contentType: json })
  const carried = contentType !== null && sendable.test(contentType) ? contentType : null
  return ok({ body, contentType: carried })
}

/** https://docs.zapier.com/platform/build/cli-hook-trigger */
export const zapier = defineDestination({
  title: 'Zapier',
  description:
    'Sends each event to a hook of a Zap, flat: the members of its data, with the id, type and time of the event. Where the ' +
    'data has members of these names, they are called data_id, data_type and data_time; what is no JSON object is sent as it ' +
    'is. A hook knows no idempotency key: an event may come twice if its answer was lost, with the same id.',
  config: Config,
  secrets: ['url'],
  signing: () => null,
  rateLimit: { limit: 30, per: 'second' },
  addresses: ({ url, base_url }) => [hookAddress('url', url, base_url)],
  mapping: [{ name: 'payload', is: 'all that is sent instead: an object, or a list of them' }],
  steps: [
    'Make a Zap at Zapier with the trigger Webhooks by Zapier, Catch Hook.',
    'Copy its webhook URL. Keep it secret: who has it can start the Zap.',
    'Send a test event, choose it at Zapier as the sample, and go on with the Zap.',
    'A Zap that is deleted answers 410: the destination is then disabled.',
  ],

  async request(message, { config: { url, base_url } }) {
    const payload = payloadOf(message)
    if (!payload.ok) return payload
    const { body, contentType } = payload.value
    const headers = new Headers({ 'accept-encoding': 'identity', 'user-agent': 'Switchyard/1' })
    if (contentType !== null) headers.set('content-type', contentType)
    return ok({ url: hookAt(url, base_url), method: 'POST', headers, body, secretHeaders: [] })
  },

  outcome: (response, world) => outcomeBy(table, response, world.now()),
})
