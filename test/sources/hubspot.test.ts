import { Signature } from '@hubspot/api-client'
import { describe, expect, it } from 'vitest'
import { toText, utf8 } from '../../src/signing/bytes.ts'
import { bindSource, verify } from '../../src/sources/index.ts'
import type { SourceRequest } from '../../src/sources/index.ts'
import { itIsASource, nowMs, post } from './contract.ts'

const secret = 'yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy'
const at = 'https://router.example/in/src_1'

const event = (more = {}) => ({
  eventId: 100,
  subscriptionId: 3_816_279_340,
  occurredAt: 1_699_999_999_000,
  subscriptionType: 'contact.creation',
  attemptNumber: 0,
  ...more,
})

const key = '100:3816279340:1699999999000'
const creation = JSON.stringify([event()])

interface Options {
  key?: string
  method?: string
  url?: string
  timestamp?: number
}

const signatureOf = (version: string, body: string, options: Options = {}) =>
  Signature.getSignature(options.method ?? 'POST', version, {
    clientSecret: options.key ?? secret,
    requestBody: body,
    url: options.url ?? at,
    signature: '',
    timestamp: options.timestamp ?? 1_700_000_000_000,
  })

function v3(body: string, options: Options = {}): SourceRequest {
  const headers = {
    'X-HubSpot-Request-Timestamp': String(options.timestamp ?? 1_700_000_000_000),
    'X-HubSpot-Signature-v3': signatureOf('v3', body, options),
    // HubSpot sends an older one with it.
    'X-HubSpot-Signature': signatureOf('v1', body, options),
    'X-HubSpot-Signature-Version': 'v1',
  }
  return { ...post(body, headers), method: options.method ?? 'POST', url: options.url ?? at }
}

const older = (version: 'v1' | 'v2', body: string, options: Options = {}): SourceRequest => ({
  ...post(body, {
    'X-HubSpot-Signature': signatureOf(version, body, options),
    'X-HubSpot-Signature-Version': version,
  }),
  method: options.method ?? 'POST',
  url: options.url ?? at,
})

const ask = (request: SourceRequest, config = {}) =>
  verify('hubspot', request, { secret, ...config }, { nowMs })

itIsASource({
  provider: 'hubspot',
  sign: (one, timeS) => v3(creation, { key: one, timestamp: timeS * 1000 + 500 }),
  secrets: [secret, 'another'],
  proofHeader: 'x-hubspot-signature-v3',
  signedHeaders: ['x-hubspot-request-timestamp'],
  malformed: ['AAAA', '0'.repeat(64), `v3=${'A'.repeat(43)}=`, 'A'.repeat(43)],
  signsBody: true,
  signsUrl: true,
  toleranceS: 300,
  expected: { type: 'contact.creation', dedupeKey: key },
})

describe.each(['v1', 'v2'] as const)('configured for %s', (version) => {
  itIsASource({
    provider: 'hubspot',
    sign: (one) => older(version, creation, { key: one }),
    secrets: [secret, 'another'],
    config: { version },
    proofHeader: 'x-hubspot-signature',
    malformed: ['AAAA', 'A'.repeat(64), 'A'.repeat(43)],
    signsBody: true,
    signsUrl: version === 'v2',
    toleranceS: null,
    expected: { type: 'contact.creation', dedupeKey: key },
  })
})

describe("the worked examples of HubSpot's documentation", () => {
  const headers = (signature: string, version: string) => ({
    'X-HubSpot-Signature': signature,
    'X-HubSpot-Signature-Version': version,
  })

  it('accepts v1', async () => {
    const body =
      '[{"eventId":1,"subscriptionId":12345,"portalId":62515,"occurredAt":1564113600000,"subscriptionType":"contact.creation","attemptNumber":0,"objectId":123,"changeSource":"CRM","changeFlag":"NEW","appId":54321}]'
    const signature = '232db2615f3d666fe21a8ec971ac7b5402d33b9a925784df3ca654d05f4817de'
    const result = await ask(post(body, headers(signature, 'v1')), { version: 'v1' })
    const value = { type: 'contact.creation', dedupeKey: '1:12345:1564113600000' }
    expect(result).toEqual({ ok: true, value })
  })

  it.each([
    ['GET', '', 'eee2dddcc73c94d699f5e395f4b9d454a069a6855fbfa152e91e88823087200e'],
    [
      'POST',
      '{"example_field":"example_value"}',
      '9569219f8ba981ffa6f6f16aa0f48637d35d728c7e4d93d0d52efaa512af7900',
    ],
  ])('accepts v2 of a %s', async (method, body, signature) => {
    const url = 'https://www.example.com/webhook_uri'
    const request = { ...post(body, headers(signature, 'v2')), method, url }
    expect((await ask(request, { version: 'v2' })).ok).toBe(true)
    expect((await ask({ ...request, method: 'PUT' }, { version: 'v2' })).ok).toBe(false)
  })
})

describe('a weaker version', () => {
  const all = { v1: older('v1', creation), v2: older('v2', creation), v3: v3(creation) }

  it.each([
    ['v3', 'v1', 'missing_header'],
    ['v3', 'v2', 'missing_header'],
    ['v2', 'v1', 'malformed_header'],
    ['v1', 'v2', 'malformed_header'],
  ] as const)('is not taken: asked for %s, given %s', async (version, given, reason) => {
    const error = expect.objectContaining({ reason })
    expect(await ask(all[given], { version })).toEqual({ ok: false, error })
  })

  it('does not save a request whose v3 signature is wrong, or is left out', async () => {
    const wrong = v3(creation)
    wrong.headers.set('x-hubspot-signature-v3', signatureOf('v3', creation, { key: 'another' }))
    expect(await ask(wrong)).toMatchObject({ error: { reason: 'signature_mismatch' } })
    wrong.headers.delete('x-hubspot-signature-v3')
    expect(await ask(wrong)).toMatchObject({ error: { reason: 'missing_header' } })
  })
})

it("is stricter about the future, which HubSpot's library believes", async () => {
  const timestamp = Date.now() + 3_600_000
  const request = v3(creation, { timestamp })
  const options = { clientSecret: secret, requestBody: creation, url: at, method: 'POST' }
  const signature = signatureOf('v3', creation, { timestamp })
  expect(Signature.isValid({ ...options, signatureVersion: 'v3', signature, timestamp })).toBe(true)
  const result = await verify('hubspot', request, { secret }, { nowMs: Date.now() })
  expect(result).toMatchObject({ ok: false, error: { reason: 'timestamp_outside_tolerance' } })
})

it.each(['1.7e12', '+1700000000000', '1700000000000.5', ' '])(
  'refuses %j as a time',
  async (time) => {
    const request = v3(creation)
    request.headers.set('x-hubspot-request-timestamp', time)
    expect((await ask(request)).ok).toBe(false)
  },
)

describe('the URL', () => {
  it('is signed with the characters that HubSpot writes plainly, and no others', async () => {
    const query = '?a=%3A%2F%3F%40%21%24%27%28%29%2a%2C%3B'
    const url = `${at}${query}&b=%20%26%C3%A9`
    const request = v3(creation, { url: `${at}?a=:/?@!$'()*,;&b=%20%26%C3%A9` })
    expect((await ask({ ...request, url })).ok).toBe(true)
    const decodedWhole = v3(creation, { url: decodeURIComponent(url) })
    expect((await ask({ ...decodedWhole, url })).ok).toBe(false)
  })

  it("may be signed as it is called, as HubSpot's own library signs it", async () => {
    const url = `${at}?user=a%40b.example`
    expect((await ask(v3(creation, { url }))).ok).toBe(true)
    expect((await ask({ ...v3(creation, { url }), url: `${at}?user=b%40b.example` })).ok).toBe(
      false,
    )
  })

  it('lends nothing to the body, nor the body to the time', async () => {
    const url = `${at}?q=1`
    const { headers } = v3(creation, { url })
    const shifted = {
      ...post(creation.slice(2), {}),
      headers,
      url: `${url}${creation.slice(0, 2)}`,
    }
    expect((await ask(shifted)).ok).toBe(false)
    const counted = v3('10')
    counted.headers.set('x-hubspot-request-timestamp', '01700000000000')
    const error = { reason: 'timestamp_malformed', header: 'x-hubspot-request-timestamp' }
    expect(await ask({ ...counted, body: utf8('1') })).toEqual({ ok: false, error })
  })

  it('is the configured one, where that is another', async () => {
    const url = 'https://public.example/hooks'
    const request = { ...v3(creation, { url }), url: at }
    expect((await ask(request, { url })).ok).toBe(true)
    expect((await ask(request)).ok).toBe(false)
  })

  it.each(['v2', 'v3'] as const)(
    'is named as the cause where another form of it fits %s',
    async (version) => {
      const url = at.replace('https:', 'http:')
      const request = version === 'v3' ? v3(creation) : older(version, creation)
      const error = { reason: 'signature_mismatch', likely_cause: 'url_differs' }
      expect(await ask({ ...request, url }, { version })).toEqual({ ok: false, error })
    },
  )
})

describe('a batch', () => {
  const keyOf = async (...events: object[]) => {
    const result = await ask(v3(JSON.stringify(events)))
    return result.ok ? result.value : null
  }

  it('is one event, of the type that all share', async () => {
    const deal = event({ subscriptionType: 'deal.creation' })
    expect((await keyOf(event(), event({ eventId: 2 })))?.type).toBe('contact.creation')
    expect((await keyOf(event(), deal))?.type).toBe('batch')
  })

  it('is known again when HubSpot counts its attempts', async () => {
    const first = await keyOf(event(), event({ eventId: 2 }))
    const again = await keyOf(event({ attemptNumber: 1 }), event({ eventId: 2, attemptNumber: 1 }))
    expect(first?.dedupeKey).toMatch(/^sha256:/)
    expect(again).toEqual(first)
    expect(await keyOf(event(), event({ eventId: 3 }))).not.toEqual(first)
  })

  it('is split into its elements, byte for byte, if asked', () => {
    const other = '{ "subscriptionType": "deal.creation", "eventId": 12345678901234567890 }'
    const body = `[${JSON.stringify(event())}, ${other}]`
    const bound = bindSource('hubspot', { secret, split: true })
    const parts = (bound.ok && bound.value.parts(v3(body))) || []
    expect(parts.map((part) => toText(part.body))).toEqual([JSON.stringify(event()), other])
    expect(parts.map(({ type }) => type)).toEqual(['contact.creation', 'deal.creation'])
    // A number that JavaScript cannot hold tells nothing apart: the element's digest does.
    expect(parts.map(({ dedupeKey }) => dedupeKey)).toEqual([
      key,
      expect.stringMatching(/^sha256:/),
    ])
  })
})

it('takes what is no batch, such as the webhook of a workflow, for one event', async () => {
  const body = '{"objectId":1,"origin":{}}'
  const result = await ask(older('v2', body), { version: 'v2' })
  const dedupeKey = expect.stringMatching(/^sha256:/)
  expect(result).toEqual({ ok: true, value: { type: 'unknown', dedupeKey } })
  expect((await ask({ ...older('v2', body), body: utf8('{}') }, { version: 'v2' })).ok).toBe(false)
})
