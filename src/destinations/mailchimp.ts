import * as z from 'zod'
import { isJsonObject, parseJson } from '../model/json.ts'
import type { Json, JsonObject } from '../model/json.ts'
import { err, ok } from '../model/result.ts'
import type { Result } from '../model/result.ts'
import { utf8 } from '../signing/bytes.ts'
import { toBase64, toHex } from '../signing/encodings.ts'
import { md5 } from '../signing/md5.ts'
import { BaseUrl } from './base-url.ts'
import { defineDestination } from './destination.ts'
import type { Message, OutgoingRequest, ReceivedResponse, Stopped } from './destination.ts'
import { jsonRequest } from './json-request.ts'
import { dataOf } from './mapping/card.ts'
import { cut } from './mapping/cut.ts'
import { mappedAt, mappingInvalid, textField } from './mapping/fields.ts'
import { personOf } from './mapping/people.ts'
import { mappingOf } from '../model/mapping.ts'
import type { OutcomeRow } from './outcome-table.ts'
import { outcomeBy } from './outcome-table.ts'
import { namesOf, objectField, requiredEmail } from './people-fields.ts'

const statuses = ['subscribed', 'pending', 'unsubscribed', 'transactional'] as const

const Config = z.strictObject({
  api_key: z
    .string()
    .max(200)
    .regex(/^[!-~]+-[a-z]{2,4}\d{1,3}$/, 'a key with its data centre at its end, like …-us21'),
  list_id: z.string().regex(/^[A-Za-z0-9]{1,40}$/, 'letters and digits'),
  /** `pending` asks for a confirmation by mail. */
  status_if_new: z.enum(statuses).default('pending'),
  tags: z.array(z.string().min(1).max(100)).max(50).default([]),
  base_url: BaseUrl,
  mapping: mappingOf([
    'email',
    'first_name',
    'last_name',
    'phone',
    'status',
    'tags',
    'merge_fields',
  ]),
})
type Config = z.infer<typeof Config>

const table: readonly OutcomeRow[] = [
  // Under load the limit is told by a 403 that is no API's answer: https://mailchimp.com/developer/marketing/docs/fundamentals/
  { status: 403, code: ['no_problem'], is: 'rate_limited' },
]

/** Problems are RFC 7807 documents: https://mailchimp.com/developer/marketing/docs/errors/ */
const codesOf = ({ body }: ReceivedResponse): string[] => {
  const problem = parseJson(body)
  return isJsonObject(problem) && 'status' in problem ? [] : ['no_problem']
}

const hostOf = ({ api_key, base_url }: Config): string =>
  base_url ?? `https://${api_key.slice(api_key.lastIndexOf('-') + 1)}.api.mailchimp.com`

function tagsOf(message: Message, { tags }: Config): Result<string[], Stopped> {
  const mapped = mappedAt(message, 'tags')
  if (mapped === undefined) return ok(tags)
  const all = mapped === null ? [] : Array.isArray(mapped) ? mapped : [mapped]
  const texts = all.flatMap((tag) => (typeof tag === 'string' && tag !== '' ? [tag] : []))
  return texts.length === all.length
    ? ok(texts.map((tag) => cut(tag, 100)))
    : err(mappingInvalid('tags', 'must be a text or a list of texts'))
}

interface Member {
  email: string
  body: JsonObject
}

/** Merge fields that the event does not tell are left as they are: the audience may know better. */
function memberOf(message: Message, config: Config): Result<Member, Stopped> {
  const person = personOf(dataOf(message))
  const email = requiredEmail(message, person.email, 254)
  const names = namesOf(person)
  const first = textField(message, 'first_name', names.first)
  const last = textField(message, 'last_name', names.last)
  const phone = textField(message, 'phone', person.phone)
  const status = textField(message, 'status', null)
  const others = objectField(message, 'merge_fields')
  if (!email.ok) return email
  if (!first.ok) return first
  if (!last.ok) return last
  if (!phone.ok) return phone
  if (!status.ok) return status
  if (!others.ok) return others
  if (status.value !== null && !statuses.some((one) => one === status.value)) {
    return err(mappingInvalid('status', `must be one of ${statuses.join(', ')}`))
  }
  const told = { FNAME: first.value, LNAME: last.value, PHONE: phone.value }
  const known = Object.entries(told).flatMap(([name, value]): [string, Json][] =>
    value === null ? [] : [[name, cut(value, 255)]],
  )
  const merge_fields = { ...Object.fromEntries(known), ...others.value }
  return ok({
    email: email.value,
    body: {
      email_address: email.value,
      status_if_new: config.status_if_new,
      ...(status.value === null ? {} : { status: status.value }),
      ...(Object.keys(merge_fields).length === 0 ? {} : { merge_fields }),
    },
  })
}

function call(config: Config, method: string, path: string, body: JsonObject): OutgoingRequest {
  // https://mailchimp.com/developer/marketing/docs/fundamentals/#authenticate-with-an-api-key
  const authorization = `Basic ${toBase64(utf8(`user:${config.api_key}`))}`
  const url = `${hostOf(config)}/3.0/lists/${config.list_id}/members/${path}`
  return { ...jsonRequest(url, { authorization }, body), method }
}

/** https://mailchimp.com/developer/marketing/api/list-members/add-or-update-list-member/ */
export const mailchimp = defineDestination({
  title: 'Mailchimp',
  description:
    'Adds a person to an audience or updates the member with that e-mail address, and tags them. Both may be repeated without harm: nothing happens twice. Who has unsubscribed is not subscribed again.',
  config: Config,
  secrets: ['api_key'],
  signing: () => null,
  // Ten calls at a time, and a call takes about a second.
  rateLimit: { limit: 10, per: 'second' },
  addresses: (config) => [{ path: 'base_url', url: hostOf(config) }],
  steps: [
    'In Mailchimp, open "Account & billing", "Extras", "API keys" and create a key. Its end (-us21) is your data centre.',
    'Open the audience, "Settings", "Audience name and defaults", and copy the audience ID as list_id.',
    'Leave status_if_new at "pending" unless the people whom you send have agreed to mail: Mailchimp then asks them first.',
    'Mailchimp takes ten calls at a time for an account: set "concurrency" to 10 or less.',
  ],
  mapping: [
    { name: 'email', is: 'whose: an e-mail address; needed where the event has none' },
    { name: 'first_name', is: 'FNAME: a text, cut at 255 characters' },
    { name: 'last_name', is: 'LNAME: a text, cut at 255 characters' },
    { name: 'phone', is: 'PHONE: a text, cut at 255 characters' },
    { name: 'status', is: `the status also of who is there already: ${statuses.join(', ')}` },
    { name: 'tags', is: 'tags to add: a text or a list of texts, each cut at 100 characters' },
    { name: 'merge_fields', is: 'more merge fields: an object by their tags' },
  ],
  async converse(message, { config }, talk) {
    const member = memberOf(message, config)
    if (!member.ok) return member.error
    const tags = tagsOf(message, config)
    if (!tags.ok) return tags.error
    const outcomeOf = (response: ReceivedResponse) =>
      outcomeBy(table, response, talk.now(), codesOf(response))
    const hash = toHex(md5(utf8(member.value.email.toLowerCase())))
    const path = `${hash}?skip_merge_validation=true`
    const put = await talk.call(async () => ok(call(config, 'PUT', path, member.value.body)))
    if (!put.ok) return put.error
    const outcome = outcomeOf(put.value)
    if (outcome.kind !== 'delivered' || tags.value.length === 0) return { outcome }
    // The upsert itself ignores tags: https://mailchimp.com/developer/marketing/api/list-member-tags/
    const body = { tags: tags.value.map((name) => ({ name, status: 'active' })) }
    const tagged = await talk.call(async () => ok(call(config, 'POST', `${hash}/tags`, body)))
    return tagged.ok ? { outcome: outcomeOf(tagged.value) } : tagged.error
  },
})
