import type { Result } from '../model/result.ts'
import { defineDestination } from './destination.ts'
import type { Message, Stopped, Talk, Target } from './destination.ts'
import { salesforceConsent } from './salesforce/auth.ts'
import type { Ended } from './salesforce/calls.ts'
import { callOf, lookFor } from './salesforce/calls.ts'
import { compositeOf, recordsOf } from './salesforce/composite.ts'
import { SalesforceConfig, salesforceMapping } from './salesforce/config.ts'
import { compositeOutcome, errorCodes, itemsIn, outcomeOf } from './salesforce/outcome.ts'
import { leadOf, opportunityOf, taskOf } from './salesforce/records.ts'
import type { Sobject } from './salesforce/sobject.ts'
import { bodyOf, methodOf, pathOf } from './salesforce/sobject.ts'

/** What only a record that is not there yet is refused for. */
const incomplete = 'REQUIRED_FIELD_MISSING'

const recordMakers: Record<
  Exclude<SalesforceConfig['action'], 'composite'>,
  (message: Message, config: SalesforceConfig) => Result<Sobject, Stopped>
> = { lead: leadOf, opportunity: opportunityOf, task: taskOf }

/** Whether new records would be made of more than what is written at first. */
const differs = (record: Sobject): boolean =>
  Object.keys(bodyOf(record, true)).length > Object.keys(bodyOf(record, false)).length

async function writeOne(
  message: Message,
  target: Target<SalesforceConfig>,
  talk: Talk,
  made: Result<Sobject, Stopped>,
): Promise<Ended> {
  if (!made.ok) return made.error
  const record = made.value
  if (message.attempt > 1 && record.external === null) {
    const found = await lookFor(record, message, target, talk)
    if (!found.ok) return found.error
    if (found.value) return { outcome: { kind: 'delivered' } }
  }
  const call = callOf(target, talk)
  const write = (isNew: boolean) => call(methodOf(record), pathOf(record), bodyOf(record, isNew))
  let answer = await write(false)
  if (answer.ok && differs(record) && errorCodes(answer.value).includes(incomplete)) {
    answer = await write(true)
  }
  return answer.ok ? { outcome: outcomeOf(answer.value, talk.now()) } : answer.error
}

async function writeAll(
  message: Message,
  target: Target<SalesforceConfig>,
  talk: Talk,
): Promise<Ended> {
  const made = recordsOf(message, target.config)
  if (!made.ok) return made.error
  const records = made.value
  const created = records.find(({ external }) => external === null)
  if (message.attempt > 1 && created !== undefined) {
    const found = await lookFor(created, message, target, talk)
    if (!found.ok) return found.error
    if (found.value) return { outcome: { kind: 'delivered' } }
  }
  const call = callOf(target, talk)
  const write = (isNew: boolean) =>
    call('POST', '/composite', compositeOf(records, target.config.api_version, isNew))
  let answer = await write(false)
  const isIncomplete =
    answer.ok && itemsIn(answer.value)?.some(({ codes }) => codes.includes(incomplete)) === true
  if (isIncomplete && records.some(differs)) answer = await write(true)
  return answer.ok ? compositeOutcome(answer.value, talk.now()) : answer.error
}

/** https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/intro_rest.htm */
export const salesforce = defineDestination({
  title: 'Salesforce',
  description:
    'Makes or updates a lead by an external id, makes an opportunity or a task, or several records at once, all or none. What is found by an external id never comes twice. A retry of a task, or of an opportunity without external_id_field, first looks for the one of its delivery, so that it comes twice only where its name or description was changed meanwhile. Records that a mapping makes without external id may come twice where an answer was lost.',
  config: SalesforceConfig,
  secrets: ['auth.client_secret', 'auth.private_key', 'auth.refresh_token'],
  signing: () => null,
  // Counted by 24 h, and by edition and licences.
  rateLimit: null,
  addresses: ({ base_url, login_url }) => [
    ...(base_url === undefined ? [] : [{ path: 'base_url', url: base_url }]),
    { path: 'login_url', url: login_url },
  ],
  steps: [
    'In Salesforce, open "Setup", "External Client App Manager" (or "App Manager", "New Connected App"), make an app with OAuth and the scopes "api" and "refresh_token".',
    'For client credentials: switch that flow on, name the user whom it runs as, and enter your My Domain as login_url, like https://example.my.salesforce.com.',
    'For JWT bearer: upload a certificate, pre-authorise the user, and enter the private key (PEM) and the user’s name.',
    'For consent: register <origin>/oauth/callback as callback URL, enter consumer key and secret as "refresh_token", and connect with POST /api/v1/destinations/{id}/oauth/authorize.',
    'For leads: make a text field on Lead, "External ID" and "Unique", and enter its API name as external_id_field, like Switchyard_Id__c. "Email" works without, as long as no two leads share one.',
  ],
  mapping: salesforceMapping,
  consent: salesforceConsent,
  converse(message, target, talk) {
    const { config } = target
    return config.action === 'composite'
      ? writeAll(message, target, talk)
      : writeOne(message, target, talk, recordMakers[config.action](message, config))
  },
})
