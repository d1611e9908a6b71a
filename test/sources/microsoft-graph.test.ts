import { describe, expect, it } from 'vitest'
import { bindSource, handshake, verify } from '../../src/sources/index.ts'
import type { SourceRequest } from '../../src/sources/index.ts'
import { toText } from '../../src/signing/bytes.ts'
import { itIsASource, nowMs, post } from './contract.ts'

const world = { nowMs }
const config = { secret: 'secretClientValue' }

/** From the documentation. */
const notification = (more = {}) => ({
  id: 'lsgTZMr9KwAAA',
  subscriptionId: '76222963-cc7b-42d2-882d-8aaa69cb2ba3',
  subscriptionExpirationDateTime: '2016-03-19T22:11:09.952Z',
  clientState: config.secret,
  changeType: 'created',
  resource: 'users/1@2/messages/AAM',
  tenantId: '84bd8158-6d4d-4958-8b9f-9d6445542f95',
  resourceData: {
    '@odata.type': '#Microsoft.Graph.Message',
    '@odata.id': 'Users/1@2/Messages/AAM',
    id: 'AAM',
  },
  ...more,
})

const sent = (...value: unknown[]) =>
  post(JSON.stringify({ value }), { 'content-type': 'application/json' })

itIsASource({
  provider: 'microsoft-graph',
  sign: (secret) => sent(notification({ clientState: secret })),
  secrets: [config.secret, 'another'],
  proofHeader: null,
  malformed: [],
  signsBody: false,
  toleranceS: null,
  expected: {
    type: 'Microsoft.Graph.Message.created',
    dedupeKey: '76222963-cc7b-42d2-882d-8aaa69cb2ba3:lsgTZMr9KwAAA',
  },
})

describe('clientState', () => {
  it.each([
    ['missing', sent(notification({ clientState: undefined })), 'missing_field'],
    ['null', sent(notification({ clientState: null })), 'missing_field'],
    ['empty', sent(notification({ clientState: '' })), 'missing_field'],
    ['a list', sent(notification({ clientState: [config.secret] })), 'credentials_mismatch'],
    ['wrong', sent(notification({ clientState: 'no' })), 'credentials_mismatch'],
    [
      'wrong in the second',
      sent(notification(), notification({ clientState: 'no' })),
      'credentials_mismatch',
    ],
    ['missing in the second', sent(notification(), {}), 'missing_field'],
    ['of nothing', sent(), 'missing_field'],
    ['at the top only', post('{"clientState":"secretClientValue"}', {}), 'missing_field'],
    ['in no list', post('{"value":{"clientState":"secretClientValue"}}', {}), 'missing_field'],
    ['in no JSON', post('clientState=secretClientValue', {}), 'missing_field'],
  ])('%s', async (_case, request, reason) => {
    const result = await verify('microsoft-graph', request, config, world)
    expect(result).toMatchObject({ ok: false, error: { reason } })
  })
})

it.each([
  [{ changeType: 'updated', resourceData: undefined }, 'updated'],
  [{ changeType: undefined, lifecycleEvent: 'reauthorizationRequired' }, 'reauthorizationRequired'],
  [{ resourceData: { '@odata.type': '#microsoft.graph.event' } }, 'microsoft.graph.event.created'],
  [{ changeType: undefined, resourceData: undefined }, 'unknown'],
])('names %j', async (more, type) => {
  const result = await verify('microsoft-graph', sent(notification(more)), config, world)
  expect(result).toMatchObject({ ok: true, value: { type } })
})

it('tells notifications without an id by their digest', async () => {
  const keyOf = async (more: object) => {
    const request = sent(notification({ id: undefined, ...more }))
    const result = await verify('microsoft-graph', request, config, world)
    return result.ok ? result.value.dedupeKey : null
  }
  expect(await keyOf({})).toMatch(/^sha256:/)
  expect(await keyOf({})).toBe(await keyOf({}))
  expect(await keyOf({ changeType: 'deleted' })).not.toBe(await keyOf({}))
})

it('splits several, each with its very bytes', () => {
  const [a, b] = [notification(), notification({ id: 'b', changeType: 'deleted' })]
  const source = bindSource('microsoft-graph', { ...config, split: true })
  const parts = source.ok ? source.value.parts(sent(a, b)) : null
  expect(parts?.map(({ type }) => type)).toEqual([
    'Microsoft.Graph.Message.created',
    'Microsoft.Graph.Message.deleted',
  ])
  expect(parts?.map(({ body }) => toText(body))).toEqual([a, b].map((one) => JSON.stringify(one)))
  const whole = bindSource('microsoft-graph', config)
  expect(whole.ok && whole.value.parts(sent(a, b))).toBeNull()
})

describe('the check of the URL', () => {
  const asked = (query: string, method = 'POST'): SourceRequest => ({
    ...post('', { 'content-type': 'text/plain; charset=utf-8' }),
    method,
    url: `https://router.example/in/src_1?${query}`,
  })

  it.each(['POST', 'GET'])(
    'gets its token back by %s, decoded, as nothing but text',
    async (method) => {
      const query = 'validationToken=Validation%3a+Testing+%3Cb%3E+100%25'
      const answer = await handshake('microsoft-graph', asked(query, method), config, world)
      expect(answer?.status).toBe(200)
      expect(await answer?.text()).toBe('Validation: Testing <b> 100%')
      expect(answer?.headers.get('content-type')).toBe('text/plain')
      expect(answer?.headers.get('x-content-type-options')).toBe('nosniff')
    },
  )

  it.each([
    ['an empty token', asked('validationToken=')],
    ['no token', asked('x=1')],
    ['another method', asked('validationToken=x', 'DELETE')],
  ])('does not answer %s', async (_case, request) => {
    expect(await handshake('microsoft-graph', request, config, world)).toBeNull()
  })

  it('is answered by no other source', async () => {
    expect(await handshake('none', asked('validationToken=x'), {}, world)).toBeNull()
  })
})
