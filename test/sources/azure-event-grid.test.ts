import { CloudEvent, HTTP } from 'cloudevents'
import { describe, expect, it } from 'vitest'
import { bindSource, handshake, verify } from '../../src/sources/index.ts'
import type { SourceRequest } from '../../src/sources/index.ts'
import { toText } from '../../src/signing/bytes.ts'
import { itIsASource, nowMs, post } from './contract.ts'

const world = { nowMs }
const config = { secret: 'k+y' }

/** From the documentation of delivery formats. */
const topic =
  '/subscriptions/0/resourceGroups/rgwithoutpolicy/providers/Microsoft.Storage/storageAccounts/myegteststgfoo'
const created = `{
    "id": "93902694-901e-008f-6f95-7153a806873c",
    "eventTime": "2020-08-13T17:18:13.1647262Z",
    "eventType": "Microsoft.Storage.BlobCreated",
    "dataVersion": "",
    "metadataVersion": "1",
    "topic": "${topic}",
    "subject": "/blobServices/default/containers/deadletter/blobs/myBlobFile.txt",
    "data": { "api": "PutBlob", "contentLength": 0 }
}`

/** From the documentation of endpoint validation. */
const validation = `[
  {
    "id": "2d1781af-3a4c-4d7c-bd0c-e34b19da4e66",
    "topic": "/subscriptions/xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx",
    "subject": "",
    "data": {
      "validationCode": "512d38b6-c7b8-40c8-89fe-f46f9e9622b6",
      "validationUrl": "https://rp-eastus2.eventgrid.azure.net:553/eventsubscriptions/myeventsub/validate?id=0"
    },
    "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent",
    "eventTime": "2022-10-28T04:23:35.1981776Z",
    "metadataVersion": "1",
    "dataVersion": "1"
  }
]`

const sent = (body: string, query = 'code=k%2By', headers = {}): SourceRequest => ({
  ...post(body, {
    'content-type': 'application/json; charset=utf-8',
    'aeg-event-type': 'Notification',
    ...headers,
  }),
  url: `https://router.example/in/src_1?${query}`,
})

const expected = {
  type: 'Microsoft.Storage.BlobCreated',
  dedupeKey: `${topic} 93902694-901e-008f-6f95-7153a806873c`,
}

itIsASource({
  provider: 'azure-event-grid',
  sign: (secret) => sent(`[${created}]`, `code=${encodeURIComponent(secret)}`),
  secrets: [config.secret, 'another'],
  proofHeader: null,
  malformed: [],
  signsBody: false,
  toleranceS: null,
  expected,
})

describe('the secret', () => {
  it.each([
    ['missing', 'x=1', {}, 'missing_field'],
    ['empty', 'code=', {}, 'missing_field'],
    ['wrong', 'code=no', {}, 'credentials_mismatch'],
    ['given twice', 'code=k%2By&code=k%2By', {}, 'credentials_mismatch'],
    ['in the wrong parameter', 'code=k%2By', { parameter: 'key' }, 'missing_field'],
    ['expected in a header', 'code=k%2By', { header: 'X-Secret' }, 'missing_header'],
  ])('%s', async (_case, query, more, reason) => {
    const request = sent(`[${created}]`, query)
    const result = await verify('azure-event-grid', request, { ...config, ...more }, world)
    expect(result).toMatchObject({ ok: false, error: { reason } })
  })

  it('stands where the config says', async () => {
    const other = { ...config, parameter: 'key' }
    const inParameter = sent(`[${created}]`, 'key=k%2By')
    expect((await verify('azure-event-grid', inParameter, other, world)).ok).toBe(true)
    const header = { secret: 'BEARER SlAV32hkKG', header: 'Authorization' }
    const inHeader = sent(`[${created}]`, '', { authorization: 'BEARER SlAV32hkKG' })
    expect((await verify('azure-event-grid', inHeader, header, world)).ok).toBe(true)
    const bound = bindSource('azure-event-grid', header)
    expect(bound.ok && bound.value.proofHeaders).toEqual(['authorization'])
  })

  it('stands in one place', () => {
    const both = { ...config, header: 'x-secret', parameter: 'code' }
    expect(bindSource('azure-event-grid', both)).toMatchObject({
      ok: false,
      error: [{ path: 'parameter' }],
    })
  })
})

describe('the validation', () => {
  const marked = { 'aeg-event-type': 'SubscriptionValidation' }

  it('gets its code back, with 200', async () => {
    const answer = await handshake(
      'azure-event-grid',
      sent(validation, undefined, marked),
      config,
      world,
    )
    expect(answer?.status).toBe(200)
    expect(await answer?.json()).toEqual({
      validationResponse: '512d38b6-c7b8-40c8-89fe-f46f9e9622b6',
    })
  })

  it.each([
    ['with a wrong secret', sent(validation, 'code=no', marked)],
    ['without its header', sent(validation)],
    ['without a code', sent('[{"data":{}}]', undefined, marked)],
    ['with an object for a code', sent('[{"data":{"validationCode":{}}}]', undefined, marked)],
  ])('is not answered %s', async (_case, request) => {
    expect(await handshake('azure-event-grid', request, config, world)).toBeNull()
  })

  it('is a question by OPTIONS in the CloudEvents schema, after the secret too', async () => {
    const asked = (query: string): SourceRequest => ({
      ...sent('', query, { 'webhook-request-origin': 'eventgrid.azure.net' }),
      method: 'OPTIONS',
    })
    const answer = await handshake('azure-event-grid', asked('code=k%2By'), config, world)
    expect(answer?.status).toBe(200)
    expect(answer?.headers.get('webhook-allowed-origin')).toBe('eventgrid.azure.net')
    expect(answer?.headers.get('webhook-allowed-rate')).toBe('*')
    expect(await handshake('azure-event-grid', asked('code=no'), config, world)).toBeNull()
  })
})

describe('several events', () => {
  const partsOf = (request: SourceRequest, split = true) => {
    const source = bindSource('azure-event-grid', { ...config, split })
    return source.ok ? source.value.parts(request) : expect.unreachable()
  }

  it('are split into the very bytes of each', () => {
    const parts = partsOf(sent(`[${created},{"id":"2","eventType":"B","topic":"t"},{"x":1}]`))
    expect(parts?.map(({ type, dedupeKey }) => [type, dedupeKey])).toEqual([
      [expected.type, expected.dedupeKey],
      ['B', 't 2'],
      ['unknown', expect.stringMatching(/^sha256:/)],
    ])
    expect(toText(parts![0]!.body)).toBe(created)
    expect(parts![0]!.contentType).toBe('application/json')
  })

  it('are told the same in the CloudEvents schema, batched or alone', async () => {
    const event = new CloudEvent({ id: 'i', source: '/s', type: 'T', data: {} })
    const { body } = HTTP.structured(event)
    const type = { 'content-type': 'application/cloudevents-batch+json; charset=utf-8' }
    const parts = partsOf(sent(`[${String(body)}]`, undefined, type))
    expect(parts).toMatchObject([
      { type: 'T', dedupeKey: '/s i', contentType: 'application/cloudevents+json' },
    ])
    const alone = await verify('azure-event-grid', sent(String(body)), config, world)
    expect(alone).toEqual({ ok: true, value: { type: 'T', dedupeKey: '/s i' } })
  })

  it('stay together unless asked', async () => {
    const request = sent(`[${created},{"id":"2","eventType":"B"}]`)
    expect(partsOf(request, false)).toBeNull()
    const value = { type: 'batch', dedupeKey: expect.stringMatching(/^sha256:/) }
    expect(await verify('azure-event-grid', request, config, world)).toEqual({ ok: true, value })
  })
})
