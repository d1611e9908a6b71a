import * as z from 'zod'
import { parseJson } from '../model/json.ts'
import { mappingOf } from '../model/mapping.ts'
import { ok } from '../model/result.ts'
import { utf8 } from '../signing/bytes.ts'
import { BaseUrl } from './base-url.ts'
import { defineDestination } from './destination.ts'
import { at, textAt } from './mapping/look.ts'
import { timeIs } from './mapping/when.ts'
import { outcomeBy } from './outcome-table.ts'
import type { OutcomeRow } from './outcome-table.ts'
import { customerUpdate, meterEvent } from './stripe/calls.ts'

const Config = z.strictObject({
  api_key: z.string().regex(/^[\x21-\x7e]{1,500}$/, 'visible ASCII characters without spaces'),
  action: z.enum(['meter_event', 'customer_update']),
  /** The meter's; else the event's type. */
  event_name: z.string().min(1).max(100).optional(),
  api_version: z
    .string()
    .regex(/^\d{4}-\d\d-\d\d(?:\.[a-z]+)?$/, 'like 2026-10-28.endive')
    .default('2026-10-28.endive'),
  base_url: BaseUrl,
  mapping: mappingOf([
    'customer',
    'event_name',
    'value',
    'payload',
    'timestamp',
    'name',
    'email',
    'phone',
    'description',
    'metadata',
  ]),
})
type Config = z.infer<typeof Config>

/** https://docs.stripe.com/error-low-level, and Stripe's own client */
const table: readonly OutcomeRow[] = [
  { code: ['duplicate'], status: 400, is: 'delivered' },
  { code: ['lock_timeout'], status: [400, 499], is: 'retry' },
  { status: 401, is: 'credentials' },
  { status: 403, is: 'credentials' },
  { code: ['no'], status: [400, 599], is: 'refused' },
  { status: 429, is: 'rate_limited' },
  { code: ['yes'], status: [400, 599], is: 'retry' },
  { status: 409, is: 'retry' },
]

const baseOf = ({ base_url }: Config): string => base_url ?? 'https://api.stripe.com'

/** Stripe: https://docs.stripe.com/api */
export const stripe = defineDestination({
  title: 'Stripe',
  description:
    'Records usage (a meter event) or updates a customer for each event. The Idempotency-Key and the identifier of a meter event are the id of the delivery, by which Stripe knows a retry for at least 24 hours; a meter event that is retried later than that may count twice. Stripe checks meter events after it has taken them: subscribe to v1.billing.meter.error_report_triggered.',
  config: Config,
  secrets: ['api_key'],
  signing: () => null,
  rateLimit: { limit: 100, per: 'second' },
  addresses: (config) => [{ path: 'base_url', url: baseOf(config) }],
  mapping: [
    { name: 'customer', is: 'the id of the Stripe customer, like cus_…' },
    { name: 'event_name', is: "the meter's event name; at most 100 characters" },
    { name: 'value', is: 'how much was used: a whole number; 1 where the data has no value' },
    { name: 'payload', is: 'an object of more members of the meter event, like dimensions' },
    { name: 'timestamp', is: `when it was used, at most 35 days ago: ${timeIs}` },
    { name: 'name', is: "the customer's name; null empties it" },
    { name: 'email', is: "the customer's e-mail address; null empties it" },
    { name: 'phone', is: "the customer's phone number; null empties it" },
    { name: 'description', is: 'a text about the customer; null empties it' },
    { name: 'metadata', is: 'an object of at most 50 texts of 500 characters; null removes one' },
  ],
  steps: [
    'In the Stripe dashboard open Developers, API keys, and create a restricted key.',
    'Give it "write" on Billing meter events, or on Customers, and enter it here.',
    'For usage, create a meter under Billing, Meters, and enter its event name as event_name.',
    'The data must name the customer as stripe_customer_id, or map "customer" to where it stands.',
  ],
  async request(message, { config }, world) {
    const call =
      config.action === 'meter_event'
        ? meterEvent(message, config.event_name, world.now())
        : customerUpdate(message)
    if (!call.ok) return call
    const { path, form } = call.value
    return ok({
      url: `${baseOf(config)}${path}`,
      method: 'POST',
      headers: new Headers({
        authorization: `Bearer ${config.api_key}`,
        'content-type': 'application/x-www-form-urlencoded',
        'idempotency-key': message.deliveryId,
        'stripe-version': config.api_version,
        'user-agent': 'Switchyard/1',
      }),
      body: utf8(form.toString()),
      secretHeaders: ['authorization'],
    })
  },
  outcome(response, world) {
    const error = at(parseJson(response.body), ['error'])
    const should = response.headers.get('stripe-should-retry')
    const codes = [
      textAt(error, ['code']) ?? '',
      // The identifier is the delivery's own: what exists already came with an earlier attempt.
      /already exists with identifier/i.test(textAt(error, ['message']) ?? '') ? 'duplicate' : '',
      should === 'true' ? 'yes' : should === 'false' ? 'no' : '',
    ]
    return outcomeBy(table, response, world.now(), codes)
  },
})
