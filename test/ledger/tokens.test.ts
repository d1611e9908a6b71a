import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'

const hour = 3_600_000

it('tells one of a hundred to fetch a token, and gives it to all', async () => {
  const ledger = env.LEDGER.getByName('v1:ten_tokens:0')
  const claims = Array.from({ length: 100 }, () => ledger.claimToken('dst_1', null))
  expect(await Promise.race(claims)).toMatchObject({ kind: 'refresh' })
  await ledger.saveToken('dst_1', {
    sealed: 'sealed',
    fingerprint: 'print',
    expires_at: Date.now() + hour,
    lasting: false,
  })
  const kinds = (await Promise.all(claims)).map(({ kind }) => kind)
  expect(kinds.filter((kind) => kind === 'refresh')).toHaveLength(1)
  expect(kinds.filter((kind) => kind === 'token')).toHaveLength(99)
})

it('asks for another where a receiver has refused the stored one, once', async () => {
  const ledger = env.LEDGER.getByName('v1:ten_tokens:1')
  await ledger.saveToken('dst_1', {
    sealed: 'old',
    fingerprint: 'old-print',
    expires_at: Date.now() + hour,
    lasting: false,
  })
  expect(await ledger.claimToken('dst_1', null)).toMatchObject({ kind: 'token', sealed: 'old' })
  const claims = Array.from({ length: 20 }, () => ledger.claimToken('dst_1', 'old-print'))
  expect(await Promise.race(claims)).toMatchObject({ kind: 'refresh' })
  await ledger.saveToken('dst_1', {
    sealed: 'new',
    fingerprint: 'new-print',
    expires_at: Date.now() + hour,
    lasting: false,
  })
  const tokens = (await Promise.all(claims)).filter(({ kind }) => kind === 'token')
  expect(tokens).toHaveLength(19)
  expect(tokens[0]).toMatchObject({ sealed: 'new' })
})
