import { generateKeyPairSync } from 'node:crypto'
import { Connection, OAuth2 } from 'jsforce'
import { jwtVerify } from 'jose'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Message } from '../../src/destinations/destination.ts'
import { salesforceConsent } from '../../src/destinations/salesforce/auth.ts'
import { SalesforceConfig } from '../../src/destinations/salesforce/config.ts'
import type { Json } from '../../src/model/json.ts'
import { startReceiver } from '../support/receiver.ts'
import type { AnswerSpec, Received, Receiver } from '../support/receiver.ts'
import { itIsADestination } from './contract.ts'
import { addresseeOf, bound, messageAbout, messageOf, worldOf } from './fixtures.ts'

const auth = {
  type: 'client_credentials',
  client_id: 'consumer-key',
  client_secret: 'consumer-secret-value',
}
const accessToken = '00Dxx!AQEAQ.access.token'
const field = 'Switchyard_Id__c'

let receiver: Receiver
let login: Receiver
beforeEach(async () => {
  ;[receiver, login] = await Promise.all([startReceiver(), startReceiver()])
  issues({})
})
afterEach(() => Promise.all([receiver.close(), login.close()]))

const json = (status: number, body: unknown, headers = {}): AnswerSpec => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
})

const issues = (more: object) =>
  login.answers(
    json(200, {
      access_token: accessToken,
      token_type: 'Bearer',
      instance_url: receiver.url,
      id: `${login.url}/id/00Dxx0000000000EAA/005xx0000000000AAA`,
      ...more,
    }),
  )

itIsADestination({
  type: 'salesforce',
  config: (url) => ({ auth, login_url: login.url, base_url: url, external_id_field: field }),
  secrets: ['consumer-secret-value', accessToken],
  success: { status: 201, body: '{"id":"00Q1","success":true,"created":true}' },
})

const at = 1_795_168_800_000
const user = { id: 'u/1 ü', email: 'ada@example.com', name: 'Ada Lovelace', company: 'AE Ltd' }
const registered = messageAbout('user.registered', { user }, {}, at)
const video = { id: 'v1', title: 'Demo', url: 'https://example.com/v1' }
const generated = messageAbout('video.generated', { video }, {}, at)
const anything = messageAbout('order.odd', { total: 3 }, {}, at)
const marker = `Switchyard ${messageOf().deliveryId}`

const send = (config: object = {}, message: Message = registered, world = worldOf()) =>
  bound('salesforce', {
    auth,
    login_url: login.url,
    external_id_field: field,
    ...config,
  }).send(message, addresseeOf(), world)

const shown = ({ method, path, headers, body }: Received) => ({
  method,
  path,
  authorization: headers.authorization,
  type: headers['content-type'],
  body: body.length === 0 ? null : JSON.parse(body.toString()),
})
const sent = (i = 0) => {
  const request = receiver.received[i]
  if (request === undefined) throw new Error('nothing came')
  return shown(request)
}
const form = (i = 0) => Object.fromEntries(new URLSearchParams(login.received[i]?.body.toString()))

const jsforce = () => new Connection({ instanceUrl: receiver.url, accessToken, version: '64.0' })
const mapped = (message: Message, values: Record<string, Json>): Message => ({
  ...message,
  mapped: values,
})
const failure = (status: number, ...codes: string[]) =>
  json(
    status,
    codes.map((errorCode) => ({ errorCode, message: 'm', fields: [] })),
  )

describe('a lead', () => {
  it('is upserted by its external id with the very request of jsforce', async () => {
    receiver.answers(json(201, { id: '00Q1', success: true }))
    const report = await send()
    expect(report).toMatchObject({ outcome: { kind: 'delivered' }, status: 201 })
    await jsforce()
      .sobject('Lead')
      .upsert(
        {
          [field]: encodeURIComponent('u/1 ü'),
          FirstName: 'Ada',
          LastName: 'Lovelace',
          Company: 'AE Ltd',
          Email: 'ada@example.com',
        },
        field,
      )
    expect(sent(0)).toEqual(sent(1))
    expect(sent(0).path).toBe(`/services/data/v64.0/sobjects/Lead/${field}/u%2F1%20%C3%BC`)
  })

  it.each([200, 201, 204])('is delivered by %i', async (status) => {
    receiver.answers({ status })
    expect((await send()).outcome).toEqual({ kind: 'delivered' })
  })

  it('is given what a new one must have only where it is new', async () => {
    receiver.answers(failure(400, 'REQUIRED_FIELD_MISSING'), json(201, {}))
    const report = await send({}, messageAbout('video.generated', { user: { id: 'u1' } }, {}, at))
    expect(report.outcome).toEqual({ kind: 'delivered' })
    expect(sent(0).body).toEqual({})
    expect(sent(1).body).toEqual({ LastName: '[not provided]', Company: '[not provided]' })
  })

  it('is refused where the organisation wants more than is known', async () => {
    receiver.answers(failure(400, 'REQUIRED_FIELD_MISSING'))
    expect((await send()).outcome).toEqual({ kind: 'refused', cause: 'status' })
    expect(receiver.received).toHaveLength(1)
  })

  it('is found by its e-mail address where that is the field', async () => {
    await send({ external_id_field: 'Email', api_version: 'v58.0' })
    expect(sent().path).toBe('/services/data/v58.0/sobjects/Lead/Email/ada%40example.com')
    expect(sent().body).not.toHaveProperty('Email')
  })

  it.each<[Record<string, Json>, object]>([
    [{ first_name: 'é'.repeat(50) }, { FirstName: `${'é'.repeat(39)}…` }],
    [{ last_name: 'L' }, { LastName: 'L' }],
    [{ company: 'C' }, { Company: 'C' }],
    [{ email: 'b@c.de' }, { Email: 'b@c.de' }],
    [{ phone: 1 }, { Phone: '1' }],
    [{ title: 'CTO' }, { Title: 'CTO' }],
    [{ lead_source: 'Web' }, { LeadSource: 'Web' }],
    [{ description: 'D' }, { Description: 'D' }],
    [
      { fields: { Rating: 'Hot', Score__c: 7, Company: 'F' } },
      { Rating: 'Hot', Score__c: 7, Company: 'F' },
    ],
  ])('is what the mapping says: %j', async (values, fields) => {
    await send({}, mapped(registered, values))
    expect(sent().body).toMatchObject(fields)
  })

  it('has the external id that the mapping says', async () => {
    await send({}, mapped(registered, { external_id: 'x' }))
    expect(sent().path).toMatch(/\/x$/)
  })

  it.each<[string, Message]>([
    ['external_id', anything],
    ['external_id', mapped(registered, { external_id: 'x'.repeat(256) })],
    ['email', mapped(registered, { email: 'x' })],
    ['email', mapped(registered, { email: `${'x'.repeat(80)}@b.co` })],
    ['fields', mapped(registered, { fields: 'x' })],
    ['company', mapped(registered, { company: [] })],
  ])('that cannot be said is refused by its path: %s', async (path, message) => {
    const report = await send({}, message)
    expect(report.outcome).toEqual({ kind: 'refused', cause: 'mapping_invalid' })
    expect(report.error).toContain(`mapping.${path}:`)
    expect(receiver.received).toEqual([])
  })
})

it.each<[AnswerSpec, object]>([
  [json(300, ['/services/data/v64.0/sobjects/Lead/1']), { kind: 'refused', cause: 'status' }],
  [failure(400, 'INVALID_FIELD'), { kind: 'refused', cause: 'status' }],
  [failure(400, 'DUPLICATES_DETECTED'), { kind: 'refused', cause: 'status' }],
  [failure(400, 'UNABLE_TO_LOCK_ROW'), { kind: 'failed', cause: 'status' }],
  [failure(400, 'QUERY_TIMEOUT'), { kind: 'failed', cause: 'status' }],
  [failure(403, 'INSUFFICIENT_ACCESS'), { kind: 'refused', cause: 'status' }],
  [failure(403, 'REQUEST_LIMIT_EXCEEDED'), { kind: 'failed', cause: 'rate_limited' }],
  [failure(403, 'INVALID_SESSION_ID'), { kind: 'refused', cause: 'credentials' }],
  [failure(404, 'NOT_FOUND'), { kind: 'refused', cause: 'status' }],
  [failure(410, 'UNSUPPORTED_API_VERSION'), { kind: 'refused', cause: 'gone', disable: true }],
  [
    { status: 429, headers: { 'retry-after': '3' } },
    { kind: 'failed', cause: 'rate_limited', retry_after_ms: 3000 },
  ],
  [failure(500, 'UNKNOWN_EXCEPTION'), { kind: 'failed', cause: 'status' }],
  [failure(503, 'SERVER_UNAVAILABLE'), { kind: 'failed', cause: 'status' }],
])('takes %j for what it is', async (answer, outcome) => {
  receiver.answers(answer)
  expect((await send()).outcome).toEqual(outcome)
})

describe('an opportunity', () => {
  const action = 'opportunity'
  const plain = { action, external_id_field: undefined }

  it('is made with the very request of jsforce', async () => {
    receiver.answers(json(201, { id: '006', success: true, errors: [] }))
    expect((await send(plain, generated)).outcome).toEqual({ kind: 'delivered' })
    await jsforce()
      .sobject('Opportunity')
      .create({
        StageName: 'Prospecting',
        CloseDate: '2026-12-20',
        Name: 'Demo was generated',
        Description: `Video: v1\n\nhttps://example.com/v1\n\n${marker}`,
      })
    expect(sent(0)).toEqual(sent(1))
  })

  it('is upserted by the event’s id where there is a field for it', async () => {
    await send({ action, stage: 'Closed Won', close_in_days: 0 }, generated)
    expect(sent()).toMatchObject({
      method: 'PATCH',
      path: `/services/data/v64.0/sobjects/Opportunity/${field}/${messageOf().event.id}`,
      body: { StageName: 'Closed Won', CloseDate: '2026-11-20' },
    })
  })

  it('keeps its stage and date where it is an old one that the mapping names', async () => {
    receiver.answers(failure(400, 'REQUIRED_FIELD_MISSING'), 201)
    await send({ action }, mapped(generated, { external_id: 'deal-7' }))
    expect(sent(0).body).not.toHaveProperty('StageName')
    expect(sent(1).body).toMatchObject({ StageName: 'Prospecting', CloseDate: '2026-12-20' })
  })

  it.each<[Record<string, Json>, object]>([
    [{ name: 'N' }, { Name: 'N' }],
    [{ stage: 'S' }, { StageName: 'S' }],
    [{ close_date: '2027-01-01' }, { CloseDate: '2027-01-01' }],
    [{ amount: '12.5' }, { Amount: 12.5 }],
    [{ description: null }, { Description: marker }],
    [{ fields: { Type: 'New' } }, { Type: 'New' }],
  ])('is what the mapping says: %j', async (values, fields) => {
    await send(plain, mapped(generated, values))
    expect(sent().body).toMatchObject(fields)
  })

  it.each<[string, Record<string, Json>]>([
    ['close_date', { close_date: '1.1.2027' }],
    ['amount', { amount: {} }],
  ])('that cannot be said is refused by its path: %s', async (path, values) => {
    expect((await send(plain, mapped(generated, values))).error).toContain(`mapping.${path}:`)
  })

  it.each([null, 'yesterday', '+275760-09-13T00:00:00Z', '0001-01-01T00:00:00Z'])(
    'is closed by its arrival where the event’s time is %s',
    async (time) => {
      await send(plain, { ...generated, event: { ...generated.event, time: time as string } })
      expect(sent().body.CloseDate).toBe('2026-12-20')
    },
  )
})

describe('a task', () => {
  const config = { action: 'task', external_id_field: undefined }

  it.each([
    ['a video', generated, 'Demo was generated'],
    ['a user', registered, 'Ada Lovelace registered'],
    ['anything', anything, 'Order odd'],
  ])('tells of %s what has happened', async (_, message, subject) => {
    receiver.answers(json(201, { id: '00T', success: true }))
    expect((await send(config, message)).outcome).toEqual({ kind: 'delivered' })
    expect(sent()).toMatchObject({
      method: 'POST',
      path: '/services/data/v64.0/sobjects/Task',
      body: { Subject: subject, Status: 'Completed', ActivityDate: '2026-11-20' },
    })
    expect(sent().body.Description.endsWith(marker)).toBe(true)
  })

  it.each<[Record<string, Json>, object]>([
    [{ subject: 'x'.repeat(300) }, { Subject: `${'x'.repeat(254)}…` }],
    [{ status: 'Not Started' }, { Status: 'Not Started' }],
    [{ who_id: '00Q000000000001AAA' }, { WhoId: '00Q000000000001AAA' }],
    [{ what_id: '006000000000001' }, { WhatId: '006000000000001' }],
    [{ description: 'D' }, { Description: `D\n\n${marker}` }],
    [{ fields: { Priority: 'High' } }, { Priority: 'High' }],
  ])('is what the mapping says: %j', async (values, fields) => {
    await send(config, mapped(generated, values))
    expect(sent().body).toMatchObject(fields)
  })

  it('refuses an id that is none', async () => {
    const report = await send(config, mapped(generated, { who_id: 'ada' }))
    expect(report.error).toContain('mapping.who_id:')
  })

  it('keeps its marker whole where the text is cut', async () => {
    await send(config, mapped(generated, { description: 'x'.repeat(40_000) }))
    expect(sent().body.Description).toHaveLength(32_000)
    expect(sent().body.Description.endsWith(`…\n\n${marker}`)).toBe(true)
  })

  const found = (Description: string) => json(200, { done: true, records: [{ Description }] })

  it('is looked for before a retry makes it', async () => {
    receiver.answers(found(`x\n\n${marker}`))
    const message = { ...mapped(generated, { subject: "It's a \\ test\n!" }), attempt: 2 }
    expect((await send(config, message)).outcome).toEqual({ kind: 'delivered' })
    expect(receiver.received).toHaveLength(1)
    const q = new URL(sent().path, receiver.url).searchParams.get('q')
    expect(sent().method).toBe('GET')
    expect(q).toBe(
      String.raw`SELECT Description FROM Task WHERE Subject = 'It\'s a \\ test\n!' AND CreatedDate >= 2026-11-20T09:55:00.000Z ORDER BY CreatedDate DESC LIMIT 30`,
    )
  })

  it('is made by a retry that finds only others', async () => {
    receiver.answers(found('Switchyard dlv_other'), 201)
    expect((await send(config, { ...generated, attempt: 2 })).outcome.kind).toBe('delivered')
    expect(receiver.received.map(({ method }) => method)).toEqual(['GET', 'POST'])
  })

  it('is not made by a retry that cannot look', async () => {
    receiver.answers(failure(403, 'REQUEST_LIMIT_EXCEEDED'))
    const report = await send(config, { ...generated, attempt: 2 })
    expect(report.outcome).toEqual({ kind: 'failed', cause: 'rate_limited' })
    expect(receiver.received).toHaveLength(1)
  })
})

describe('a composite', () => {
  const action = 'composite'
  const item = (referenceId: string, httpStatusCode: number, ...codes: string[]) => ({
    referenceId,
    httpStatusCode,
    httpHeaders: {},
    body: codes.length === 0 ? { id: '1' } : codes.map((errorCode) => ({ errorCode, message: '' })),
  })
  const composite = (...items: object[]) => json(200, { compositeResponse: items })

  it('writes the lead and a task of it, all or none', async () => {
    receiver.answers(composite(item('lead', 201), item('task', 201)))
    expect((await send({ action })).outcome).toEqual({ kind: 'delivered' })
    expect(sent()).toMatchObject({ method: 'POST', path: '/services/data/v64.0/composite' })
    expect(sent().body).toMatchObject({
      allOrNone: true,
      compositeRequest: [
        {
          method: 'PATCH',
          url: `/services/data/v64.0/sobjects/Lead/${field}/u%2F1%20%C3%BC`,
          referenceId: 'lead',
          body: { LastName: 'Lovelace' },
        },
        {
          method: 'POST',
          url: '/services/data/v64.0/sobjects/Task',
          referenceId: 'task',
          body: { WhoId: '@{lead.id}', Subject: 'Ada Lovelace registered' },
        },
      ],
    })
  })

  it('writes what the mapping says, with the very request of jsforce', async () => {
    const records = [
      {
        object: 'Account',
        external_id_field: 'Ext__c',
        external_id: 7,
        fields: { Name: 'A' },
        ref: 'a',
      },
      { object: 'Contact', fields: { LastName: 'L', AccountId: '@{a.id}' } },
    ]
    receiver.answers(composite(item('a', 200), item('record_2', 201)))
    const config = { action, external_id_field: undefined, mapping: { records: 'x' } }
    expect((await send(config, mapped(registered, { records }))).outcome.kind).toBe('delivered')
    await jsforce().requestPost('/composite', {
      allOrNone: true,
      compositeRequest: [
        {
          method: 'PATCH',
          url: '/services/data/v64.0/sobjects/Account/Ext__c/7',
          referenceId: 'a',
          body: { Name: 'A' },
        },
        {
          method: 'POST',
          url: '/services/data/v64.0/sobjects/Contact',
          referenceId: 'record_2',
          body: { LastName: 'L', AccountId: '@{a.id}' },
        },
      ],
    })
    expect(sent(0)).toEqual(sent(1))
  })

  const halted = item('lead', 400, 'PROCESSING_HALTED')

  it.each<[AnswerSpec, object, string]>([
    [
      composite(halted, item('task', 400, 'INVALID_FIELD')),
      { kind: 'refused', cause: 'status' },
      'task failed with 400 INVALID_FIELD',
    ],
    [
      composite(halted, item('task', 400, 'UNABLE_TO_LOCK_ROW')),
      { kind: 'failed', cause: 'status' },
      'UNABLE_TO_LOCK_ROW',
    ],
    [
      composite(item('lead', 403, 'REQUEST_LIMIT_EXCEEDED')),
      { kind: 'failed', cause: 'rate_limited' },
      'lead',
    ],
    [
      composite(item('lead', 500, 'x'), item('task', 201)),
      { kind: 'failed', cause: 'status' },
      'lead failed with 500 .',
    ],
    [{ status: 200, body: 'ok' }, { kind: 'failed', cause: 'status' }, 'could not be read'],
  ])('is read item by item: %j', async (answer, outcome, error) => {
    receiver.answers(answer)
    const report = await send({ action })
    expect(report.outcome).toEqual(outcome)
    expect(report.error).toContain(error)
  })

  it('is refused whole where it is wrong as a whole', async () => {
    receiver.answers(failure(400, 'INVALID_INPUT'))
    expect((await send({ action })).outcome).toEqual({ kind: 'refused', cause: 'status' })
  })

  it('gives a new lead what it must have', async () => {
    receiver.answers(
      composite(
        item('lead', 400, 'REQUIRED_FIELD_MISSING'),
        item('task', 400, 'PROCESSING_HALTED'),
      ),
      composite(item('lead', 201), item('task', 201)),
    )
    const report = await send({ action }, messageAbout('a.b', { user: { id: 'u1' } }, {}, at))
    expect(report.outcome).toEqual({ kind: 'delivered' })
    expect(sent(1).body.compositeRequest[0].body).toEqual({
      LastName: '[not provided]',
      Company: '[not provided]',
    })
  })

  it('is looked for by its task before a retry writes it', async () => {
    receiver.answers(json(200, { records: [{ Description: marker }] }))
    const report = await send({ action }, { ...registered, attempt: 2 })
    expect(report.outcome).toEqual({ kind: 'delivered' })
    expect(receiver.received).toHaveLength(1)
  })

  it.each<[string, Json]>([
    ['records', 'x'],
    ['records', []],
    ['records', Array.from({ length: 26 }, () => ({ object: 'Lead' }))],
    ['records[0]', ['x']],
    ['records[0].object', [{ object: 'Lead/../x' }]],
    ['records[0].fields', [{ object: 'Lead', fields: [] }]],
    ['records[0].ref', [{ object: 'Lead', ref: '1 a' }]],
    [
      'records[1].ref',
      [
        { object: 'Lead', ref: 'a' },
        { object: 'Lead', ref: 'a' },
      ],
    ],
    ['records[0].external_id_field', [{ object: 'Lead', external_id_field: '../x' }]],
    ['records[0].external_id', [{ object: 'Lead', external_id_field: 'X__c' }]],
  ])('that cannot be said is refused by its path: %s', async (path, records) => {
    const report = await send({ action }, mapped(registered, { records }))
    expect(report.error).toContain(`mapping.${path}: `)
    expect(receiver.received).toEqual([])
  })
})

describe('its token', () => {
  it('is asked for by client credentials, and tells where the API is', async () => {
    const report = await send()
    expect(login.received[0]).toMatchObject({ method: 'POST', path: '/services/oauth2/token' })
    expect(form()).toEqual({
      grant_type: 'client_credentials',
      client_id: 'consumer-key',
      client_secret: 'consumer-secret-value',
    })
    expect(sent().authorization).toBe(`Bearer ${accessToken}`)
    expect(JSON.stringify(report)).not.toContain(accessToken)
  })

  it('is asked for by refresh token with the very form of jsforce', async () => {
    const { client_id, client_secret } = auth
    const refreshing = { type: 'refresh_token', client_id, client_secret, refresh_token: '5Aep' }
    await send({ auth: refreshing })
    const oauth2 = new OAuth2({
      loginUrl: login.url,
      clientId: client_id,
      clientSecret: client_secret,
    })
    await oauth2.refreshToken('5Aep')
    expect(form(0)).toEqual(form(1))
    expect(login.received[0]?.path).toBe(login.received[1]?.path)
  })

  it.each(['pkcs8', 'pkcs1'] as const)(
    'is asked for by a JWT signed with a %s key',
    async (type) => {
      const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
      const private_key = privateKey.export({ type, format: 'pem' })
      const jwt = { type: 'jwt_bearer', client_id: 'key', private_key, username: 'ada@example.com' }
      const report = await send({ auth: jwt })
      expect(report.outcome).toEqual({ kind: 'delivered' })
      const { grant_type, assertion = '', ...rest } = form()
      expect(grant_type).toBe('urn:ietf:params:oauth:grant-type:jwt-bearer')
      expect(rest).toEqual({})
      const { payload, protectedHeader } = await jwtVerify(assertion, publicKey, {
        issuer: 'key',
        subject: 'ada@example.com',
        audience: 'https://login.salesforce.com',
      })
      expect(protectedHeader.alg).toBe('RS256')
      expect((payload.exp ?? 0) - Date.now() / 1000).toBeLessThan(180)
    },
  )

  it.each([
    ['https://example.my.salesforce.com', 'https://login.salesforce.com'],
    ['https://test.salesforce.com', 'https://test.salesforce.com'],
    ['https://example--dev.sandbox.my.salesforce.com', 'https://test.salesforce.com'],
  ])('is asked for at %s with the audience %s', async (login_url, audience) => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const private_key = privateKey.export({ type: 'pkcs8', format: 'pem' })
    const jwt = { type: 'jwt_bearer', client_id: 'key', private_key, username: 'a' }
    let asked = ''
    const world = worldOf({
      fetch: async (_, init) => {
        asked = new URLSearchParams(String(init?.body)).get('assertion') ?? ''
        return new Response(null, { status: 400 })
      },
    })
    await send({ auth: jwt, login_url }, registered, world)
    const claims = JSON.parse(Buffer.from(asked.split('.')[1] ?? '', 'base64url').toString())
    expect(claims.aud).toBe(audience)
  })

  it('is renewed once after a 401, and then it is an answer', async () => {
    receiver.answers(failure(401, 'INVALID_SESSION_ID'))
    expect((await send()).outcome).toEqual({ kind: 'refused', cause: 'credentials' })
    expect(login.received).toHaveLength(2)
    expect(receiver.received).toHaveLength(2)
  })

  it('leads nowhere that is not public', async () => {
    issues({ instance_url: 'http://10.0.0.1' })
    const report = await send()
    expect(report.outcome).toEqual({ kind: 'refused', cause: 'blocked_address' })
  })

  it('comes by consent on Salesforce’s page', async () => {
    const { client_id, client_secret } = auth
    const waiting = { type: 'refresh_token', client_id, client_secret }
    expect((await send({ auth: waiting })).error).toContain('not connected')
    const config = SalesforceConfig.parse({ auth: waiting, external_id_field: field })
    const consent = salesforceConsent(config)
    const own = new OAuth2({ clientId: client_id, redirectUri: 'https://r.example/cb' })
    expect(own.getAuthorizationUrl().split('?')[0]).toBe(consent?.authorizeUrl)
    expect(own.tokenServiceUrl).toBe(consent?.tokenUrl)
    expect(consent?.learned({ refresh_token: 'new' })).toEqual({
      ok: true,
      value: { auth: { ...waiting, refresh_token: 'new' } },
    })
    expect(consent?.learned({ access_token: 'a' }).ok).toBe(false)
    expect(
      salesforceConsent(
        SalesforceConfig.parse({
          auth,
          login_url: 'https://x.my.salesforce.com',
          external_id_field: field,
        }),
      ),
    ).toBeNull()
  })
})

it.each([
  ['login_url', { login_url: 'https://login.salesforce.com' }],
  ['external_id_field', { external_id_field: undefined }],
  ['external_id_field', { external_id_field: 'a/b' }],
  ['external_id_field', { action: 'composite', external_id_field: undefined }],
  [
    'private_key',
    { auth: { type: 'jwt_bearer', client_id: 'a', username: 'b', private_key: 'c' } },
  ],
  ['api_version', { api_version: '64' }],
])('refuses a config with a wrong %s: %j', (path, config) => {
  const login_url = 'https://example.my.salesforce.com'
  expect(() =>
    bound('salesforce', { auth, login_url, external_id_field: field, ...config }),
  ).toThrow(path)
})

it.each(['.', '..'])('refuses the external id %j, a step in the URL', async (id) => {
  const report = await send({}, mapped(registered, { external_id: id }))
  expect(report.outcome).toEqual({ kind: 'refused', cause: 'mapping_invalid' })
  expect(report.error).toContain('mapping.external_id')
  const records = [{ object: 'Lead', external_id_field: field, external_id: id }]
  const composite = await send({ action: 'composite' }, mapped(registered, { records }))
  expect(composite.error).toContain('mapping.records[0].external_id')
  expect(receiver.received).toEqual([])
})

it('asks for its token at base_url where no login_url is named', async () => {
  receiver.answers(json(200, { access_token: accessToken }), { status: 204 })
  const config = { auth, base_url: receiver.url, external_id_field: field }
  const report = await bound('salesforce', config).send(registered, addresseeOf(), worldOf())
  expect(report.outcome).toEqual({ kind: 'delivered' })
  expect(receiver.received.map(({ path }) => path)[0]).toBe('/services/oauth2/token')
})

it.each(['{}', '', '<html>', '{"records":[{"Desc'])(
  'makes nothing where the look answers %j',
  async (body) => {
    receiver.answers({ status: 200, body })
    const report = await send({ action: 'task' }, { ...generated, attempt: 2 })
    expect(report.outcome).toEqual({ kind: 'failed', cause: 'status' })
    expect(receiver.received).toHaveLength(1)
  },
)

it('does not take an empty composite answer for success', async () => {
  receiver.answers(json(200, { compositeResponse: [] }))
  expect((await send({ action: 'composite' })).outcome).toEqual({ kind: 'failed', cause: 'status' })
})
