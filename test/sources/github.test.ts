import { sign, verify as sdkVerify } from '@octokit/webhooks-methods'
import examples from '@octokit/webhooks-examples'
import { expect, it } from 'vitest'
import { verify } from '../../src/sources/index.ts'
import { itIsASource, nowMs, post } from './contract.ts'

const config = { secret: "It's a Secret to Everybody" }
const world = { nowMs }

const signed = async (body: string, event: string, secret = config.secret, more = {}) =>
  post(body, {
    'content-type': 'application/json',
    'X-GitHub-Event': event,
    'X-GitHub-Delivery': '72d3162e-cc78-11e3-81ab-4c9367dc0958',
    'X-Hub-Signature-256': await sign(secret, body),
    ...more,
  })

itIsASource({
  provider: 'github',
  sign: (secret) => signed('{"action":"opened","issue":{}}', 'issues', secret),
  secrets: ['first', 'second'],
  proofHeader: 'x-hub-signature-256',
  malformed: [
    'sha256=',
    'sha256=zz',
    'sha1=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
    '757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
    'sha256=757107EA0EB2509FC211221CCE984B8A37570B6D7586C22C46F4379C8B043E17',
    'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17, sha256=00',
  ],
  signsBody: true,
  toleranceS: null,
  expected: { type: 'issues.opened', dedupeKey: '72d3162e-cc78-11e3-81ab-4c9367dc0958' },
})

it("accepts the worked example of GitHub's documentation, and not one digit else", async () => {
  const digits = '757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e1'
  const hello = (last: string) =>
    post('Hello, World!', { 'X-Hub-Signature-256': `sha256=${digits}${last}` })
  expect(await verify('github', hello('7'), config, world)).toEqual({
    ok: true,
    value: { type: 'unknown', dedupeKey: null },
  })
  const error = { reason: 'signature_mismatch' }
  expect(await verify('github', hello('8'), config, world)).toEqual({ ok: false, error })
})

const payloads = examples.flatMap(({ name, examples }) =>
  examples.map((payload) => ({ name, payload: payload as { action?: string } })),
)

it('accepts and names every published payload', async () => {
  expect(payloads.length).toBeGreaterThan(300)
  for (const { name, payload } of payloads) {
    const body = JSON.stringify(payload)
    const request = await signed(body, name)
    const type = payload.action === undefined ? name : `${name}.${payload.action}`
    const result = await verify('github', request, config, world)
    expect(result).toEqual({ ok: true, value: expect.objectContaining({ type }) })
    const wrong = await verify('github', { ...request, body: request.body.slice(1) }, config, world)
    expect(wrong.ok).toBe(false)
  }
})

it('reads the action of a hook that sends a form, whose bytes are signed', async () => {
  const body = new URLSearchParams({ payload: '{"action":"closed"}' }).toString()
  const type = { 'content-type': 'application/x-www-form-urlencoded' }
  const request = await signed(body, 'pull_request', config.secret, type)
  expect(await sdkVerify(config.secret, body, request.headers.get('x-hub-signature-256')!)).toBe(
    true,
  )
  const result = await verify('github', request, config, world)
  expect(result).toMatchObject({ ok: true, value: { type: 'pull_request.closed' } })
})

it('never takes the old SHA-1 header for a proof', async () => {
  const request = await signed('{}', 'push')
  request.headers.delete('x-hub-signature-256')
  request.headers.set('x-hub-signature', 'sha1=5d61605c3feea9799210ddcb71307d4ba264225f')
  const error = { reason: 'missing_header', header: 'x-hub-signature-256' }
  expect(await verify('github', request, config, world)).toEqual({ ok: false, error })
})
