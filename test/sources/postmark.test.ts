import { describe, expect, it } from 'vitest'
import { bindSource, verify } from '../../src/sources/index.ts'
import { utf8 } from '../../src/signing/bytes.ts'
import { toBase64 } from '../../src/signing/encodings.ts'
import { itIsASource, nowMs, post } from './contract.ts'

const world = { nowMs }
const message = '883953f4-6105-42a2-a16a-77a8eac79483'
const bounce = {
  RecordType: 'Bounce',
  ID: 42,
  Type: 'HardBounce',
  MessageID: message,
  Email: 'john@example.com',
  BouncedAt: '2014-08-01T13:28:10.2735393-04:00',
}
const bounceKey = `["Bounce","${message}",42,"john@example.com","2014-08-01T13:28:10.2735393-04:00"]`
const expected = { type: 'Bounce', dedupeKey: bounceKey }

itIsASource({
  provider: 'postmark',
  config: { username: 'postmark' },
  secretField: 'password',
  sign: (password) =>
    post(JSON.stringify(bounce), {
      authorization: `Basic ${toBase64(utf8(`postmark:${password}`))}`,
    }),
  secrets: ['p:w', 'another'],
  proofHeader: 'authorization',
  proofIsExact: false,
  malformed: ['Basic', 'Bearer abc', 'Basic no-colon'],
  signsBody: false,
  toleranceS: null,
  expected,
})

itIsASource({
  provider: 'postmark',
  config: { header: 'X-Webhook-Token' },
  sign: (secret) => post(JSON.stringify(bounce), { 'x-webhook-token': secret }),
  secrets: ['token-one', 'token-two'],
  proofHeader: 'x-webhook-token',
  malformed: [],
  signsBody: false,
  toleranceS: null,
  expected,
})

it.each([
  [{}],
  [{ username: 'u' }],
  [{ password: 'p' }],
  [{ header: 'x-a' }],
  [{ secret: 's' }],
  [{ username: 'u', password: 'p', header: 'x-a', secret: 's' }],
  [{ username: 'u:v', password: 'p' }],
])('refuses %j as a config', (config) => {
  expect(bindSource('postmark', config).ok).toBe(false)
})

describe('a record', () => {
  const config = { header: 'x-webhook-token', secret: 's' }
  const valueOf = async (record: object) => {
    const request = post(JSON.stringify(record), { 'x-webhook-token': 's' })
    const result = await verify('postmark', request, config, world)
    return result.ok ? result.value : null
  }
  const open = (more = {}) => ({
    RecordType: 'Open',
    MessageID: message,
    Recipient: 'john@example.com',
    ReceivedAt: '2019-11-05T16:33:54.9070259Z',
    ...more,
  })

  it('is told from other records of the same message', async () => {
    const keys = await Promise.all(
      [
        open(),
        open({ ReceivedAt: '2019-11-05T16:33:55Z' }),
        open({ Recipient: 'jane@example.com' }),
        open({ RecordType: 'Click' }),
        bounce,
        { ...bounce, ID: 43 },
      ].map(async (record) => (await valueOf(record))?.dedupeKey),
    )
    expect(new Set(keys).size).toBe(keys.length)
    expect((await valueOf(open()))?.dedupeKey).toBe(keys[0])
  })

  it('is inbound mail where it is no record', async () => {
    const inbound = {
      FromFull: { Email: 'a@b.example' },
      MessageID: message,
      MessageStream: 'inbound',
    }
    expect((await valueOf(inbound))?.type).toBe('Inbound')
    expect((await valueOf({ MessageID: message }))?.type).toBe('unknown')
  })

  it('has no ID that is more than a text or a number, however deep', async () => {
    const config = { username: 'u', password: 'p' }
    const keyOf = async (ID: string) => {
      const content = `{"RecordType":"Open","MessageID":"${message}","ID":${ID}}`
      const request = post(content, { authorization: `Basic ${btoa('u:p')}` })
      const verified = await verify('postmark', request, config, { nowMs })
      return verified.ok && verified.value.dedupeKey
    }
    const plain = await keyOf('null')
    expect(plain).toContain(message)
    expect(await keyOf(`${'['.repeat(50_000)}${']'.repeat(50_000)}`)).toBe(plain)
  })

  it('without a message is told by its digest', async () => {
    expect((await valueOf({ RecordType: 'Open' }))?.dedupeKey).toMatch(/^sha256:/)
  })
})

it('is accepted with 200, for all else is a failure to Postmark', () => {
  const bound = bindSource('postmark', { username: 'u', password: 'p' })
  expect(bound.ok && bound.value.accepted(post('', {}))?.status).toBe(200)
})
