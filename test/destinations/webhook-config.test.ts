import { describe, expect, it } from 'vitest'
import { bindDestination } from '../../src/destinations/bind.ts'

const url = 'https://example.com/hook'

const pathsOf = (config: unknown): string[] => {
  const result = bindDestination('webhook', config)
  return result.ok ? [] : result.error.map(({ path }) => path)
}

const basic = { type: 'basic', username: 'u', password: 'p' }
const oauth = {
  type: 'oauth2_client_credentials',
  token_url: 'https://auth.example.com/token',
  client_id: 'id',
  client_secret: 'secret',
}

describe('a custom header', () => {
  it.each([
    'webhook-id',
    'Webhook-Signature',
    'webhook-anything',
    'Switchyard-Event-Type',
    'Host',
    'Content-Length',
    'Content-Type',
    'Content-Encoding',
    'Transfer-Encoding',
    'Connection',
    'Keep-Alive',
    'TE',
    'Trailer',
    'Upgrade',
    'Expect',
    'Proxy-Authorization',
    'proxy-connection',
    'CF-Connecting-IP',
    'X-Forwarded-For',
    'x-forwarded-host',
    'Forwarded',
    'User-Agent',
    'Accept-Encoding',
    '',
    'with space',
    'some:thing',
    'some\u0000thing',
    'line\r\nbreak',
    'umläut',
    'x'.repeat(257),
  ])('named %j is refused with its path', (name) => {
    expect(pathsOf({ url, headers: { 'x-fine': '1', [name]: 'v' } })).toEqual([`headers.${name}`])
  })

  it.each(['X-Team', 'Cookie', 'Authorization', 'X-Webhook-Id', "!#$%&'*+.^_`|~-"])(
    'named %j is taken',
    (name) => {
      expect(pathsOf({ url, headers: { [name]: 'v' } })).toEqual([])
    },
  )

  it.each([
    'a\r\nx: 1',
    'a\nb',
    'a\0b',
    'a\u007F',
    'ä',
    '\uD83D\uDE00',
    ' a',
    'a ',
    'x'.repeat(4097),
  ])('with the value %j is refused with its path', (value) => {
    expect(pathsOf({ url, headers: { 'x-team': value } })).toEqual(['headers.x-team'])
  })

  it.each(['', 'a', 'a b\tc', '~!"', 'x'.repeat(4096)])('with the value %j is taken', (value) => {
    expect(pathsOf({ url, headers: { 'x-team': value } })).toEqual([])
  })

  it('is refused where it is there twice, in other letters', () => {
    expect(pathsOf({ url, headers: { 'x-team': '1', 'X-Team': '2' } })).toEqual(['headers.X-Team'])
  })

  it('is refused where "auth" sets it', () => {
    const headers = { Authorization: 'mine', 'X-Key': 'mine' }
    expect(pathsOf({ url, headers, auth: basic })).toEqual(['headers.Authorization'])
    const auth = { type: 'header', name: 'x-key', value: 'v' }
    expect(pathsOf({ url, headers, auth })).toEqual(['headers.X-Key'])
  })

  it('is one of fifty at most', () => {
    const headers = (n: number) =>
      Object.fromEntries(Array.from({ length: n }, (_, i) => [`x-${i}`, '']))
    expect(pathsOf({ url, headers: headers(50) })).toEqual([])
    expect(pathsOf({ url, headers: headers(51) })).toEqual(['headers'])
  })
})

describe('a config', () => {
  it.each([
    ['nothing', {}, ['url']],
    ['no object', 'https://example.com', ['']],
    ['no URL', { url: 'example.com' }, ['url']],
    ['a scheme of its own', { url: 'gopher://example.com' }, ['url']],
    ['a field too many', { url, uri: url }, ['']],
    ['another method', { url, method: 'GET' }, ['method']],
    ['another signature', { url, signing: 'rsa' }, ['signing']],
    ['unknown credentials', { url, auth: { type: 'digest' } }, ['auth.type']],
    ['a name with a colon', { url, auth: { ...basic, username: 'a:b' } }, ['auth.username']],
    ['a token with a line break', { url, auth: { type: 'bearer', token: 'a\nb' } }, ['auth.token']],
    [
      'our header',
      { url, auth: { type: 'header', name: 'webhook-id', value: 'v' } },
      ['auth.name'],
    ],
    ['no token URL', { url, auth: { ...oauth, token_url: 'x' } }, ['auth.token_url']],
  ])('with %s is refused with the path', (_, config, paths) => {
    expect(pathsOf(config)).toEqual(paths)
  })

  it('gets its defaults', () => {
    const result = bindDestination('webhook', { url })
    expect(result.ok && result.value.config).toEqual({
      url,
      method: 'POST',
      headers: {},
      signing: 'hmac',
    })
  })

  it('says how its deliveries are signed', () => {
    const signing = (kind?: string) => {
      const result = bindDestination('webhook', { url, ...(kind && { signing: kind }) })
      return result.ok ? result.value.signing : undefined
    }
    expect([signing(), signing('hmac'), signing('ed25519'), signing('none')]).toEqual([
      'hmac',
      'hmac',
      'ed25519',
      null,
    ])
  })

  it('has its receiver and its token endpoint looked at by the address guard', () => {
    const config = { url: 'https://10.0.0.1/', auth: { ...oauth, token_url: 'https://localhost/' } }
    const result = bindDestination('webhook', config)
    expect(result.ok && result.value.address).toBe('https://10.0.0.1/')
    expect(result.ok && result.value.blocked([]).map(({ path }) => path)).toEqual([
      'url',
      'auth.token_url',
    ])
    expect(result.ok && result.value.blocked(['10.0.0.0/8', 'localhost'])).toEqual([])
  })
})
