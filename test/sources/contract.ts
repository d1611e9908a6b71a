import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bindSource, handshake, verify } from '../../src/sources/index.ts'
import type { SourceRequest, Verified } from '../../src/sources/index.ts'
import { concat, utf8 } from '../../src/signing/bytes.ts'

export const nowMs = 1_700_000_000_500

/** One genuine request of the provider, as it would be sent with this secret at this time. */
type Sign = (secret: string, timeS: number) => SourceRequest | Promise<SourceRequest>

export interface SourceContract {
  provider: string
  sign: Sign
  /** Of the same kind, both of them good. */
  secrets: readonly [string, string]
  /** The config's field for them, and what else the config holds. */
  secretField?: string
  config?: Record<string, unknown>
  /** `null`: the proof stands in the body, or nowhere but in the URL. */
  proofHeader: string | null
  malformed: readonly string[]
  /** Whether the body is part of the proof, and the time, and how far off that may be. */
  signsBody: boolean
  toleranceS: number | null
  /** Whether another URL is refused. */
  signsUrl?: boolean
  /** Headers that are part of what is signed, beside the one with the proof. */
  signedHeaders?: readonly string[]
  /** `false`: the proof may be written in several ways (the scheme of `Authorization` in any case). */
  proofIsExact?: boolean
  /** What handshakes and certificates are fetched with. */
  fetch?: typeof fetch
  expected: Verified
}

const with_ = (request: SourceRequest, change: (headers: Headers) => void): SourceRequest => {
  const headers = new Headers(request.headers)
  change(headers)
  return { ...request, headers }
}

const changedBodies: [string, (body: Uint8Array) => Uint8Array][] = [
  ['a byte more', (body: Uint8Array) => concat(body, utf8(' '))],
  ['a byte less', (body: Uint8Array) => body.slice(0, -1)],
  ['another byte', (body: Uint8Array) => body.map((byte, i) => (i === 3 ? byte ^ 1 : byte))],
  ['no bytes', () => new Uint8Array()],
]

/** What every source promises, whoever sends. */
export function itIsASource(contract: SourceContract): void {
  const { provider, sign, secrets, secretField = 'secret', proofHeader, expected } = contract
  const [current, other] = secrets
  const nowS = Math.floor(nowMs / 1000)
  const configOf = (secret: unknown) => ({ ...contract.config, [secretField]: secret })
  const worldAt = (at: number) => ({
    nowMs: at,
    ...(contract.fetch !== undefined && { fetch: contract.fetch }),
  })
  const check = (request: SourceRequest, secret: unknown = current, at = nowMs) =>
    verify(provider, request, configOf(secret), worldAt(at))
  const refused = (reason: unknown = expect.any(String)) => ({
    ok: false,
    error: expect.objectContaining({ reason }),
  })
  const wrong = expect.stringMatching(/^(?:signature|credentials)_mismatch$/)

  describe(`the ${provider} source`, () => {
    it('accepts what its provider sends, and reads what it is about', async () => {
      expect(await check(await sign(current, nowS))).toEqual({ ok: true, value: expected })
    })

    it('does not take it for a handshake', async () => {
      const request = await sign(current, nowS)
      expect(await handshake(provider, request, configOf(current), worldAt(nowMs))).toBeNull()
    })

    it('accepts header names in any case', async () => {
      const request = await sign(current, nowS)
      const shouted = [...request.headers].map(([name, value]) => [name.toUpperCase(), value])
      const headers = new Headers(shouted as [string, string][])
      expect((await check({ ...request, headers })).ok).toBe(true)
    })

    const bodies = contract.signsBody ? changedBodies : []
    it.each(bodies)('refuses a body with %s', async (_case, change) => {
      const request = await sign(current, nowS)
      expect(await check({ ...request, body: change(request.body) })).toEqual(refused(wrong))
    })

    it('refuses the wrong secret', async () => {
      expect(await check(await sign(other, nowS))).toEqual(refused(wrong))
    })

    if (proofHeader !== null) {
      it('refuses a request without its proof', async () => {
        const request = await sign(current, nowS)
        const bare = with_(request, (headers) => headers.delete(proofHeader))
        const empty = with_(request, (headers) => headers.set(proofHeader, ''))
        expect(await check(bare)).toEqual(refused('missing_header'))
        expect(await check(empty)).toEqual(refused('missing_header'))
      })

      it.each([
        ['half of it', (proof: string) => proof.slice(0, proof.length / 2)],
        ['a byte less', (proof: string) => proof.slice(0, -2)],
        ['a tail', (proof: string) => `${proof}00`],
        ['a tail of junk', (proof: string) => `${proof}!`],
      ])('refuses a proof with %s', async (_case, change) => {
        const request = await sign(current, nowS)
        const proof = request.headers.get(proofHeader) ?? ''
        const changed = with_(request, (headers) => headers.set(proofHeader, change(proof)))
        expect(await check(changed)).toEqual(refused())
      })

      it.each(contract.malformed)('refuses %j as a proof', async (proof) => {
        const request = await sign(current, nowS)
        const changed = with_(request, (headers) => headers.set(proofHeader, proof))
        expect(await check(changed)).toEqual(refused('malformed_header'))
      })
    }

    it('accepts any secret of a rotation, and no other', async () => {
      const request = await sign(other, nowS)
      expect((await check(request, [current, other])).ok).toBe(true)
      expect((await check(request, [other, current])).ok).toBe(true)
      expect(await check(request, [current, current])).toEqual(refused(wrong))
    })

    it.each([
      ['an empty text', ''],
      ['no secret at all', []],
      ['an empty one among others', [current, '']],
    ])('refuses a config with %s', (_case, secret) => {
      const bound = bindSource(provider, configOf(secret))
      expect(bound).toEqual({
        ok: false,
        error: [{ path: expect.stringContaining(secretField), message: expect.any(String) }],
      })
    })

    it('refuses a config with a field that it does not know', () => {
      const bound = bindSource(provider, { ...configOf(current), secert: 'x' })
      expect(bound).toEqual({ ok: false, error: [{ path: 'secert', message: expect.any(String) }] })
    })

    const changed = fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 }))
    const runs = { numRuns: 60 }

    if (contract.signsBody) {
      it('refuses any change of any byte of the body', async () => {
        const request = await sign(current, nowS)
        const property = fc.asyncProperty(changed, async ([at, mask]) => {
          const place = at % request.body.length
          const body = request.body.map((byte, i) => (i === place ? byte ^ mask : byte))
          expect((await check({ ...request, body })).ok).toBe(false)
        })
        await fc.assert(property, runs)
      })
    }

    const exact = [
      ...(contract.proofIsExact === false || proofHeader === null ? [] : [proofHeader]),
      ...(contract.signedHeaders ?? []),
    ]
    it.each(exact)('refuses any change of any character of %s', async (name) => {
      const request = await sign(current, nowS)
      const value = request.headers.get(name) ?? ''
      expect(value).not.toBe('')
      const character = fc.integer({ min: 0x21, max: 0x7e })
      const property = fc.asyncProperty(fc.nat(), character, async (at, code) => {
        const place = at % value.length
        const other = `${value.slice(0, place)}${String.fromCharCode(code)}${value.slice(place + 1)}`
        fc.pre(other !== value)
        const changed = with_(request, (headers) => headers.set(name, other))
        expect((await check(changed)).ok).toBe(false)
      })
      await fc.assert(property, runs)
    })

    if (contract.signsUrl === true) {
      it('refuses another URL', async () => {
        const request = await sign(current, nowS)
        const property = fc.asyncProperty(fc.webPath(), async (path) => {
          const url = `https://router.example${path}`
          fc.pre(url !== request.url && new URL(url).href !== new URL(request.url).href)
          expect((await check({ ...request, url })).ok).toBe(false)
        })
        await fc.assert(property, runs)
      })
    }

    it('never throws, whatever comes', async () => {
      const genuine = await sign(current, nowS)
      const names = [...genuine.headers.keys()]
      const text = fc.string({ maxLength: 200 }).map((one) => one.replaceAll(/[^\x20-\x7e]/g, ''))
      const headers = fc.dictionary(fc.constantFrom(...names, 'content-type'), text)
      const body = fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.json().map(utf8))
      const method = fc.constantFrom('GET', 'POST', 'HEAD', 'OPTIONS', 'PUT')
      const url = fc.webPath({ size: 'small' }).map((path) => `https://router.example${path}`)
      const property = fc.asyncProperty(
        method,
        url,
        headers,
        body,
        async (verb, at, more, bytes) => {
          const sent = { ...Object.fromEntries(genuine.headers), ...more }
          const request = { method: verb, url: at, headers: new Headers(sent), body: bytes }
          const config = configOf(current)
          await handshake(provider, request, config, worldAt(nowMs))
          await verify(provider, request, config, worldAt(nowMs))
        },
      )
      await fc.assert(property, runs)
    })

    it('looks at a long header and a long body once, not again and again', async () => {
      const genuine = await sign(current, nowS)
      const name = proofHeader ?? 'x-long'
      const proof = genuine.headers.get(name) ?? ''
      const long = with_(genuine, (headers) => headers.set(name, `${proof},`.repeat(1000)))
      const startedAt = performance.now()
      await check({ ...long, body: utf8(`[${'{"a":[1,2]},'.repeat(80_000)}0]`) })
      expect(performance.now() - startedAt).toBeLessThan(3000)
    })

    const { toleranceS } = contract
    if (toleranceS === null) {
      it('holds whenever it arrives', async () => {
        expect((await check(await sign(current, nowS), current, nowMs + 10 ** 9)).ok).toBe(true)
      })
      return
    }

    it.each([
      ['as old as the tolerance', -toleranceS, true],
      ['a second older', -toleranceS - 1, false],
      ['as far ahead as the tolerance', toleranceS, true],
      ['a second further ahead', toleranceS + 1, false],
    ])('with a time %s', async (_case, offsetS, passes) => {
      const result = await check(await sign(current, nowS + offsetS))
      const reason = 'timestamp_outside_tolerance'
      const error = { reason, skew_s: -offsetS, likely_cause: 'clock_skew' }
      const skew = { ok: false, error }
      expect(result).toEqual(passes ? { ok: true, value: expected } : skew)
    })
  })
}

/** A POST as it came in. */
export const post = (
  body: string | Uint8Array,
  headers: Record<string, string>,
): SourceRequest => ({
  method: 'POST',
  url: 'https://router.example/in/src_1',
  headers: new Headers(headers),
  body: typeof body === 'string' ? utf8(body) : body,
})
