import { createHash } from 'node:crypto'
import twilio from 'twilio'
import { describe, expect, it } from 'vitest'
import { bindSource, verify } from '../../src/sources/index.ts'
import type { SourceRequest } from '../../src/sources/index.ts'
import { toText } from '../../src/signing/bytes.ts'
import { itIsASource, nowMs, post } from './contract.ts'

const { getExpectedTwilioSignature, validateRequest, validateRequestWithBody } = twilio
const secret = '2bd9e9638872de601313dc77410d3b23'
const config = { secret }
const world = { nowMs }
const here = 'https://router.example/in/src_1'

type Fields = [string, string][]

const inbound: Fields = [
  ['ToCountry', 'US'],
  ['ToState', ''],
  ['SmsMessageSid', 'SM1'],
  ['SmsStatus', 'received'],
  ['Body', 'Grüße & 100% = +1'],
  ['From', '+15551234567'],
]

/** As Twilio's library wants them: a repeated name as a list. */
function paramsOf(fields: Iterable<[string, string]>): Record<string, string | string[]> {
  const params: Record<string, string[]> = {}
  for (const [name, value] of fields) (params[name] ??= []).push(value)
  return Object.fromEntries(
    Object.entries(params).map(([name, all]) => [name, all.length === 1 ? all[0]! : all]),
  )
}

interface Signed {
  key?: string
  url?: string
  signedUrl?: string
}

function signed(
  fields = inbound,
  { key = secret, url = here, signedUrl = url }: Signed = {},
): SourceRequest {
  const signature = getExpectedTwilioSignature(key, signedUrl, paramsOf(fields))
  const request = post(new URLSearchParams(fields).toString(), {
    'content-type': 'application/x-www-form-urlencoded; charset=UTF-8',
    'I-Twilio-Idempotency-Token': 'idem-1',
    'X-Twilio-Signature': signature,
  })
  return { ...request, url }
}

itIsASource({
  provider: 'twilio',
  sign: (key) => signed(inbound, { key }),
  secrets: [secret, 'another'],
  proofHeader: 'x-twilio-signature',
  malformed: ['AAAA', '0'.repeat(40), `${'_'.repeat(27)}=`, 'A'.repeat(27), `${'A'.repeat(43)}=`],
  signsBody: true,
  signsUrl: true,
  toleranceS: null,
  expected: { type: 'message.received', dedupeKey: 'idem-1' },
})

const ask = (request: SourceRequest, own: object = config) => verify('twilio', request, own, world)

it.each([
  ['+14158675309', 'RSOYDt4T1cUTdK1PDd93/VVr8B8='],
  ['+12349013030', '0/KCTR6DLpKmkAf8muzZqo1nDgQ='],
])("accepts the worked example of Twilio's documentation, with %s", async (from, signature) => {
  const url = 'https://mycompany.com/myapp.php?foo=1&bar=2'
  const fields = {
    Digits: '1234',
    To: '+18005551212',
    From: from,
    Caller: from,
    CallSid: 'CA1234567890ABCDE',
  }
  const request = post(new URLSearchParams(fields).toString(), {
    'content-type': 'application/x-www-form-urlencoded',
    'x-twilio-signature': signature,
  })
  const own = { secret: '12345' }
  const value = { type: 'unknown', dedupeKey: null }
  expect(await ask({ ...request, url }, own)).toEqual({ ok: true, value })
  expect(await ask(request, { ...own, url })).toEqual({ ok: true, value })
  expect((await ask(request, own)).ok).toBe(false)
})

describe("beside Twilio's library", () => {
  const library = ({ url, headers, body }: SourceRequest) =>
    validateRequest(
      secret,
      headers.get('x-twilio-signature')!,
      url,
      paramsOf(new URLSearchParams(toText(body))),
    )

  it.each<[string, SourceRequest, boolean]>([
    ['a genuine form', signed(), true],
    [
      'a repeated name',
      signed([
        ['MediaUrl', 'b'],
        ['A', 'z'],
        ['MediaUrl', 'a'],
        ['MediaUrl', 'b'],
      ]),
      true,
    ],
    ['names in capitals and not', signed([...inbound, ['body', 'x'], ['Body2', 'y']]), true],
    ['an empty form', signed([]), true],
    ['a query in the URL', signed(inbound, { url: `${here}?a=1&b=%20` }), true],
    [
      'a URL signed with its port',
      signed(inbound, { signedUrl: here.replace('/in', ':443/in') }),
      true,
    ],
    [
      'a URL signed without its port',
      signed(inbound, { url: here.replace('/in', ':8443/in'), signedUrl: here }),
      true,
    ],
    [
      'a URL signed with another port',
      signed(inbound, { signedUrl: here.replace('/in', ':8443/in') }),
      false,
    ],
    ['another secret', signed(inbound, { key: 'no' }), false],
    ['another URL', signed(inbound, { signedUrl: `${here}/` }), false],
    ['another field', { ...signed(), body: signed(inbound.slice(1)).body }, false],
  ])('agrees on %s', async (_case, request, genuine) => {
    expect(library(request)).toBe(genuine)
    expect((await ask(request)).ok).toBe(genuine)
  })

  it.each([
    ['lower-case escapes', (body: string) => body.replaceAll('%2B', '%2b')],
    ['a space that no form has', (body: string) => body.replace('+', ' ')],
    ['an empty field', (body: string) => `${body}&`],
    ['a name without a value', (body: string) => body.replace('ToState=', 'ToState')],
  ])('is stricter about %s: other bytes, the same fields', async (_case, rewrite) => {
    const request = signed()
    const body = rewrite(toText(request.body))
    const rewritten = { ...post(body, {}), headers: request.headers }
    expect(library(rewritten)).toBe(true)
    expect((await ask(rewritten)).ok).toBe(false)
  })
})

describe('a body that is no form', () => {
  const json =
    '[{"specversion":"1.0","type":"com.twilio.messaging.message.delivered","id":"EZ1","data":{}}]'
  const hashed = (body: string) => createHash('sha256').update(body).digest('hex')
  const called = (body: string, query = `bodySHA256=${hashed(body)}`, base = here) => {
    const url = `${base}?${query}`
    const headers = {
      'content-type': 'application/json',
      'x-twilio-signature': getExpectedTwilioSignature(secret, url, {}),
    }
    return { ...post(body, headers), url: `${here}?${query}` }
  }
  const library = ({ url, headers, body }: SourceRequest) =>
    validateRequestWithBody(secret, headers.get('x-twilio-signature')!, url, toText(body))

  it.each([
    ['a genuine one', called(json), true],
    ['one with more of a query', called(json, `a=1&bodySHA256=${hashed(json)}`), true],
    ['another body', { ...called(json), body: called('[]').body }, false],
    ['another URL', { ...called(json), url: `${here}?bodySHA256=${hashed('[]')}` }, false],
    ['the hash of another', called(json, `bodySHA256=${hashed('[]')}`), false],
    ['no hash', called(json, 'a=1'), false],
    ['half a hash', called(json, `bodySHA256=${hashed(json).slice(0, 32)}`), false],
    ['a hash in capitals', called(json, `bodySHA256=${hashed(json).toUpperCase()}`), false],
  ])('is proved by its hash in the URL: agrees on %s', async (_case, request, genuine) => {
    expect(library(request)).toBe(genuine)
    expect((await ask(request)).ok).toBe(genuine)
  })

  it('is named by its CloudEvent', async () => {
    const value = { type: 'com.twilio.messaging.message.delivered', dedupeKey: null }
    expect(await ask(called(json))).toEqual({ ok: true, value })
  })

  it('keeps its hash where the URL is configured', async () => {
    const url = 'https://public.example/hook'
    const request = called(json, undefined, url)
    expect((await ask(request, { secret, url })).ok).toBe(true)
    expect((await ask({ ...request, body: called('[]').body }, { secret, url })).ok).toBe(false)
  })

  it.each([
    ['an empty form', '', `${here}?bodySHA256=${hashed(json)}`],
    ['a form whose field is the query', `%3FbodySHA=256%3D${hashed(json)}`, here],
    ['the same, half of it', `%3Fbody=SHA256%3D${hashed(json)}`, here],
  ])('lends its signature to nothing else: %s', async (_case, body, url) => {
    const { headers } = called(json)
    headers.set('content-type', 'application/x-www-form-urlencoded')
    expect((await ask({ ...post(body, {}), headers, url })).ok).toBe(false)
  })
})

it('takes no bytes that are not UTF-8 for the character that stands for such', async () => {
  const request = signed([['Body', '\ufffd']])
  expect((await ask(request)).ok).toBe(true)
  for (const body of ['Body=%FF', 'Body=%C3%28', Buffer.from('426f64793dff', 'hex')]) {
    const changed = { ...post(body, {}), headers: request.headers }
    expect((await ask(changed)).ok).toBe(false)
  }
})

it('takes field names in any script', async () => {
  expect((await ask(signed([['имя', 'Ø'], ...inbound]))).ok).toBe(true)
})

it.each([
  [{ MessageStatus: 'delivered', SmsStatus: 'delivered', MessageSid: 'SM1' }, 'message.delivered'],
  [{ SmsStatus: 'received' }, 'message.received'],
  [{ CallStatus: 'completed' }, 'call.completed'],
  [{ RecordingStatus: 'completed', CallSid: 'CA1', CallStatus: 'x' }, 'recording.completed'],
  [{ TranscriptionStatus: 'failed' }, 'transcription.failed'],
  [{ StatusCallbackEvent: 'participant-join', CallSid: 'CA1' }, 'participant-join'],
  [{ EventType: 'onMessageAdded' }, 'onMessageAdded'],
  [{ EventType: 'task.created', MessageStatus: '' }, 'task.created'],
  [{ Digits: '1' }, 'unknown'],
])('names %j', async (fields, type) => {
  const result = await ask(signed(Object.entries(fields)))
  expect(result).toEqual({ ok: true, value: { type, dedupeKey: 'idem-1' } })
})

it.each([
  [
    'http in front of a proxy',
    signed(inbound, { url: here.replace('https', 'http'), signedUrl: here }),
  ],
  ['a slash at the end', signed(inbound, { signedUrl: `${here}/` })],
])('says so where the URL differs by %s', async (_case, request) => {
  const error = { reason: 'signature_mismatch', likely_cause: 'url_differs' }
  expect(await ask(request)).toEqual({ ok: false, error })
})

it('takes the configured URL, with a user name that Twilio signs', async () => {
  const url = 'https://user:pass@public.example/hook'
  expect((await ask(signed(inbound, { signedUrl: url }), { secret, url })).ok).toBe(true)
  expect((await ask(signed(), { secret, url })).ok).toBe(false)
})

it('does not slow down for a form of very many fields', async () => {
  const request = signed()
  const body = Array.from({ length: 200_000 }, (_, at) => `f${at}=1`).join('&')
  const startedAt = performance.now()
  expect((await ask({ ...post(body, {}), headers: request.headers })).ok).toBe(false)
  expect(performance.now() - startedAt).toBeLessThan(3000)
})

it('answers with TwiML that does nothing', async () => {
  const bound = bindSource('twilio', config)
  const answer = bound.ok ? bound.value.accepted(signed()) : null
  expect([answer?.status, answer?.headers.get('content-type')]).toEqual([200, 'text/xml'])
  expect(await answer?.text()).toBe('<Response/>')
})
