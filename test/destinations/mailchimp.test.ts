import { createHash } from 'node:crypto'
import client from '@mailchimp/mailchimp_marketing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Message } from '../../src/destinations/destination.ts'
import type { Json } from '../../src/model/json.ts'
import { startReceiver } from '../support/receiver.ts'
import type { Receiver } from '../support/receiver.ts'
import { itIsADestination } from './contract.ts'
import { addresseeOf, bound, messageAbout, messageOf, worldOf } from './fixtures.ts'

const apiKey = '0123456789abcdef0123456789abcdef-us21'
const ada = {
  user: { id: 'u1', email: 'Ada@Example.com', name: 'Ada King Lovelace', phone: '+44 1' },
}
const registered = messageAbout('user.registered', ada)
const hash = createHash('md5').update('ada@example.com').digest('hex')

itIsADestination({
  type: 'mailchimp',
  config: (url) => ({ api_key: apiKey, list_id: 'a1b2c3', base_url: url }),
  secrets: [apiKey, Buffer.from(`user:${apiKey}`).toString('base64')],
  message: { body: registered.body },
})

let receiver: Receiver
beforeEach(async () => {
  receiver = await startReceiver()
})
afterEach(() => receiver.close())

const send = (config: object = {}, message: Message = registered) =>
  bound('mailchimp', {
    api_key: apiKey,
    list_id: 'a1b2c3',
    base_url: receiver.url,
    ...config,
  }).send(message, addresseeOf(), worldOf())

const sent = (i = 0) => {
  const { method, path, headers, body } = receiver.received[i] ?? { body: '{}' }
  return { method, path, auth: headers?.authorization, body: JSON.parse(body.toString()) }
}

const mapped = (values: Record<string, Json>): Message => ({ ...registered, mapped: values })

describe('what Mailchimp gets', () => {
  it('is the same as from its own client, tags in a second call', async () => {
    const report = await send({ tags: ['vip', 'beta'], status_if_new: 'subscribed' })
    expect(report.outcome).toEqual({ kind: 'delivered' })
    const ours = receiver.received.splice(0)
    client.setConfig({ apiKey, server: 'us21' })
    client.lists.apiClient.basePath = `${receiver.url}/3.0`
    await client.lists.setListMember(
      'a1b2c3',
      hash,
      {
        email_address: 'Ada@Example.com',
        status_if_new: 'subscribed',
        merge_fields: { FNAME: 'Ada King', LNAME: 'Lovelace', PHONE: '+44 1' },
      },
      { skipMergeValidation: true },
    )
    await client.lists.updateListMemberTags('a1b2c3', hash, {
      tags: [
        { name: 'vip', status: 'active' },
        { name: 'beta', status: 'active' },
      ],
    })
    const shown = ({ method, path, headers, body }: (typeof ours)[0]) => ({
      method,
      path,
      auth: headers.authorization,
      type: headers['content-type'],
      body: JSON.parse(body.toString()),
    })
    expect(ours.map(shown)).toEqual(receiver.received.map(shown))
    expect(ours).toHaveLength(2)
  })

  it('goes to the data centre at the end of the key', () => {
    const { address } = bound('mailchimp', { api_key: apiKey, list_id: 'a1b2c3' })
    expect(address).toBe('https://us21.api.mailchimp.com')
  })

  it('asks people first, unless told otherwise, and leaves unknown merge fields as they are', async () => {
    await send({}, messageAbout('session.started', { email: 'a@b.co' }))
    expect(sent().body).toEqual({ email_address: 'a@b.co', status_if_new: 'pending' })
    expect(receiver.received).toHaveLength(1)
  })

  it.each<[Record<string, Json>, object]>([
    [{ email: 'b@c.de' }, { email_address: 'b@c.de' }],
    [{ first_name: 'B' }, { merge_fields: { FNAME: 'B', LNAME: 'Lovelace', PHONE: '+44 1' } }],
    [{ last_name: null }, { merge_fields: { FNAME: 'Ada King', PHONE: '+44 1' } }],
    [{ phone: 1 }, { merge_fields: { FNAME: 'Ada King', LNAME: 'Lovelace', PHONE: '1' } }],
    [{ status: 'unsubscribed' }, { status: 'unsubscribed', status_if_new: 'pending' }],
    [
      { merge_fields: { PLAN: 'pro', FNAME: 'X' } },
      { merge_fields: { FNAME: 'X', LNAME: 'Lovelace', PHONE: '+44 1', PLAN: 'pro' } },
    ],
  ])('is what the mapping says: %j', async (values, expected) => {
    expect((await send({}, mapped(values))).outcome.kind).toBe('delivered')
    expect(sent().body).toMatchObject(expected)
  })

  it.each<[Json, string[]]>([
    ['one', ['one']],
    [
      ['a', 'b'],
      ['a', 'b'],
    ],
    [['x'.repeat(101)], [`${'x'.repeat(99)}…`]],
  ])('tags with what the mapping says: %j', async (tags, names) => {
    await send({ tags: ['other'] }, mapped({ tags }))
    expect(sent(1)).toMatchObject({
      method: 'POST',
      path: `/3.0/lists/a1b2c3/members/${hash}/tags`,
    })
    expect(sent(1).body.tags).toEqual(names.map((name) => ({ name, status: 'active' })))
  })

  it('cuts what is too long for a merge field', async () => {
    await send({}, mapped({ first_name: 'é'.repeat(300) }))
    expect(sent().body.merge_fields.FNAME).toBe(`${'é'.repeat(254)}…`)
  })
})

it.each<[string, Message]>([
  ['email', messageOf()],
  ['email', messageAbout('a.b', 'no object')],
  ['email', mapped({ email: 'not an address' })],
  ['email', mapped({ email: `${'a'.repeat(250)}@b.co` })],
  ['email', mapped({ email: null })],
  ['status', mapped({ status: 'cleaned' })],
  ['tags', mapped({ tags: [1] })],
  ['merge_fields', mapped({ merge_fields: 'x' })],
])('refuses what it cannot send, by its path: %s', async (path, message) => {
  const report = await send({}, message)
  expect(report.outcome).toEqual({ kind: 'refused', cause: 'mapping_invalid' })
  expect(report.error).toContain(`mapping.${path}:`)
  expect(receiver.received).toEqual([])
})

const problem = (status: number, title: string) => ({
  status,
  headers: { 'content-type': 'application/problem+json' },
  body: JSON.stringify({ type: 'about:blank', title, status, detail: '', instance: 'x' }),
})

it.each([
  [problem(400, 'Member In Compliance State'), { kind: 'refused', cause: 'status' }],
  [problem(400, 'Forgotten Email Not Subscribed'), { kind: 'refused', cause: 'status' }],
  [problem(400, 'Invalid Resource'), { kind: 'refused', cause: 'status' }],
  [problem(401, 'API Key Invalid'), { kind: 'refused', cause: 'credentials' }],
  [problem(403, 'Forbidden'), { kind: 'refused', cause: 'status' }],
  [
    { status: 403, body: '<html>' },
    { kind: 'failed', cause: 'rate_limited' },
  ],
  [problem(404, 'Resource Not Found'), { kind: 'refused', cause: 'status' }],
  [problem(429, 'Too Many Requests'), { kind: 'failed', cause: 'rate_limited' }],
  [problem(500, 'Internal Server Error'), { kind: 'failed', cause: 'status' }],
])('takes %j for what it is', async (answer, outcome) => {
  receiver.answers(answer)
  expect((await send({ tags: ['a'] })).outcome).toEqual(outcome)
  expect(receiver.received).toHaveLength(1)
})

it('tells what became of the tags', async () => {
  receiver.answers(200, problem(429, 'Too Many Requests'))
  expect((await send({ tags: ['a'] })).outcome).toEqual({ kind: 'failed', cause: 'rate_limited' })
})

it.each([
  ['api_key', { api_key: 'no-data-centre!' }],
  ['api_key', { api_key: 'key-us21.evil.example' }],
  ['list_id', { list_id: '../x' }],
  ['colour', { colour: 'red' }],
])('refuses a config with a wrong %s', (path, config) => {
  expect(() => bound('mailchimp', { api_key: apiKey, list_id: 'a', ...config })).toThrow(path)
})
