import { generateKeyPairSync, sign } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concat, utf8 } from '../../src/signing/bytes.ts'
import { fromDerSignature, isP256Spki, verifyEcdsaP256 } from '../../src/signing/ecdsa.ts'

const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const spki = new Uint8Array(keys.publicKey.export({ type: 'spki', format: 'der' }))
const message = utf8('a message')
const derOf = () => new Uint8Array(sign('sha256', message, keys.privateKey))

it("accepts OpenSSL's signatures, whatever their length", async () => {
  for (let round = 0; round < 40; round++) {
    const signature = fromDerSignature(derOf())
    expect(signature).toHaveLength(64)
    expect(await verifyEcdsaP256(spki, signature!, message)).toBe(true)
    expect(await verifyEcdsaP256(spki, signature!, utf8('another'))).toBe(false)
  }
})

const integer = (...bytes: number[]) => [2, bytes.length, ...bytes]
const sequence = (...bytes: number[]) => Uint8Array.of(0x30, bytes.length, ...bytes)
const longest = Array.from({ length: 32 }, () => 0x7f)

describe('the DER of a signature', () => {
  it('is read to 64 bytes, short numbers filled up in front', () => {
    const read = fromDerSignature(sequence(...integer(1), ...integer(0, 0x80)))
    expect(read?.[31]).toBe(1)
    expect(read?.[63]).toBe(0x80)
    expect(read?.filter((byte) => byte !== 0)).toHaveLength(2)
  })

  it.each([
    ['nothing', new Uint8Array()],
    ['r and s without DER', new Uint8Array(64)],
    ['a tail', concat(sequence(...integer(1), ...integer(1)), Uint8Array.of(0))],
    ['a tail inside', sequence(...integer(1), ...integer(1), 0, 0)],
    ['a third number', sequence(...integer(1), ...integer(1), ...integer(1))],
    ['one number', sequence(...integer(1))],
    ['an empty number', sequence(2, 0, ...integer(1))],
    ['zero', sequence(...integer(0), ...integer(1))],
    ['a negative number', sequence(...integer(0x80), ...integer(1))],
    ['a number with needless zeros', sequence(...integer(0, 1), ...integer(1))],
    ['a number of 33 bytes', sequence(...integer(1, ...longest), ...integer(1))],
    ['a long form of a short length', Uint8Array.of(0x30, 0x81, 6, ...integer(1), ...integer(1))],
    ['an open length', Uint8Array.of(0x30, 0x80, ...integer(1), ...integer(1), 0, 0)],
    ['a length beyond the end', Uint8Array.of(0x30, 7, ...integer(1), ...integer(1))],
    ['a set instead of a sequence', Uint8Array.of(0x31, 6, ...integer(1), ...integer(1))],
  ])('is refused with %s', (_case, bytes) => {
    expect(fromDerSignature(bytes)).toBeNull()
  })

  it('has one form only: no other bytes read as the same signature', () => {
    const der = derOf()
    const read = fromDerSignature(der)
    const change = fc.tuple(fc.nat(der.length - 1), fc.integer({ min: 1, max: 255 }))
    const property = fc.property(change, ([at, mask]) => {
      const other = der.map((byte, i) => (i === at ? byte ^ mask : byte))
      expect(fromDerSignature(other)).not.toEqual(read)
    })
    fc.assert(property)
  })
})

it('knows a P-256 key by its 91 bytes', () => {
  const other = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey
  expect(isP256Spki(spki)).toBe(true)
  expect(isP256Spki(spki.slice(0, -1))).toBe(false)
  expect(isP256Spki(new Uint8Array(other.export({ type: 'spki', format: 'der' })))).toBe(false)
})

it('takes a point beside the curve for no key, without throwing', async () => {
  const beside = spki.map((byte, i) => (i > 60 ? byte ^ 1 : byte))
  expect(await verifyEcdsaP256(beside, new Uint8Array(64), message)).toBe(false)
})
