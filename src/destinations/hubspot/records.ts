import type { Json, JsonObject } from '../../model/json.ts'
import { err, ok } from '../../model/result.ts'
import type { Result } from '../../model/result.ts'
import type { Message, Stopped } from '../destination.ts'
import { cardOf, dataOf } from '../mapping/card.ts'
import { cut } from '../mapping/cut.ts'
import { mappedAt, mappingInvalid, numberField, textField } from '../mapping/fields.ts'
import { personOf } from '../mapping/people.ts'
import { emailField, linesOf, markerOf, namesOf, objectField } from '../people-fields.ts'
import type { HubspotConfig } from './config.ts'

/** https://knowledge.hubspot.com/properties/property-field-types-in-hubspot */
const longestText = 65_536

type Properties = Record<string, string>

/** Values by internal names, as the API takes them: texts. What is not known is left as it is in HubSpot. */
function propertiesOf(field: string, own: Record<string, Json>): Result<Properties, Stopped> {
  const properties: Properties = {}
  for (const [name, value] of Object.entries(own)) {
    if (typeof value === 'object' && value !== null) {
      return err(mappingInvalid(`${field}.${name}`, 'must be a text, number or boolean'))
    }
    properties[name] = value === null ? '' : cut(String(value), longestText)
  }
  return ok(properties)
}

const known = (fields: Record<string, string | null>): JsonObject =>
  Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => (value === null ? [] : [[name, value]])),
  )

export interface Contact {
  email: string
  properties: Properties
}

/** Whom the event is about; `null`: nobody with an e-mail address. `own`: `mapping.properties` are the contact's. */
export function contactOf(message: Message, own: boolean): Result<Contact | null, Stopped> {
  const person = personOf(dataOf(message))
  const names = namesOf(person)
  const email = emailField(message, person.email, 254)
  const first = textField(message, 'first_name', names.first)
  const last = textField(message, 'last_name', names.last)
  const phone = textField(message, 'phone', person.phone)
  const company = textField(message, 'company', person.company)
  const others = own ? objectField(message, 'properties') : ok({})
  if (!email.ok) return email
  if (!first.ok) return first
  if (!last.ok) return last
  if (!phone.ok) return phone
  if (!company.ok) return company
  if (!others.ok) return others
  if (email.value === null) return ok(null)
  const told = known({
    email: email.value,
    firstname: first.value,
    lastname: last.value,
    phone: phone.value,
    company: company.value,
  })
  const properties = propertiesOf('properties', { ...told, ...others.value })
  return properties.ok ? ok({ email: email.value, properties: properties.value }) : properties
}

const isoDate = /^\d{4}-\d{2}-\d{2}(?:T[\d:.]+(?:Z|[+-]\d{2}:\d{2})?)?$/

export interface Deal {
  name: string
  properties: Properties
}

export function dealOf(message: Message, config: HubspotConfig): Result<Deal, Stopped> {
  const card = cardOf({ ...message, mapped: {} })
  if (!card.ok) return card
  const name = textField(message, 'name', card.value.title)
  const text = textField(message, 'description', linesOf(card.value))
  const amount = numberField(message, 'amount', null)
  const closeDate = textField(message, 'close_date', null)
  const pipeline = textField(message, 'pipeline', config.pipeline)
  const stage = textField(message, 'stage', config.stage)
  const others = objectField(message, 'properties')
  if (!name.ok) return name
  if (!text.ok) return text
  if (!amount.ok) return amount
  if (!closeDate.ok) return closeDate
  if (!pipeline.ok) return pipeline
  if (!stage.ok) return stage
  if (!others.ok) return others
  if (closeDate.value !== null && !isoDate.test(closeDate.value)) {
    return err(mappingInvalid('close_date', 'must be a date like 2026-11-20, or a time'))
  }
  const marker = markerOf(message)
  const dealname = cut(name.value ?? card.value.title, longestText)
  const told = known({
    dealname,
    pipeline: pipeline.value,
    dealstage: stage.value,
    amount: amount.value === null ? null : String(amount.value),
    closedate: closeDate.value,
    // The marker stands at the end whole, however long the text is.
    description: `${cut(text.value ?? '', longestText - marker.length - 2)}\n\n${marker}`.trim(),
  })
  const properties = propertiesOf('properties', { ...told, ...others.value })
  return properties.ok ? ok({ name: dealname, properties: properties.value }) : properties
}

/** https://developers.hubspot.com/docs/api-reference/crm-timeline-v3/events/post-integrators-timeline-v3-events */
export function timelineEventOf(
  message: Message,
  config: HubspotConfig,
): Result<JsonObject, Stopped> {
  const contact = contactOf(message, false)
  if (!contact.ok) return contact
  if (contact.value === null) {
    return err(mappingInvalid('email', 'the event has no e-mail address: map one'))
  }
  const card = cardOf({ ...message, mapped: {} })
  if (!card.ok) return card
  const mapped = mappedAt(message, 'tokens')
  const { title, text, link } = card.value
  const given =
    mapped === undefined ? ok(known({ title, text, link })) : objectField(message, 'tokens')
  if (!given.ok) return given
  const tokens = propertiesOf('tokens', given.value)
  if (!tokens.ok) return tokens
  const { event } = message
  const extraData = dataOf(message)
  return ok({
    eventTemplateId: config.event_template_id ?? '',
    // One for all attempts and all connections.
    id: event.id,
    email: contact.value.email,
    timestamp: event.time ?? new Date(event.received_at).toISOString(),
    tokens: tokens.value,
    ...(extraData === undefined ? {} : { extraData }),
  })
}
