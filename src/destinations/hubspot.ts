import { isJsonObject, parseJson } from '../model/json.ts'
import type { Json, JsonObject } from '../model/json.ts'
import { err, ok } from '../model/result.ts'
import type { Result } from '../model/result.ts'
import { defineDestination } from './destination.ts'
import type { Message, ReceivedResponse, Stopped, Talk, Target } from './destination.ts'
import { hubspotConsent, post } from './hubspot/auth.ts'
import { apiOf, HubspotConfig, hubspotMapping } from './hubspot/config.ts'
import { hubspotOutcome } from './hubspot/outcome.ts'
import type { Contact, Deal } from './hubspot/records.ts'
import { contactOf, dealOf, timelineEventOf } from './hubspot/records.ts'
import { mappingInvalid } from './mapping/fields.ts'
import { textAt } from './mapping/look.ts'
import { markerOf } from './people-fields.ts'

type Way = (message: Message, target: Target<HubspotConfig>, talk: Talk) => Promise<Ended>
type Ended = Partial<Stopped> & Pick<Stopped, 'outcome'>

const callOf =
  (target: Target<HubspotConfig>, talk: Talk) =>
  (
    path: string,
    body: JsonObject,
    readBytes?: number,
  ): Promise<Result<ReceivedResponse, Stopped>> =>
    talk.call((staleToken) => post(target, talk, staleToken, path, body, readBytes))

/** https://developers.hubspot.com/docs/api-reference/crm-contacts-v3/batch/post-crm-v3-objects-contacts-batch-upsert */
const upsertOf = ({ email, properties }: Contact): JsonObject => ({
  inputs: [{ id: email, idProperty: 'email', properties }],
})

const upsertPath = '/crm/v3/objects/contacts/batch/upsert'

const contact: Way = async (message, target, talk) => {
  const found = contactOf(message, true)
  if (!found.ok) return found.error
  if (found.value === null) {
    return mappingInvalid('email', 'the event has no e-mail address: map one')
  }
  const answer = await callOf(target, talk)(upsertPath, upsertOf(found.value))
  if (!answer.ok) return answer.error
  return { outcome: hubspotOutcome(answer.value, 'contact', talk.now()) }
}

/** `null`: that is no answer that can be read. */
const resultsIn = ({ body }: ReceivedResponse): Json[] | null => {
  const json = parseJson(body)
  const results = isJsonObject(json) ? json['results'] : undefined
  return Array.isArray(results) ? results : null
}

/** Fifty deals, each with as long a description as HubSpot takes. */
const manyBytes = 4_194_304

/** Clocks differ, and an event may be older than its delivery, but not younger. */
const marginMs = 300_000

/** Whether an earlier attempt made the deal: of those of its name, one ends with the delivery's marker. */
async function lookFor(
  deal: Deal,
  message: Message,
  target: Target<HubspotConfig>,
  talk: Talk,
): Promise<Result<boolean, Ended>> {
  const since = String(message.event.received_at - marginMs)
  const filters = [
    { propertyName: 'dealname', operator: 'EQ', value: deal.name.slice(0, 3000) },
    { propertyName: 'createdate', operator: 'GTE', value: since },
  ]
  const query = { filterGroups: [{ filters }], properties: ['description'], limit: 50 }
  const answer = await callOf(target, talk)('/crm/v3/objects/deals/search', query, manyBytes)
  if (!answer.ok) return answer
  const outcome = hubspotOutcome(answer.value, 'deal', talk.now())
  if (outcome.kind !== 'delivered') return err({ outcome })
  const results = resultsIn(answer.value)
  if (results === null) {
    const error = 'HubSpot did not tell whether the deal has been made already.'
    return err({ outcome: { kind: 'failed', cause: 'status' }, error })
  }
  const marker = markerOf(message)
  return ok(
    results.some((one) => textAt(one, ['properties', 'description'])?.includes(marker) === true),
  )
}

/** HubSpot's own association of a deal with a contact: https://developers.hubspot.com/docs/api-reference/crm-associations-v4/guide */
const dealToContact = { associationCategory: 'HUBSPOT_DEFINED', associationTypeId: 3 }

const deal: Way = async (message, target, talk) => {
  const call = callOf(target, talk)
  const made = dealOf(message, target.config)
  const whom = contactOf(message, false)
  if (!made.ok) return made.error
  if (!whom.ok) return whom.error
  if (message.attempt > 1) {
    const found = await lookFor(made.value, message, target, talk)
    if (!found.ok) return found.error
    if (found.value) return { outcome: { kind: 'delivered' } }
  }
  const associations: JsonObject[] = []
  if (whom.value !== null) {
    const answer = await call(upsertPath, upsertOf(whom.value))
    if (!answer.ok) return answer.error
    const outcome = hubspotOutcome(answer.value, 'contact', talk.now())
    if (outcome.kind !== 'delivered') return { outcome }
    const id = textAt(resultsIn(answer.value)?.[0], ['id'])
    if (id === undefined) {
      const error = 'HubSpot told no id of the contact.'
      return { outcome: { kind: 'failed', cause: 'status' }, error }
    }
    associations.push({ to: { id }, types: [dealToContact] })
  }
  const body = { properties: made.value.properties, associations }
  const answer = await call('/crm/v3/objects/deals', body)
  return answer.ok ? { outcome: hubspotOutcome(answer.value, 'deal', talk.now()) } : answer.error
}

const timelineEvent: Way = async (message, target, talk) => {
  const made = timelineEventOf(message, target.config)
  if (!made.ok) return made.error
  const answer = await callOf(target, talk)('/integrators/timeline/v3/events', made.value)
  return answer.ok
    ? { outcome: hubspotOutcome(answer.value, 'timeline_event', talk.now()) }
    : answer.error
}

const ways: Record<HubspotConfig['action'], Way> = { contact, deal, timeline_event: timelineEvent }

/** https://developers.hubspot.com/docs/api-reference/overview */
export const hubspot = defineDestination({
  title: 'HubSpot',
  description:
    'Makes or updates the contact with the event’s e-mail address, or makes a deal in a pipeline with its contact, or an event of a contact’s timeline. Contacts and timeline events never come twice. A retry of a deal first looks for the one of its delivery; HubSpot’s search sees a new deal some seconds late, so a deal may be made twice where its first answer was lost.',
  config: HubspotConfig,
  secrets: ['auth.token', 'auth.client_secret', 'auth.refresh_token'],
  signing: () => null,
  // 100 in 10 s for a private app of a free account: https://developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines
  rateLimit: { limit: 600, per: 'minute' },
  addresses: (config) => [{ path: 'base_url', url: apiOf(config) }],
  steps: [
    'For one account of your own: in HubSpot, open "Settings", "Integrations", "Private Apps", create one with the scopes crm.objects.contacts.read and .write (and crm.objects.deals.read and .write), and enter its access token.',
    'For an app: enter its client id and secret as "oauth", register <origin>/oauth/callback as redirect URL, and connect the account with POST /api/v1/destinations/{id}/oauth/authorize.',
    'For deals, enter the ids of the pipeline and the stage: "Settings", "Objects", "Deals", "Pipelines", "</>".',
    'For timeline events, enter the id of a template of the app with the tokens title, text and link, or map "tokens". HubSpot lets only apps that have such templates already go on with them.',
  ],
  mapping: hubspotMapping,
  consent: hubspotConsent,
  converse: (message, target, talk) => ways[target.config.action](message, target, talk),
})
