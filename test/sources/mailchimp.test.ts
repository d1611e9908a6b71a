import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { handshake, verify } from '../../src/sources/index.ts'
import type { SourceRequest } from '../../src/sources/index.ts'
import { itIsASource, nowMs, post } from './contract.ts'

const world = { nowMs }
const config = { secret: 'un/guess?able' }
const body =
  'type=subscribe&fired_at=2009-03-26+21%3A35%3A57&data%5Bid%5D=8a25ff1d98&data%5Blist_id%5D=a6b5da1054&data%5Bemail%5D=api%40mailchimp.com'

const sent = (query: string, form = body, method = 'POST'): SourceRequest => ({
  ...post(form, { 'content-type': 'application/x-www-form-urlencoded' }),
  method,
  url: `https://router.example/in/src_1?${query}`,
})

itIsASource({
  provider: 'mailchimp',
  sign: (secret) => sent(`secret=${encodeURIComponent(secret)}`),
  secrets: [config.secret, 'another'],
  proofHeader: null,
  malformed: [],
  signsBody: false,
  toleranceS: null,
  expected: {
    type: 'subscribe',
    dedupeKey: `sha256:${createHash('sha256').update(body).digest('hex')}`,
  },
})

it.each([
  ['missing', '', 'missing_field'],
  ['empty', 'secret=', 'missing_field'],
  ['wrong', 'secret=un', 'credentials_mismatch'],
  ['given twice', 'secret=un/guess?able&secret=x', 'credentials_mismatch'],
])('refuses a secret that is %s', async (_case, query, reason) => {
  const result = await verify('mailchimp', sent(query), config, world)
  expect(result).toMatchObject({ ok: false, error: { reason } })
})

it('takes the secret from the parameter that the config names', async () => {
  const other = { ...config, parameter: 'key' }
  expect((await verify('mailchimp', sent('key=un/guess?able'), other, world)).ok).toBe(true)
  expect((await verify('mailchimp', sent('secret=un/guess?able'), other, world)).ok).toBe(false)
})

it('tells one change from the next', async () => {
  const keyOf = async (form: string) => {
    const result = await verify('mailchimp', sent('secret=un/guess?able', form), config, world)
    return result.ok ? result.value.dedupeKey : null
  }
  expect(await keyOf(body)).toBe(await keyOf(body))
  expect(await keyOf(body)).not.toBe(await keyOf(body.replace('57', '58')))
})

it.each(['GET', 'HEAD'])(
  'answers the check of the URL by %s with 200 and nothing',
  async (method) => {
    const answer = await handshake('mailchimp', sent('', '', method), config, world)
    expect([answer?.status, answer?.body]).toEqual([200, null])
    expect(await handshake('github', sent('', '', method), { secret: 'x' }, world)).toBeNull()
  },
)
