import { expect, it, vi } from 'vitest'
import type { LedgerApi, NewToken, TokenClaim } from '../../src/ledger/protocol.ts'
import { sharedTokens } from '../../src/pipeline/shared-tokens.ts'
import type { Services } from '../../src/pipeline/bound-services.ts'

function world(claim: TokenClaim) {
  const [saved, released, after]: [NewToken[], string[], Promise<unknown>[]] = [[], [], []]
  const ledger: Partial<LedgerApi> = {
    claimToken: () => Promise.resolve(claim),
    saveToken: (_, token) => Promise.resolve(void saved.push(token)),
    releaseToken: (_, error) => Promise.resolve(void released.push(error)),
  }
  const vault: Partial<Services['vault']> = {
    seal: (_, text) => Promise.resolve(`sealed ${text}`),
    open: (_, text) => Promise.resolve(text.replace('sealed ', '')),
  }
  const services = {
    ledger: () => ledger,
    vault,
    after: (work: Promise<unknown>) => void after.push(work.catch(() => undefined)),
  }
  const tokens = sharedTokens(services as unknown as Services, 'ten_1') // All that they use of them.
  return { tokens, saved, released, after }
}

const refresh: TokenClaim = { kind: 'refresh', last: null }
const token = { value: 'new', expiresAt: 9, refreshToken: 'next' }

it('keeps a refreshed token though nobody waits for it any more', async () => {
  const { tokens, saved, after } = world(refresh)
  const { promise, resolve } = Promise.withResolvers<{ ok: true; value: typeof token }>()
  void tokens.get('a', null, () => promise)
  await vi.waitUntil(() => after.length === 1)
  resolve({ ok: true, value: token })
  await Promise.all(after)
  expect(saved).toMatchObject([{ expires_at: 9, lasting: true }])
})

it('keeps what holds no refresh token only until it expires', async () => {
  const { tokens, saved } = world(refresh)
  await tokens.get('a', null, async () => ({ ok: true, value: { value: 'new', expiresAt: 9 } }))
  expect(saved).toMatchObject([{ expires_at: 9, lasting: false }])
})

it('gives the next one its turn, whatever way a refresh fails', async () => {
  const { tokens, released } = world(refresh)
  expect(await tokens.get('a', null, async () => ({ ok: false, error: 'no' }))).toEqual({
    ok: false,
    error: 'no',
  })
  await expect(tokens.get('a', null, () => Promise.reject(new Error('x')))).rejects.toThrow('x')
  expect(released).toEqual(['no', 'The access token could not be refreshed.'])
})

it('says why another got none', async () => {
  const { tokens } = world({ kind: 'failed', error: 'The token endpoint answered 500.' })
  const got = await tokens.get('a', null, () => Promise.reject(new Error('not asked')))
  expect(got).toEqual({ ok: false, error: 'The token endpoint answered 500.' })
})
