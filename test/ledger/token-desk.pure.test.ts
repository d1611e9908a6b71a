import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { TokenDesk } from '../../src/ledger/token-desk.ts'

const day = 86_400_000

/** What the desk uses of a Durable Object's storage. */
function storage() {
  const rows = new Map<string, unknown>()
  const kv = {
    get: (key: string) => rows.get(key),
    put: (key: string, value: unknown) => void rows.set(key, value),
    delete: (key: string) => rows.delete(key),
    list: ({ prefix }: { prefix: string }) => [...rows].filter(([key]) => key.startsWith(prefix)),
  }
  return { rows, kv: kv as unknown as SyncKvStorage } // The desk asks for nothing else.
}

const token = (expires_at: number, lasting = false) => ({
  sealed: 'sealed',
  fingerprint: 'print',
  expires_at,
  lasting,
})

beforeEach(() => void vi.useFakeTimers({ now: 1_795_168_800_000 }))
afterEach(() => void vi.useRealTimers())

it('tells all who wait why there is no token, so that one asks and not each in turn', async () => {
  const desk = new TokenDesk(storage().kv, Date.now)
  expect(await desk.claim('a', null)).toEqual({ kind: 'refresh', last: null })
  const waiting = Array.from({ length: 100 }, () => desk.claim('a', null))
  desk.release('a', 'The token endpoint answered 400 (invalid_grant).')
  const error = 'The token endpoint answered 400 (invalid_grant).'
  expect(new Set((await Promise.all(waiting)).map((claim) => JSON.stringify(claim)))).toEqual(
    new Set([JSON.stringify({ kind: 'failed', error })]),
  )
  expect(await desk.claim('a', null)).toEqual({ kind: 'refresh', last: null })
})

it('asks another where the first is not heard of again', async () => {
  const desk = new TokenDesk(storage().kv, Date.now)
  await desk.claim('a', null)
  const waiting = desk.claim('a', null)
  await vi.advanceTimersByTimeAsync(20_000)
  expect(await waiting).toEqual({ kind: 'refresh', last: null })
})

it('keeps what is expired only where the next refresh needs it, and that not for ever', async () => {
  const { rows, kv } = storage()
  const desk = new TokenDesk(kv, Date.now)
  kv.put('other', 1)
  desk.save('container', token(Date.now() + day))
  desk.save('rotating', token(Date.now() + day, true))
  vi.setSystemTime(Date.now() + 2 * day)
  desk.save('new', token(Date.now() + day, true))
  expect([...rows.keys()]).toEqual(['other', 'token:rotating', 'token:new'])
  expect(await desk.claim('rotating', null)).toMatchObject({ last: { sealed: 'sealed' } })
  vi.setSystemTime(Date.now() + 402 * day)
  desk.save('newer', token(Date.now() + day, true))
  expect([...rows.keys()]).toEqual(['other', 'token:newer'])
})
