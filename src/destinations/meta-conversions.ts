import * as z from 'zod'
import { isJsonObject, parseJson } from '../model/json.ts'
import type { Json } from '../model/json.ts'
import { mappingOf } from '../model/mapping.ts'
import { ok } from '../model/result.ts'
import { utf8 } from '../signing/bytes.ts'
import { BaseUrl } from './base-url.ts'
import { defineDestination } from './destination.ts'
import { at, numberAt, textAt } from './mapping/look.ts'
import { jsonBytes } from './mapping/well-formed.ts'
import { timeIs } from './mapping/when.ts'
import { eventOf } from './meta-conversions/event.ts'
import { outcomeBy } from './outcome-table.ts'
import type { OutcomeRow } from './outcome-table.ts'

const Config = z.strictObject({
  pixel_id: z.string().regex(/^\d{1,32}$/, 'digits'),
  access_token: z
    .string()
    .regex(/^[\x21-\x7e]{1,1000}$/, 'visible ASCII characters without spaces'),
  api_version: z
    .string()
    .regex(/^v\d{1,3}\.\d$/, 'like v24.0')
    .default('v24.0'),
  action_source: z
    .enum([
      'website',
      'app',
      'email',
      'phone_call',
      'chat',
      'physical_store',
      'system_generated',
      'business_messaging',
      'other',
    ])
    .default('website'),
  test_event_code: z.string().min(1).max(100).optional(),
  base_url: BaseUrl,
  mapping: mappingOf([
    'event_name',
    'event_time',
    'event_id',
    'event_source_url',
    'user_data',
    'custom_data',
  ]),
})
type Config = z.infer<typeof Config>

const baseOf = ({ base_url }: Config): string => base_url ?? 'https://graph.facebook.com'

/** https://developers.facebook.com/docs/graph-api/guides/error-handling, and …/overview/rate-limiting */
const table: readonly OutcomeRow[] = [
  { code: ['4', '17', '32', '341', '613', '80004'], is: 'rate_limited' },
  { code: ['transient', '1', '2'], is: 'retry' },
  { code: ['102', '190'], is: 'credentials' },
  { code: ['3', '10', '200'], is: 'credentials' },
  { code: ['error'], status: [200, 499], is: 'refused' },
  { code: ['received'], status: [200, 299], is: 'delivered' },
  // Something in between has answered: `events_received` is what says that Meta has it.
  { status: [200, 299], is: 'retry' },
]

function codesIn(body: Json | undefined): string[] {
  const error = at(body, ['error'])
  const code = textAt(error, ['code'])
  return [
    ...(error === undefined ? [] : ['error']),
    ...(code === undefined ? [] : [code]),
    ...(at(error, ['is_transient']) === true ? ['transient'] : []),
    ...((numberAt(body, ['events_received']) ?? 0) > 0 ? ['received'] : []),
  ]
}

/** The longest wait, in ms, of all that `X-Business-Use-Case-Usage` names; it counts in minutes. */
function waitIn(header: string | null): number | null {
  const usage = header === null ? undefined : parseJson(utf8(header))
  const all = isJsonObject(usage) ? Object.values(usage).flat() : []
  const minutes = all.map((one) => numberAt(one, ['estimated_time_to_regain_access']) ?? 0)
  const longest = Math.max(0, ...minutes)
  return longest === 0 ? null : longest * 60_000
}

/** Meta's Conversions API: https://developers.facebook.com/docs/marketing-api/conversions-api/using-the-api */
export const metaConversions = defineDestination({
  title: 'Meta Conversions',
  description:
    "Reports each event to a Meta Pixel by the Conversions API, with the user's data normalised and hashed. event_id is the event's own id and stays the same over retries; Meta keeps the first of events with the same name and event_id within 48 hours, but promises it only between a browser's event and a server's: a retry after a lost answer may count twice.",
  config: Config,
  secrets: ['access_token'],
  signing: () => null,
  rateLimit: null,
  addresses: (config) => [{ path: 'base_url', url: baseOf(config) }],
  mapping: [
    { name: 'event_name', is: 'a standard event, like Purchase, or a name of your own' },
    { name: 'event_time', is: `when it happened, at most 7 days ago: ${timeIs}` },
    { name: 'event_id', is: "what the Pixel's eventID was, where the browser told of it too" },
    { name: 'event_source_url', is: 'the page on which it happened: an http(s) URL' },
    { name: 'user_data', is: "an object by Meta's keys (em, ph, fn …), not hashed: that is done" },
    { name: 'custom_data', is: 'an object: value, currency, content_ids and so on' },
  ],
  steps: [
    'In the Events Manager choose your Pixel (dataset); its ID is shown under Settings.',
    'There, under Conversions API, generate an access token, and enter both here.',
    'Enter the code of the "Test events" tab as test_event_code to see events arrive, and remove it afterwards.',
    'For events of a website send along the client_user_agent, and the fbp and fbc cookies where there are any.',
    'user.registered becomes CompleteRegistration, order.paid Purchase, video.viewed ViewContent; other types become custom events (video.generated: VideoGenerated).',
  ],
  async request(message, { config }, world) {
    const event = eventOf(message, config.action_source, world.now())
    if (!event.ok) return event
    const { test_event_code, api_version, pixel_id, access_token } = config
    const body = {
      data: [event.value],
      ...(test_event_code === undefined ? {} : { test_event_code }),
    }
    return ok({
      url: `${baseOf(config)}/${api_version}/${pixel_id}/events`,
      method: 'POST',
      headers: new Headers({
        authorization: `Bearer ${access_token}`,
        'content-type': 'application/json',
        'user-agent': 'Switchyard/1',
      }),
      body: jsonBytes(body),
      secretHeaders: ['authorization'],
    })
  },
  outcome(response, world) {
    const codes = codesIn(parseJson(response.body))
    const wait = waitIn(response.headers.get('x-business-use-case-usage'))
    return outcomeBy(table, response, world.now(), codes, wait)
  },
})
