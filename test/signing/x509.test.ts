import { X509Certificate } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseCertificate } from '../../src/signing/x509.ts'
import { certificate as paypalCertificate } from '../sources/paypal-vector.ts'
import { selfSigned } from '../sources/self-signed.ts'

const own = (await selfSigned(1999, 2060)).cert

describe.each([
  ['a self-signed certificate that outlasts 2049', own],
  ["PayPal's, with many extensions", paypalCertificate],
])('%s', (_case, pem) => {
  it('is read as OpenSSL reads it', () => {
    const expected = new X509Certificate(pem)
    expect(parseCertificate(pem)).toEqual({
      publicKey: new Uint8Array(expected.publicKey.export({ type: 'spki', format: 'der' })),
      notBeforeMs: expected.validFromDate.getTime(),
      notAfterMs: expected.validToDate.getTime(),
    })
  })

  it('is read with others behind it, and with the line ends of Windows', () => {
    const chain = `${pem}\n${own}`.replaceAll(/\r?\n/g, '\r\n')
    expect(parseCertificate(chain)).toEqual(parseCertificate(pem))
  })
})

it.each([
  ['nothing', ''],
  ['a key', own.replaceAll('CERTIFICATE', 'PUBLIC KEY')],
  ['half of one', own.slice(0, own.length / 2)],
  ['text in front', `sender.example\n${own}`],
  ['no certificate inside', own.replace(/-\n[\s\S]+\n-/, '-\nMAA=\n-')],
  ['junk in the base64', own.replace('\nM', '\n*M')],
])('refuses %s', (_case, pem) => {
  expect(parseCertificate(pem)).toBeNull()
})

it('never throws, whatever the bytes', () => {
  const bytes = Buffer.from(own.replaceAll(/-----[A-Z ]+-----|\s/g, ''), 'base64')
  const change = fc.tuple(fc.nat(bytes.length - 1), fc.nat(255))
  const property = fc.property(fc.array(change, { maxLength: 5 }), (changes) => {
    const changed = Buffer.from(bytes)
    for (const [at, byte] of changes) changed[at] = byte
    const text = changed.toString('base64')
    parseCertificate(`-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`)
  })
  fc.assert(property)
})
