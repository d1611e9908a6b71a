import { err, ok } from '../../model/result.ts'
import type { Result } from '../../model/result.ts'
import { concat, utf8 } from '../../signing/bytes.ts'
import { fromBase64, toBase64Url } from '../../signing/encodings.ts'

const pem =
  /^\s*-----BEGIN (RSA )?PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END \1PRIVATE KEY-----\s*$/

const rs256 = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }

/** Version 0 and rsaEncryption with NULL, as RFC 5208 5 and RFC 8017 A.1 write them. */
const rsaPrefix = Uint8Array.of(2, 1, 0, 48, 13, 6, 9, 42, 134, 72, 134, 247, 13, 1, 1, 1, 5, 0)

const derOf = (tag: number, content: Uint8Array): Uint8Array =>
  concat(Uint8Array.of(tag, 0x82, content.length >> 8, content.length & 0xff), content)

/** A key "RSA PRIVATE KEY" (PKCS #1) in the wrapping of a "PRIVATE KEY" (PKCS #8), which is all that Web Crypto reads. */
const wrapped = (pkcs1: Uint8Array): Uint8Array =>
  derOf(0x30, concat(rsaPrefix, derOf(0x04, pkcs1)))

/** Whether `text` is a private key in PEM, as far as that shows without its parts being looked at. */
export const isPrivateKeyPem = (text: string): boolean => pem.test(text)

async function importKey(text: string): Promise<CryptoKey | null> {
  const [, pkcs1, base64 = ''] = pem.exec(text) ?? []
  const der = fromBase64(base64.replaceAll(/\s/g, ''))
  if (der === null || der.length === 0) return null
  const pkcs8 = pkcs1 === undefined ? der : wrapped(der)
  try {
    return await crypto.subtle.importKey('pkcs8', pkcs8, rs256, false, ['sign'])
  } catch {
    return null
  }
}

/** A JSON Web Token (RFC 7519) signed with RS256 by a private key in PEM. The error says nothing of the key. */
export async function signedJwt(
  privateKey: string,
  claims: Readonly<Record<string, string | number>>,
): Promise<Result<string, string>> {
  const key = await importKey(privateKey)
  if (key === null) return err('The private key is no RSA key in PEM.')
  const [header, payload] = [{ alg: 'RS256', typ: 'JWT' }, claims].map((part) =>
    toBase64Url(utf8(JSON.stringify(part))),
  )
  const signed = `${header}.${payload}`
  const signature = await crypto.subtle.sign(rs256, key, utf8(signed))
  return ok(`${signed}.${toBase64Url(new Uint8Array(signature))}`)
}
