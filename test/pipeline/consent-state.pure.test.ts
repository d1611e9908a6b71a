import { expect, it } from 'vitest'
import { vaultOf } from '../../src/config/vault.ts'
import { openAsked, sealAsked } from '../../src/pipeline/consent-state.ts'

const random = (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes))
const masterKey = 'dGVzdC1tYXN0ZXIta2V5LXRlc3QtbWFzdGVyLWtleSE='
const vault = vaultOf(masterKey, random)
const startedAt = 1_795_168_800_000
const at = (ms: number) => ({ vault, now: () => startedAt + ms })

const asked = {
  tenant: 'ten_1',
  destination: 'dst_1',
  redirectUri: 'https://r.example/oauth/callback',
  verifier: 'a verifier that nobody may read',
  fingerprint: 'abc',
}

it.each([0, 599_999])('a state opens %i ms after it was given out', async (ms) => {
  const state = await sealAsked(at(0), asked)
  expect(await openAsked(at(ms), state)).toEqual({ ok: true, value: asked })
})

it('a state ends after ten minutes', async () => {
  const state = await sealAsked(at(0), asked)
  expect(await openAsked(at(600_000), state)).toEqual({ ok: false, error: 'expired' })
})

it('a state shows nothing of what it holds, and never twice the same', async () => {
  const [one, two] = [await sealAsked(at(0), asked), await sealAsked(at(0), asked)]
  expect(one).not.toBe(two)
  const readable = one.split('.').map((part) => Buffer.from(part, 'base64url').toString('latin1'))
  for (const text of [one, ...readable]) expect(text).not.toMatch(/ten_1|dst_1|verifier/)
})

it.each([
  ['sealed for something else', () => vault.seal({ tenant: 't', record: 'r', field: 'f' }, '{}')],
  [
    'sealed by another instance',
    () => sealAsked({ ...at(0), vault: vaultOf('x'.repeat(43), random) }, asked),
  ],
  ['no JSON', () => vault.seal({ tenant: 'instance', record: 'oauth', field: 'state' }, 'x')],
  ['not whole', () => vault.seal({ tenant: 'instance', record: 'oauth', field: 'state' }, '{}')],
  ['not sealed', async () => 'v1.a.b.c'],
])('a state that is %s is unknown', async (_, made) => {
  expect(await openAsked(at(0), await made())).toEqual({ ok: false, error: 'unknown' })
})
