import { createHash, createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { toHex } from '../../src/signing/encodings.ts'
import { hmac, hmacAlgorithms, hmacOf, sha256, sha256Of } from '../../src/signing/hmac.ts'

/** Around the size from which another implementation is used. */
const sizes = [0, 1, 63, 64, 65, 1000, 200_000]

const bytesOf = (size: number): Uint8Array =>
  Uint8Array.from({ length: size }, (_, i) => (i * 31) % 256)

describe.each(hmacAlgorithms)('HMAC-%s', (algorithm) => {
  it.each(sizes)(
    'of %i bytes is what Node says, whichever implementation makes it',
    async (size) => {
      const key = bytesOf(40)
      const message = bytesOf(size)
      const expected = createHmac(algorithm, key).update(message).digest('hex')
      expect(toHex(hmac(algorithm, key, message))).toBe(expected)
      expect(toHex(await hmacOf(algorithm, key, message))).toBe(expected)
    },
  )

  it('takes an empty key and one longer than a block, for large messages too', async () => {
    for (const key of [new Uint8Array(), bytesOf(300)]) {
      const message = bytesOf(20_000)
      const expected = createHmac(algorithm, key).update(message).digest('hex')
      expect(toHex(await hmacOf(algorithm, key, message))).toBe(expected)
    }
  })
})

it.each(sizes)('SHA-256 of %i bytes is what Node says', async (size) => {
  const expected = createHash('sha256').update(bytesOf(size)).digest('hex')
  expect(toHex(sha256(bytesOf(size)))).toBe(expected)
  expect(toHex(await sha256Of(bytesOf(size)))).toBe(expected)
})

it('more keys than are kept, in turn and at once, each give their own code', async () => {
  const message = bytesOf(100)
  const keys = Array.from({ length: 600 }, (_, i) => Uint8Array.of(i >> 8, i, 7))
  for (const round of [keys, keys.toReversed(), [...keys, ...keys]]) {
    const codes = await Promise.all(round.map((key) => hmacOf('sha256', key, message)))
    expect(codes.map(toHex)).toEqual(round.map((key) => toHex(hmac('sha256', key, message))))
  }
  const key = Uint8Array.of(0, 0, 7)
  expect(toHex(await hmacOf('sha1', key, message))).toBe(toHex(hmac('sha1', key, message)))
})
