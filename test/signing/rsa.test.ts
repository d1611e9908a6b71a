import { createSign, generateKeyPairSync } from 'node:crypto'
import { expect, it } from 'vitest'
import { utf8 } from '../../src/signing/bytes.ts'
import { verifyRsa } from '../../src/signing/rsa.ts'

const keys = generateKeyPairSync('rsa', { modulusLength: 2048 })
const spki = new Uint8Array(keys.publicKey.export({ type: 'spki', format: 'der' }))
const signed = (hash: string) =>
  new Uint8Array(createSign(hash).update('a message').sign(keys.privateKey))

it.each(['SHA-1', 'SHA-256'] as const)("accepts OpenSSL's signature with %s", async (hash) => {
  const signature = signed(`RSA-${hash.replace('-', '')}`)
  const other = hash === 'SHA-1' ? 'SHA-256' : 'SHA-1'
  expect(await verifyRsa(hash, spki, signature, utf8('a message'))).toBe(true)
  expect(await verifyRsa(other, spki, signature, utf8('a message'))).toBe(false)
  expect(await verifyRsa(hash, spki, signature, utf8('a massage'))).toBe(false)
  expect(await verifyRsa(hash, spki, signature.slice(1), utf8('a message'))).toBe(false)
})

it('takes anything else for no key, without throwing', async () => {
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey
  const other = new Uint8Array(ec.export({ type: 'spki', format: 'der' }))
  for (const key of [new Uint8Array(), other]) {
    expect(await verifyRsa('SHA-256', key, signed('RSA-SHA256'), utf8('a message'))).toBe(false)
  }
})
