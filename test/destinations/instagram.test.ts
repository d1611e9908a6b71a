import { createRequire } from 'node:module'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Message } from '../../src/destinations/destination.ts'
import type { Json } from '../../src/model/json.ts'
import { startReceiver } from '../support/receiver.ts'
import type { AnswerParts, Receiver, Received } from '../support/receiver.ts'
import { memoryTokens } from '../support/tokens.ts'
import { itIsADestination } from './contract.ts'
import { addresseeOf, bound, messageOf, worldOf } from './fixtures.ts'

interface Sdk {
  FacebookAdsApi: { init(token: string): object }
  IGUser: new (
    id: string,
    data: object,
    parent: undefined,
    api: object,
  ) => Record<'createMedia' | 'createMediaPublish', (fields: string[], params: Json) => unknown>
}
const sdk = createRequire(import.meta.url)('facebook-nodejs-business-sdk') as Sdk // It has no types.

const access_token = 'IGQVJ-access-token-of-the-account'
const ig_user_id = '17841405822304914'
const container = '17889455560051444'

const json = (answer: object, status = 200): AnswerParts => ({
  status,
  body: JSON.stringify(answer),
})
const made = json({ id: container })
const state = (status_code: string, status = '') => json({ status_code, status, id: container })
const published = json({ id: '17920238422030506' })
const refusedWith = (code: number, error_subcode?: number, more: object = {}) =>
  json({ error: { message: 'no', code, error_subcode, ...more } }, 400)

/** An account at which all goes well; `more` answers to some paths in another way, in turn. */
function meta(
  more: { create?: AnswerParts[]; look?: AnswerParts[]; publish?: AnswerParts[] } = {},
) {
  const next = (answers: AnswerParts[] | undefined, usual: AnswerParts) => answers?.shift() ?? usual
  return ({ method, path }: Received): AnswerParts => {
    if (method === 'GET') return next(more.look, state('FINISHED'))
    if (path.endsWith('/media_publish')) return next(more.publish, published)
    return next(more.create, made)
  }
}

const reel = { mapped: { media_url: 'https://cdn.example/v.mp4' } }

itIsADestination({
  type: 'instagram',
  config: (base_url) => ({ access_token, ig_user_id, base_url }),
  secrets: [access_token],
  success: meta(),
  message: reel,
  requests: 3,
})

let receiver: Receiver
let tokens = memoryTokens(Date.now)
beforeEach(async () => {
  receiver = await startReceiver()
  receiver.answers(meta())
  tokens = memoryTokens(Date.now)
})
afterEach(() => receiver.close())

const eventOf = (type: string, data: Json): Partial<Message> => ({
  event: { ...messageOf().event, type },
  body: Buffer.from(JSON.stringify(data)),
})

const send = (config: object = {}, message: Partial<Message> = reel, timeoutMs = 5000) =>
  bound('instagram', { access_token, ig_user_id, base_url: receiver.url, ...config }).send(
    messageOf(message),
    addresseeOf({ timeoutMs }),
    worldOf({ tokens }),
  )

const calls = () => receiver.received.map(({ method, path }) => `${method} ${path}`)
const create = `POST /v24.0/${ig_user_id}/media`
const look = `GET /v24.0/${container}?fields=status_code,status`
const publish = `POST /v24.0/${ig_user_id}/media_publish`
const bodyOf = (i: number): Json => JSON.parse(receiver.received[i]?.body.toString() ?? '')

const video = {
  video: {
    title: 'The launch',
    description: 'Two minutes.',
    url: 'https://cdn.example/v.mp4',
    thumbnail_url: 'https://cdn.example/v.jpg',
  },
}

describe('what Instagram gets', () => {
  it('is a reel with a caption for video.generated: made, prepared, published', async () => {
    expect((await send({}, eventOf('video.generated', video))).outcome).toEqual({
      kind: 'delivered',
    })
    expect(calls()).toEqual([create, look, publish])
    expect(bodyOf(0)).toEqual({
      media_type: 'REELS',
      video_url: 'https://cdn.example/v.mp4',
      caption: 'The launch was generated\n\nTwo minutes.',
    })
    expect(bodyOf(2)).toEqual({ creation_id: container })
    for (const { headers, path } of receiver.received) {
      expect(headers['authorization']).toBe(`Bearer ${access_token}`)
      expect(path).not.toContain(access_token)
    }
  })

  it('is the picture where the config says IMAGE', async () => {
    await send({ media: 'IMAGE' }, eventOf('video.generated', video))
    expect(bodyOf(0)).toMatchObject({ image_url: 'https://cdn.example/v.jpg' })
    expect(bodyOf(0)).not.toHaveProperty('media_type')
  })

  it.each<[string, Json]>([
    ['user.registered', { user: { name: 'Ann' } }],
    ['order.paid', {}],
    ['x', null],
  ])('is nothing for %s without a video: it ends as dead', async (type, data) => {
    const report = await send({}, eventOf(type, data))
    expect(report.outcome).toEqual({ kind: 'refused', cause: 'mapping_invalid' })
    expect(report.error).toContain('mapping.media_url')
    expect(receiver.received).toEqual([])
  })

  it('names the same members as the vendor’s own client, at the same places', async () => {
    await send({}, eventOf('video.generated', video))
    const api = sdk.FacebookAdsApi.init(access_token)
    Object.defineProperty(sdk.FacebookAdsApi, 'GRAPH', { value: receiver.url, configurable: true })
    Object.defineProperty(sdk.FacebookAdsApi, 'VERSION', { value: 'v24.0', configurable: true })
    const user = new sdk.IGUser(ig_user_id, {}, undefined, api)
    await user.createMedia([], bodyOf(0))
    await user.createMediaPublish([], bodyOf(2))
    const [ours, , publishing, theirs, theirPublishing] = receiver.received
    for (const [one, other] of [
      [ours, theirs],
      [publishing, theirPublishing],
    ]) {
      expect(other?.path.split('?')[0]).toBe(one?.path)
      const sent: object = JSON.parse(one?.body.toString() ?? '')
      expect(JSON.parse(other?.body.toString() ?? '')).toMatchObject(sent)
    }
  })
})

describe('a mapping', () => {
  it.each<[string, Json, object]>([
    ['media_url', 'https://cdn.example/o.mp4', { video_url: 'https://cdn.example/o.mp4' }],
    ['caption', 'C #one', { caption: 'C #one' }],
    ['cover_url', 'https://cdn.example/c.jpg', { cover_url: 'https://cdn.example/c.jpg' }],
    ['title', 'T', { caption: 'T\n\nTwo minutes.' }],
    ['text', 'X', { caption: 'The launch was generated\n\nX' }],
  ])('replaces %s', async (field, value, part) => {
    await send({}, { ...eventOf('video.generated', video), mapped: { [field]: value } })
    expect(bodyOf(0)).toMatchObject(part)
  })

  it('may leave the caption out', async () => {
    await send({}, { ...eventOf('video.generated', video), mapped: { caption: null } })
    expect(bodyOf(0)).not.toHaveProperty('caption')
  })

  it('has its caption cut at 2,200 characters', async () => {
    await send({}, { mapped: { ...reel.mapped, caption: 'a'.repeat(3000) } })
    expect(bodyOf(0)).toMatchObject({ caption: `${'a'.repeat(2199)}…` })
  })

  it.each([
    ['30 hashtags', '#tag '.repeat(30), 'delivered'],
    ['31 hashtags', '#tag '.repeat(31), 'refused'],
    ['20 mentions', '@ann '.repeat(20), 'delivered'],
    ['21 mentions', '@ann '.repeat(21), 'refused'],
    ['addresses, which are no mentions', 'a@b.example '.repeat(30), 'delivered'],
  ])('may have a caption of %s or not', async (_, caption, kind) => {
    const report = await send({}, { mapped: { ...reel.mapped, caption } })
    expect(report.outcome.kind).toBe(kind)
    if (kind === 'refused') expect(report.error).toContain('mapping.caption')
  })

  it.each<[string, Json]>([
    ['media_url', 'v.mp4'],
    ['media_url', null],
    ['cover_url', 'x'],
    ['caption', [1]],
  ])('of %s that comes to %j is dead', async (field, value) => {
    const report = await send({}, { mapped: { ...reel.mapped, [field]: value } })
    expect(report.outcome).toEqual({ kind: 'refused', cause: 'mapping_invalid' })
    expect(report.error).toContain(`mapping.${field}`)
  })
})

describe('a container', () => {
  it('is waited for while Meta prepares it', async () => {
    receiver.answers(meta({ look: [state('IN_PROGRESS')] }))
    expect((await send()).outcome).toEqual({ kind: 'delivered' })
    expect(calls()).toEqual([create, look, look, publish])
  })

  it('that takes longer than the attempt is gone on with by the retry', async () => {
    receiver.answers(meta({ look: [state('IN_PROGRESS')] }))
    const first = await send({}, reel, 600)
    expect(first.outcome).toEqual({ kind: 'failed', cause: 'status', retry_after_ms: 60_000 })
    expect(first.error).toContain('preparing')
    const second = await send({}, { ...reel, attempt: 2 })
    expect(second.outcome).toEqual({ kind: 'delivered' })
    expect(calls()).toEqual([create, look, look, publish])
  })

  it('that was published by an attempt that was cut off is not published again', async () => {
    receiver.answers(
      meta({ publish: [{ reset: true }], look: [state('FINISHED'), state('PUBLISHED')] }),
    )
    expect((await send()).outcome).toEqual({ kind: 'failed', cause: 'connection' })
    expect((await send({}, { ...reel, attempt: 2 })).outcome).toEqual({ kind: 'delivered' })
    expect(calls()).toEqual([create, look, publish, look])
  })

  it('is made where what is kept is none, as in a preview', async () => {
    const none = { value: 'no-token', expiresAt: Number.MAX_SAFE_INTEGER }
    tokens = { get: () => Promise.resolve({ ok: true, value: none }) }
    expect((await send()).outcome).toEqual({ kind: 'delivered' })
    expect(calls()).toEqual([create, look, publish])
  })

  it('is another for another delivery, and for another account', async () => {
    await send()
    await send({}, { ...reel, deliveryId: 'dlv_2' })
    await send({ ig_user_id: '1' })
    expect(receiver.received.filter(({ path }) => path.endsWith('/media'))).toHaveLength(3)
  })

  it.each([
    ['that has expired', state('EXPIRED')],
    ['that is lost', refusedWith(24, 2_207_006)],
    ['that has failed', state('ERROR', 'Error: 2207053')],
  ])('%s is replaced on a retry', async (_, dead) => {
    receiver.answers(meta({ publish: [json({}, 500)], look: [state('FINISHED'), dead] }))
    expect((await send()).outcome.kind).toBe('failed')
    expect((await send({}, { ...reel, attempt: 2 })).outcome).toEqual({ kind: 'delivered' })
    expect(calls()).toEqual([create, look, publish, look, create, look, publish])
  })

  it.each<[AnswerParts, object]>([
    [state('ERROR', 'Error: Media upload has failed with error code 2207026'), { kind: 'refused' }],
    [state('ERROR', 'Error: Media upload has failed with error code 2207053'), { kind: 'failed' }],
    [state('EXPIRED'), { kind: 'refused' }],
    [state('SOMETHING_NEW'), { kind: 'failed' }],
    [json({ id: container }), { kind: 'failed' }],
    [refusedWith(190, 463), { kind: 'refused', cause: 'credentials' }],
    [{ status: 503 }, { kind: 'failed' }],
  ])('that is said to be %j is not published', async (answer, outcome) => {
    receiver.answers(meta({ look: [answer] }))
    expect((await send()).outcome).toMatchObject(outcome)
    expect(calls()).toEqual([create, look])
  })
})

describe('what an answer means', () => {
  const failed = { kind: 'failed', cause: 'status' }
  const refused = { kind: 'refused', cause: 'status' }
  const limited = { kind: 'failed', cause: 'rate_limited' }
  const credentials = { kind: 'refused', cause: 'credentials' }
  const usage = JSON.stringify({
    [ig_user_id]: [{ type: 'instagram', call_count: 100, estimated_time_to_regain_access: 19 }],
  })
  const cases: [AnswerParts, object][] = [
    [refusedWith(190), credentials],
    [refusedWith(102), credentials],
    [json({ error: { code: 190 } }, 401), credentials],
    [refusedWith(10), refused],
    [refusedWith(100, 33), refused],
    [refusedWith(352, 2_207_026), refused],
    [refusedWith(9004, 2_207_052), refused],
    [refusedWith(36_000, 2_207_004), refused],
    [refusedWith(4, 2_207_051), refused],
    [refusedWith(9, 2_207_042), { ...limited, retry_after_ms: 3_600_000 }],
    [refusedWith(4), limited],
    [
      { ...refusedWith(4), headers: { 'x-business-use-case-usage': usage } },
      { ...limited, retry_after_ms: 1_140_000 },
    ],
    [refusedWith(80_002), limited],
    [refusedWith(-1, 2_207_001), failed],
    [refusedWith(-2, 2_207_003), failed],
    [refusedWith(24, 2_207_008), failed],
    [refusedWith(9007, 2_207_027), failed],
    [refusedWith(2), failed],
    [refusedWith(100, undefined, { is_transient: true }), failed],
    [json({ error: { code: 1 } }, 500), failed],
    [json({ error: { code: 100 } }, 200), refused],
    [json({ success: true }), failed],
    [{ status: 200, body: '<html>' }, failed],
    [json({}, 429), limited],
  ]
  it.each(cases)('%j to the container: %j', async (answer, outcome) => {
    receiver.answers(meta({ create: [answer] }))
    expect((await send()).outcome).toEqual(outcome)
    expect(calls()).toEqual([create])
  })

  it.each(cases)('%j to the publishing: %j', async (answer, outcome) => {
    receiver.answers(meta({ publish: [answer] }))
    expect((await send()).outcome).toEqual(outcome)
    expect(calls()).toEqual([create, look, publish])
  })

  it('is none where an id could not stand in a path', async () => {
    receiver.answers(meta({ create: [json({ id: '../me' })] }))
    expect((await send()).outcome).toEqual(failed)
    expect(calls()).toEqual([create])
  })
})

it.each([
  [{ ig_user_id: 'me' }, 'ig_user_id'],
  [{ api_version: '24' }, 'api_version'],
  [{ access_token: 'a b' }, 'access_token'],
  [{ media: 'STORIES' }, 'media'],
])('refuses a config of %j', (config, path) => {
  expect(() => bound('instagram', { access_token, ig_user_id, ...config })).toThrow(path)
})
