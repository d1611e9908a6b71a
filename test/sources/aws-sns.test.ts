import { EventEmitter } from 'node:events'
import https from 'node:https'
import MessageValidator from 'sns-validator'
import PayloadValidator from 'sns-payload-validator'
import { describe, expect, it, vi } from 'vitest'
import { bindSource, handshake, verify } from '../../src/sources/index.ts'
import { itIsASource, nowMs, post } from './contract.ts'
import { fetchOf, rsaSign, selfSigned } from './self-signed.ts'

const [first, second] = await Promise.all([selfSigned(), selfSigned()])

const certUrl = `https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-${'a1'.repeat(16)}.pem`
const topic = 'arn:aws:sns:eu-central-1:123456789012:orders'

type Fields = Record<string, unknown>

const notification: Fields = {
  Type: 'Notification',
  MessageId: '22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324',
  TopicArn: topic,
  Subject: 'An order',
  Message: '{"order":1}\nof two lines, ü',
  Timestamp: '2023-11-14T22:13:20.000Z',
  SignatureVersion: '2',
  SigningCertURL: certUrl,
  UnsubscribeURL: 'https://sns.eu-central-1.amazonaws.com/?Action=Unsubscribe',
}

const subscribeUrl = `https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=${topic}&Token=abc`

const confirmation: Fields = {
  ...notification,
  Type: 'SubscriptionConfirmation',
  Message: 'You have chosen to subscribe to the topic',
  Token: 'abc',
  SubscribeURL: subscribeUrl,
  Subject: undefined,
}

const farewell: Fields = { ...confirmation, Type: 'UnsubscribeConfirmation' }

/** In the order of Amazon's documentation, which is that of the alphabet. */
function contentOf(fields: Fields): string {
  const subject = fields['Type'] === 'Notification' ? ['Subject'] : ['SubscribeURL']
  const names = ['Message', 'MessageId', ...subject, 'Timestamp']
  if (fields['Type'] !== 'Notification') names.push('Token')
  return [...names, 'TopicArn', 'Type']
    .filter((name) => typeof fields[name] === 'string')
    .map((name) => `${name}\n${String(fields[name])}\n`)
    .join('')
}

function signed(fields: Fields = notification, key = first.private): Fields {
  const hash = fields['SignatureVersion'] === '1' ? 'RSA-SHA1' : 'RSA-SHA256'
  return { ...fields, Signature: rsaSign(key, contentOf(fields), hash) }
}

const sent = (fields: Fields) =>
  post(JSON.stringify(fields, null, 2), {
    'content-type': 'text/plain; charset=UTF-8',
    'x-amz-sns-message-type': String(fields['Type']),
  })

const fetch = fetchOf({ [certUrl]: () => new Response(first.cert) })
const ask = (fields: Fields, config = {}, world: object = { fetch }) =>
  verify('aws-sns', sent(fields), config, { nowMs, ...world })

itIsASource({
  provider: 'aws-sns',
  sign: (cert) => sent(signed(notification, cert === first.cert ? first.private : second.private)),
  secrets: [first.cert, second.cert],
  secretField: 'certificate',
  proofHeader: null,
  malformed: [],
  signsBody: false,
  toleranceS: null,
  expected: { type: 'Notification', dedupeKey: '22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324' },
})

/** What both published validators think of it, with that certificate at its URL. */
async function others(fields: Fields): Promise<[boolean, boolean]> {
  const get = vi.spyOn(https, 'get').mockImplementation(((_url: unknown, ...rest: unknown[]) => {
    const answer = Object.assign(new EventEmitter(), { statusCode: 200 })
    const done = rest.at(-1) as (response: typeof answer) => void
    done(answer)
    answer.emit('data', first.cert)
    answer.emit('end')
    return new EventEmitter()
  }) as never)
  try {
    const text = JSON.stringify(fields)
    const amazons = await new Promise<boolean>((resolve) => {
      new MessageValidator().validate(text, (error) => resolve(error === null))
    })
    const payloads = new PayloadValidator({ useCache: false }).validate(text)
    return [amazons, await payloads.then(() => true).catch(() => false)]
  } finally {
    get.mockRestore()
  }
}

describe('beside the published validators', () => {
  const withoutSubject = { ...notification, Subject: undefined }
  it.each([
    ['a notification', signed(), true],
    ['one without a subject', signed(withoutSubject), true],
    ['one signed with SHA-1', signed({ ...notification, SignatureVersion: '1' }), true],
    ['a confirmation', signed(confirmation), true],
    ['another message', { ...signed(), Message: 'another' }, false],
    ['another topic', { ...signed(), TopicArn: `${topic}2` }, false],
    ['another id', { ...signed(), MessageId: 'another' }, false],
    ['a subject left out', { ...signed(), Subject: undefined }, false],
    ['a subject put in', { ...signed(withoutSubject), Subject: 'An order' }, false],
    ['the other version', { ...signed(), SignatureVersion: '1' }, false],
    ['a version that there is not', { ...signed(), SignatureVersion: '3' }, false],
    ['the key of another', signed(notification, second.private), false],
    ['no signature', { ...signed(), Signature: '' }, false],
  ])('agrees on %s', async (_case, fields, genuine) => {
    expect(await others(fields)).toEqual([genuine, genuine])
    expect((await ask(fields)).ok).toBe(genuine)
  })

  it("agrees with one of them on the end of a subscription, of which Amazon's own is wrong", async () => {
    expect(await others(signed(farewell))).toEqual([false, true])
    expect((await ask(signed(farewell))).ok).toBe(true)
  })

  it('is stricter about what follows the signature', async () => {
    const fields = signed()
    fields['Signature'] = `${String(fields['Signature'])}!`
    expect(await others(fields)).toEqual([true, true])
    expect((await ask(fields)).ok).toBe(false)
  })

  it('is stricter about a host under which anybody may own a name', async () => {
    const SigningCertURL = 'https://sns.s3-us-west-2.amazonaws.com/mine.pem'
    const fields = signed({ ...notification, SigningCertURL })
    expect((await others(fields))[0]).toBe(true)
    expect(await ask(fields)).toMatchObject({ error: { reason: 'untrusted_url' } })
  })

  it('is stricter about fields that could be read in two ways', async () => {
    // What was signed: a message of two lines, and a subject. What is claimed: the same lines, parted elsewhere.
    const genuine = signed()
    const moved = {
      ...genuine,
      MessageId: `${String(genuine['MessageId'])}\nSubject\n${String(genuine['Subject'])}`,
      Subject: undefined,
    }
    expect(await others(moved)).toEqual([true, true])
    expect(await ask(moved)).toMatchObject({ error: { reason: 'malformed_body' } })
  })
})

describe('the certificate', () => {
  it.each([
    'http://sns.eu-central-1.amazonaws.com/a.pem',
    'https://sns.eu-central-1.amazonaws.com.evil.example/a.pem',
    'https://sns.eu-central-1.amazonaws.com@evil.example/a.pem',
    'https://user@sns.eu-central-1.amazonaws.com/a.pem',
    'https://sns.eu-central-1.amazonaws.com:8443/a.pem',
    'https://sns.eu-central-1.amazonaws.com./a.pem',
    'https://sns.eu-central-1.amazonaws.com/a.pem?x',
    'https://sns.eu-central-1.amazonaws.com/a.pem#x',
    'https://sns.eu-central-1.amazonaws.com/../a.pem',
    'https://sns.eu-central-1.amazonaws.com/%2e%2e/a.pem',
    'https://sns.eu-central-1.amazonaws.com\\@evil.example/a.pem',
    'https://sns.eu-central-1.amazonaws.com/a.crt',
    'https://sns.amazonaws.com/a.pem',
    'https://evil.sns.eu-central-1.amazonaws.com/a.pem',
    'https://sns.eu-central-1.amazonaws.com.de/a.pem',
    'https://SNS.eu-central-1.amazonaws.com/a.pem',
    ' https://sns.eu-central-1.amazonaws.com/a.pem',
    '',
  ])('is not fetched from %j', async (SigningCertURL) => {
    const asked: string[] = []
    const world = { fetch: fetchOf({}, asked) }
    const result = await ask(signed({ ...notification, SigningCertURL }), {}, world)
    expect(result).toMatchObject({ ok: false, error: { reason: 'untrusted_url' } })
    expect(asked).toEqual([])
  })

  it.each([
    'https://sns.us-gov-west-1.amazonaws.com/SimpleNotificationService-1.pem',
    'https://sns.ap-southeast-2.amazonaws.com/SimpleNotificationService-1.pem',
    'https://sns.cn-north-1.amazonaws.com.cn/SimpleNotificationService-1.pem',
  ])('is fetched from %s', async (SigningCertURL) => {
    const fetch = fetchOf({ [SigningCertURL]: () => new Response(first.cert) })
    expect((await ask(signed({ ...notification, SigningCertURL }), {}, { fetch })).ok).toBe(true)
  })

  const endless = () =>
    new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(10_000)) })
  it.each([
    ['there is no fetch', undefined, 'certificate_unavailable'],
    ['the host does not answer', fetchOf({}), 'certificate_unavailable'],
    ['it is not there', () => new Response('', { status: 404 }), 'certificate_unavailable'],
    ['it has moved', () => Response.redirect('https://evil.example/'), 'certificate_unavailable'],
    ['it never ends', () => new Response(endless()), 'certificate_unavailable'],
    ['it is something else', () => new Response('<html>'), 'certificate_invalid'],
  ])('proves nothing where %s', async (_case, answer, reason) => {
    const isAnswer = answer !== undefined && answer.length === 0
    const world = { fetch: isAnswer ? fetchOf({ [certUrl]: answer as () => Response }) : answer }
    const result = await ask(signed(), {}, answer === undefined ? {} : world)
    expect(result).toMatchObject({ ok: false, error: { reason, detail: expect.any(String) } })
  })

  it('is asked for without following redirects', async () => {
    const fetch = vi.fn<typeof globalThis.fetch>(async () => new Response(first.cert))
    expect((await ask(signed(), {}, { fetch })).ok).toBe(true)
    expect(fetch).toHaveBeenCalledExactlyOnceWith(
      certUrl,
      expect.objectContaining({ redirect: 'manual' }),
    )
  })

  it('is taken though our clock is behind its first day', async () => {
    const other = await selfSigned(2030, 2040)
    const fetch = fetchOf({ [certUrl]: () => new Response(other.cert) })
    expect((await ask(signed(notification, other.private), {}, { fetch })).ok).toBe(true)
  })

  it('proves nothing when it has expired', async () => {
    const other = await selfSigned(2020, 2022)
    const fields = signed(notification, other.private)
    const fetch = fetchOf({ [certUrl]: () => new Response(other.cert) })
    const error = { reason: 'certificate_invalid', detail: 'it has expired' }
    expect(await ask(fields, {}, { fetch })).toEqual({ ok: false, error })
    expect(await ask(fields, { certificate: other.cert })).toEqual({ ok: false, error })
  })

  it('is the pinned one alone where one is, and none is fetched', async () => {
    const asked: string[] = []
    const world = { fetch: fetchOf({ [certUrl]: () => new Response(first.cert) }, asked) }
    expect((await ask(signed(), { certificate: first.cert }, world)).ok).toBe(true)
    expect((await ask(signed(), { certificate: second.cert }, world)).ok).toBe(false)
    expect(asked).toEqual([])
  })

  it.each(['junk', first.private])('is refused as a pin where it is none', (certificate) => {
    expect(bindSource('aws-sns', { certificate }).ok).toBe(false)
  })
})

describe('the topic', () => {
  it('is one of those named, where any is', async () => {
    expect((await ask(signed(), { topic_arns: topic })).ok).toBe(true)
    expect((await ask(signed(), { topic_arns: [`${topic}2`, topic] })).ok).toBe(true)
    const error = { reason: 'credentials_mismatch' }
    expect(await ask(signed(), { topic_arns: [`${topic}2`] })).toEqual({ ok: false, error })
  })

  it.each(['', 'orders', []])('is not configured as %j', (topic_arns) => {
    expect(bindSource('aws-sns', { topic_arns }).ok).toBe(false)
  })
})

describe('a body', () => {
  it.each([
    ['is no JSON', 'hello'],
    ['is no object', '[1]'],
    ['has no type', '{}'],
    ['has a type of JavaScript’s own', '{"Type":"constructor"}'],
    ['lacks a field', JSON.stringify({ ...signed(), MessageId: undefined })],
    ['has a field that is no text', JSON.stringify({ ...signed(), Timestamp: 1 })],
  ])('that %s is refused', async (_case, body) => {
    const result = await verify('aws-sns', post(body, {}), {}, { nowMs, fetch })
    const reason = expect.stringMatching(/^(?:malformed_body|missing_field)$/)
    expect(result).toMatchObject({ ok: false, error: { reason } })
  })

  it('of raw message delivery, which nobody signs, is refused with the way out', async () => {
    const request = post('{"order":1}', { 'x-amz-sns-rawdelivery': 'true' })
    const result = await verify('aws-sns', request, {}, { nowMs, fetch })
    const detail = expect.stringContaining('turn it off')
    expect(result).toEqual({ ok: false, error: { reason: 'malformed_body', detail } })
  })
})

describe('a subscription', () => {
  function shake(fields: Fields, answer: () => Response, config = {}) {
    const asked: string[] = []
    const fetch = fetchOf(
      { [certUrl]: () => new Response(first.cert), [subscribeUrl]: answer },
      asked,
    )
    const response = handshake('aws-sns', sent(fields), config, { nowMs, fetch })
    return response.then((answered) => ({ answered, asked }))
  }

  const confirmed = () => new Response('<ConfirmSubscriptionResponse/>')

  it('is confirmed by a GET, once it is proved', async () => {
    const { answered, asked } = await shake(signed(confirmation), confirmed)
    expect(answered?.status).toBe(200)
    expect(asked).toEqual([certUrl, subscribeUrl])
  })

  it.each([
    ['fails', () => new Response('', { status: 500 })],
    ['leads elsewhere', () => Response.redirect('https://evil.example/')],
    ['is not answered', () => Promise.reject(new Error('gone')) as never],
  ])('is left to the next try of SNS where that %s', async (_case, answer) => {
    expect((await shake(signed(confirmation), answer)).answered?.status).toBe(503)
  })

  it.each([
    ['without a proof', { ...confirmation, Signature: 'AAAA' }, {}],
    ['signed by another', signed(confirmation, second.private), {}],
    ['of another topic', signed(confirmation), { topic_arns: 'arn:aws:sns:eu-west-1:1:other' }],
    [
      'that leads elsewhere',
      signed({ ...confirmation, SubscribeURL: 'https://evil.example/?Action=ConfirmSubscription' }),
      {},
    ],
  ])('is not confirmed %s', async (_case, fields, config) => {
    const { answered, asked } = await shake(fields, confirmed, config)
    expect(answered).toBeNull()
    expect(asked.filter((url) => url !== certUrl)).toEqual([])
    expect((await ask(fields, config)).ok).toBe(false)
  })

  it('that ends is told of, and not taken up again', async () => {
    const asked: string[] = []
    const bound = bindSource('aws-sns', { certificate: first.cert })
    const world = { nowMs, fetch: fetchOf({}, asked) }
    const answer = bound.ok ? await bound.value.handshake(sent(signed(farewell)), world) : null
    expect([answer?.response.status, answer?.revoked]).toEqual([200, 'unsubscribed'])
    expect(asked).toEqual([])
  })

  it('is not asked about for a notification: that is fetched for once', async () => {
    expect(await shake(signed(), confirmed)).toEqual({ answered: null, asked: [] })
  })
})
