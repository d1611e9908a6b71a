import { isJsonObject } from '../../model/json.ts'
import type { Json } from '../../model/json.ts'
import { err, ok } from '../../model/result.ts'
import type { Result } from '../../model/result.ts'
import type { Message, Stopped } from '../destination.ts'
import { actorIn } from '../mapping/actor.ts'
import { dataOf } from '../mapping/card.ts'
import { cut } from '../mapping/cut.ts'
import { mappedAt, mappingInvalid, numberField, textField, valueField } from '../mapping/fields.ts'
import { firstTextAt, numberAt, shown } from '../mapping/look.ts'
import { personOf } from '../mapping/people.ts'
import { timeField } from '../mapping/when.ts'

/** What is posted, and where. */
export interface Call {
  path: string
  form: URLSearchParams
}

function customerOf(message: Message, data: Json | undefined, actor: Json) {
  const byDefault = firstTextAt(
    { data: data ?? null, actor },
    ['data', 'stripe_customer_id'],
    ['actor', 'stripe_customer_id'],
    ['data', 'customer'],
    ['data', 'data', 'object', 'customer'],
    ['data', 'customer_id'],
    ['actor', 'id'],
  )
  const usable = byDefault?.startsWith('cus_') === true ? byDefault : null
  const customer = textField(message, 'customer', usable)
  if (!customer.ok) return customer
  return customer.value !== null && /^\w{1,255}$/.test(customer.value)
    ? ok(customer.value)
    : err(mappingInvalid('customer', 'must be the id of a Stripe customer, like cus_…'))
}

/** The members of an object as `name[key]`; `null` empties one. */
function group(
  form: URLSearchParams,
  name: string,
  value: Json,
  { keys, each }: { keys: number; each: number },
): Stopped | null {
  if (!isJsonObject(value)) return mappingInvalid(name, 'must be an object')
  const entries = Object.entries(value)
  if (entries.length > keys) return mappingInvalid(name, `has more than ${keys} members`)
  for (const [key, one] of entries) {
    if (!/^[^[\]]{1,40}$/.test(key)) {
      return mappingInvalid(`${name}.${key}`, 'a name has at most 40 characters, and no brackets')
    }
    form.set(`${name}[${key}]`, one === null ? '' : cut(shown(one), each))
  }
  return null
}

const mostBackMs = 35 * 86_400_000

/** https://docs.stripe.com/api/billing/meter-event/create */
export function meterEvent(
  message: Message,
  eventName: string | undefined,
  nowMs: number,
): Result<Call, Stopped> {
  const data = dataOf(message)
  const byType = message.event.type.replaceAll(/\W+/g, '_').slice(0, 100)
  const name = textField(message, 'event_name', eventName ?? byType)
  const customer = customerOf(message, data, actorIn(message, data))
  const value = numberField(message, 'value', numberAt(data, ['value']) ?? 1)
  const atMs = timeField(message, 'timestamp', nowMs, mostBackMs)
  if (!name.ok) return name
  if (name.value === null || name.value.length > 100) {
    return err(mappingInvalid('event_name', 'must have 1 to 100 characters'))
  }
  if (!customer.ok) return customer
  if (!value.ok) return value
  if (!Number.isSafeInteger(value.value)) {
    return err(mappingInvalid('value', 'must be a whole number'))
  }
  if (!atMs.ok) return atMs
  const form = new URLSearchParams({
    event_name: name.value,
    identifier: message.deliveryId,
    timestamp: String(Math.floor(atMs.value / 1000)),
    'payload[stripe_customer_id]': customer.value,
    'payload[value]': String(value.value),
  })
  const more = mappedAt(message, 'payload') ?? null
  const problem = more === null ? null : group(form, 'payload', more, { keys: 50, each: 100 })
  return problem === null ? ok({ path: '/v1/billing/meter_events', form }) : err(problem)
}

/** What is longer than Stripe takes: a name can be cut, an address or a number cannot. */
const most = { name: 256, email: 512, phone: 20, description: 350 } as const

/** https://docs.stripe.com/api/customers/update */
export function customerUpdate(message: Message): Result<Call, Stopped> {
  const data = dataOf(message)
  const actor = actorIn(message, data)
  const person = personOf(actor)
  const customer = customerOf(message, data, actor)
  if (!customer.ok) return customer
  const form = new URLSearchParams()
  for (const field of ['name', 'email', 'phone', 'description'] as const) {
    const text = textField(message, field, field === 'description' ? null : person[field])
    if (!text.ok) return text
    const short = field === 'name' || field === 'description'
    const value = text.value !== null && short ? cut(text.value, most[field]) : text.value
    if ((value?.length ?? 0) > most[field]) {
      return err(mappingInvalid(field, `has more than ${most[field]} characters`))
    }
    // Emptied only where the mapping says so.
    if (value !== null) form.set(field, value)
    else if (mappedAt(message, field) !== undefined) form.set(field, '')
  }
  const { type, time } = message.event
  const byDefault = { last_event: type, last_event_at: time }
  const metadata = valueField(message, 'metadata', byDefault) ?? {}
  const problem = group(form, 'metadata', metadata, { keys: 50, each: 500 })
  return problem === null ? ok({ path: `/v1/customers/${customer.value}`, form }) : err(problem)
}
