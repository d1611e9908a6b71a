import { createHmac } from 'node:crypto'
import { expect, it } from 'vitest'
import { bindSource, handshake, verify } from '../../src/sources/index.ts'
import { itIsASource, nowMs, post } from './contract.ts'

const body = '{"list_folder":{"accounts":["dbid:AAH4f99T0taONIb"]},"delta":{"users":[12345678]}}'
const signed = (secret: string, text = body) =>
  post(text, { 'X-Dropbox-Signature': createHmac('sha256', secret).update(text).digest('hex') })

const config = { secret: 'app secret' }
const world = { nowMs }

itIsASource({
  provider: 'dropbox',
  sign: (secret) => signed(secret),
  secrets: ['app secret', 'another'],
  proofHeader: 'x-dropbox-signature',
  malformed: ['A'.repeat(64), `sha256=${'0'.repeat(64)}`, '0'.repeat(63), '0'.repeat(66), 'x'],
  signsBody: true,
  toleranceS: null,
  expected: { type: 'list_folder', dedupeKey: null },
})

const get = (query: string, method = 'GET') => ({
  method,
  url: `https://router.example/in/src_1${query}`,
  headers: new Headers(),
  body: new Uint8Array(),
})

it('echoes the challenge, as text that no browser runs', async () => {
  const script = '<script>alert(1)</script>'
  const answer = await handshake(
    'dropbox',
    get(`?challenge=${encodeURIComponent(script)}`),
    config,
    world,
  )
  expect(answer?.status).toBe(200)
  expect(await answer?.text()).toBe(script)
  expect(answer?.headers.get('content-type')).toBe('text/plain')
  expect(answer?.headers.get('x-content-type-options')).toBe('nosniff')
})

it.each([get(''), get('?challenge='), get('?challenge=x', 'POST'), get('?challenge=x', 'DELETE')])(
  'has no answer to $method $url',
  async (request) => {
    expect(await handshake('dropbox', request, config, world)).toBeNull()
  },
)

it('names what is not about files by the word of the body', async () => {
  const result = await verify('dropbox', signed('app secret', '{"other":{}}'), config, world)
  expect(result).toEqual({ ok: true, value: { type: 'other', dedupeKey: null } })
  const list = await verify('dropbox', signed('app secret', '[]'), config, world)
  expect(list).toEqual({ ok: true, value: { type: 'unknown', dedupeKey: null } })
})

it('answers an event with exactly 200', () => {
  const bound = bindSource('dropbox', config)
  expect(bound.ok && bound.value.accepted(signed('app secret'))?.status).toBe(200)
})
