import type { Json, JsonObject } from '../../model/json.ts'
import { err, ok } from '../../model/result.ts'
import type { Result } from '../../model/result.ts'
import type { Message, Stopped } from '../destination.ts'
import type { Card } from '../mapping/card.ts'
import { cardOf, dataOf } from '../mapping/card.ts'
import { cut } from '../mapping/cut.ts'
import { mappedAt, mappingInvalid, numberField, textField } from '../mapping/fields.ts'
import { personOf } from '../mapping/people.ts'
import { emailField, linesOf, markerOf, namesOf, objectField } from '../people-fields.ts'
import type { SalesforceConfig } from './config.ts'
import type { Sobject } from './sobject.ts'
import { externalOf } from './sobject.ts'

/** https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_lead.htm */
const longest = {
  FirstName: 40,
  LastName: 80,
  Company: 255,
  Phone: 40,
  Title: 128,
  LeadSource: 40,
  Name: 120,
  StageName: 40,
  Subject: 255,
  Status: 40,
  Description: 32_000,
} as const

type TextField = keyof typeof longest

/** Texts by Salesforce's names, from `[mapping field, default]`; what there is not is left out. */
function textsOf(
  message: Message,
  wanted: Partial<Record<TextField, readonly [field: string, byDefault: string | null]>>,
): Result<JsonObject, Stopped> {
  const texts: [string, Json][] = []
  for (const [name, [field, byDefault]] of Object.entries(wanted)) {
    const text = textField(message, field, byDefault)
    if (!text.ok) return text
    // The keys of `wanted` are those of `longest`.
    if (text.value !== null) texts.push([name, cut(text.value, longest[name as TextField])])
  }
  return ok(Object.fromEntries(texts))
}

/** As Salesforce's own web-to-lead says it of a lead without a company. */
const notProvided = '[not provided]'

/** Who the event is about. What it does not tell stays as it is in Salesforce. */
export function leadOf(message: Message, config: SalesforceConfig): Result<Sobject, Stopped> {
  const person = personOf(dataOf(message))
  const names = namesOf(person)
  const email = emailField(message, person.email, 80)
  if (!email.ok) return email
  const texts = textsOf(message, {
    FirstName: ['first_name', names.first],
    LastName: ['last_name', names.last],
    Company: ['company', person.company],
    Phone: ['phone', person.phone],
    Title: ['title', null],
    LeadSource: ['lead_source', null],
    Description: ['description', null],
  })
  if (!texts.ok) return texts
  const others = objectField(message, 'fields')
  if (!others.ok) return others
  const byEmail = config.external_id_field === 'Email' ? email.value : null
  const external = externalOf(message, config, byEmail ?? person.id ?? email.value)
  if (!external.ok) return external
  return ok({
    type: 'Lead',
    external: external.value,
    fields: {
      ...texts.value,
      ...(email.value === null ? {} : { Email: email.value }),
      ...others.value,
    },
    ifNew: { LastName: email.value?.split('@')[0] ?? notProvided, Company: notProvided },
    ref: 'lead',
  })
}

const dayMs = 86_400_000

/** The day that the event tells, where Salesforce has it in its calendar; else that of its arrival. */
function eventDay({ event }: Message, plusDays = 0): string {
  const told = event.time === null ? '' : event.time
  const ms = /^(?:1[7-9]|[23]\d)\d\d-/.test(told) ? Date.parse(told) : Number.NaN
  const at = (Number.isNaN(ms) ? event.received_at : ms) + plusDays * dayMs
  return new Date(at).toISOString().slice(0, 10)
}

/** A record's id in 15 or 18 characters, or a reference to one of the same composite. */
function idField(message: Message, field: string): Result<string | null, Stopped> {
  const id = textField(message, field, null)
  if (!id.ok || id.value === null) return id
  return /^(?:[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?|@\{[\w.]+\})$/.test(id.value)
    ? id
    : err(mappingInvalid(field, 'must be a Salesforce id of 15 or 18 characters'))
}

/** With the delivery's marker, whole, at its end. */
function marked(message: Message, card: Card): Result<string, Stopped> {
  const text = textField(message, 'description', linesOf(card))
  const marker = markerOf(message)
  return text.ok
    ? ok(`${cut(text.value ?? '', longest.Description - marker.length - 2)}\n\n${marker}`.trim())
    : text
}

export function opportunityOf(
  message: Message,
  config: SalesforceConfig,
): Result<Sobject, Stopped> {
  const card = cardOf({ ...message, mapped: {} })
  if (!card.ok) return card
  const description = marked(message, card.value)
  if (!description.ok) return description
  const texts = textsOf(message, {
    Name: ['name', card.value.title],
    StageName: ['stage', null],
  })
  if (!texts.ok) return texts
  const closeDate = textField(message, 'close_date', null)
  if (!closeDate.ok) return closeDate
  if (closeDate.value !== null && !/^\d{4}-\d{2}-\d{2}$/.test(closeDate.value)) {
    return err(mappingInvalid('close_date', 'must be a date like 2026-11-20'))
  }
  const amount = numberField(message, 'amount', null)
  if (!amount.ok) return amount
  const others = objectField(message, 'fields')
  if (!others.ok) return others
  const external = externalOf(message, config, message.event.id)
  if (!external.ok) return external
  const ifNew = { StageName: config.stage, CloseDate: eventDay(message, config.close_in_days) }
  const fields = {
    ...texts.value,
    Description: description.value,
    ...(closeDate.value === null ? {} : { CloseDate: closeDate.value }),
    ...(amount.value === null ? {} : { Amount: amount.value }),
    ...others.value,
  }
  // By the event's own id nothing older can be meant.
  const anew = mappedAt(message, 'external_id') === undefined
  return ok({
    type: 'Opportunity',
    external: external.value,
    fields: anew ? { ...ifNew, ...fields } : fields,
    ifNew,
    ref: 'opportunity',
  })
}

/** An activity that has happened. */
export function taskOf(message: Message): Result<Sobject, Stopped> {
  const card = cardOf({ ...message, mapped: {} })
  if (!card.ok) return card
  const description = marked(message, card.value)
  if (!description.ok) return description
  const texts = textsOf(message, {
    Subject: ['subject', card.value.title],
    Status: ['status', 'Completed'],
  })
  if (!texts.ok) return texts
  const who = idField(message, 'who_id')
  if (!who.ok) return who
  const what = idField(message, 'what_id')
  if (!what.ok) return what
  const others = objectField(message, 'fields')
  if (!others.ok) return others
  const fields = {
    ...texts.value,
    ...(who.value === null ? {} : { WhoId: who.value }),
    ...(what.value === null ? {} : { WhatId: what.value }),
    ActivityDate: eventDay(message),
    Description: description.value,
    ...others.value,
  }
  // Salesforce has no external ids for activities.
  return ok({ type: 'Task', external: null, fields, ifNew: {}, ref: 'task' })
}
