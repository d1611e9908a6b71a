import { createHmac } from 'node:crypto'
import { expect, it } from 'vitest'
import { verify } from '../../src/sources/index.ts'
import { itIsASource, nowMs, post } from './contract.ts'

const body = '{"type":"deployment.created","id":"uev_1","createdAt":1700000000000,"payload":{}}'
const hex = (algorithm: string, key: string) =>
  createHmac(algorithm, key).update(body).digest('hex')

itIsASource({
  provider: 'vercel',
  sign: (secret) => post(body, { 'x-vercel-signature': hex('sha1', secret) }),
  secrets: ['first', 'second'],
  proofHeader: 'x-vercel-signature',
  malformed: ['0'.repeat(39), 'A'.repeat(40), `sha1=${'0'.repeat(40)}`],
  signsBody: true,
  toleranceS: null,
  expected: { type: 'deployment.created', dedupeKey: 'uev_1' },
})

it('knows SHA-1 alone, as Vercel does', async () => {
  const request = post(body, { 'x-vercel-signature': hex('sha256', 'first') })
  const error = { reason: 'malformed_header', header: 'x-vercel-signature' }
  expect(await verify('vercel', request, { secret: 'first' }, { nowMs })).toEqual({
    ok: false,
    error,
  })
})
