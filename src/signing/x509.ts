/** As much of RFC 5280 as it takes to use a certificate whose origin is vouched for otherwise. */

import { toText } from './bytes.ts'
import { der, readDer, readSequence } from './der.ts'
import type { DerElement } from './der.ts'
import { fromBase64 } from './encodings.ts'

export interface Certificate {
  /** Its SubjectPublicKeyInfo, in DER. */
  publicKey: Uint8Array
  notBeforeMs: number
  notAfterMs: number
}

/** The first block; behind it others may stand, as where a whole chain is handed out. */
const pemBlock =
  /^\s*-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----(?:\s|$)/

const versionTag = 0xa0

/** RFC 5280, 4.1.2.5: to the second, in UTC, years of two digits up to 2049. */
function timeOf({ tag, content }: DerElement): number | null {
  const text = toText(content)
  if (tag === der.utcTime && /^\d{12}Z$/.test(text)) {
    return fromDigits(`${text < '5' ? '20' : '19'}${text}`)
  }
  return tag === der.generalizedTime && /^\d{14}Z$/.test(text) ? fromDigits(text) : null
}

function fromDigits(digits: string): number | null {
  const iso = digits.replace(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z')
  const time = Date.parse(iso)
  return Number.isNaN(time) ? null : time
}

/** Reads `-----BEGIN CERTIFICATE-----…`; `null` for anything else. Proves nothing of who issued it. */
export function parseCertificate(pem: string): Certificate | null {
  const bytes = fromBase64(pemBlock.exec(pem)?.[1]?.replaceAll(/\s/g, '') ?? '')
  const [toBeSigned] = readSequence(bytes ?? new Uint8Array()) ?? []
  if (toBeSigned?.tag !== der.sequence) return null
  const fields = readDer(toBeSigned.content) ?? []
  if (fields[0]?.tag === versionTag) fields.shift()
  const [, , , validity, , publicKey] = fields
  if (validity?.tag !== der.sequence || publicKey?.tag !== der.sequence) return null
  const [notBefore, notAfter] = readDer(validity.content) ?? []
  const notBeforeMs = notBefore === undefined ? null : timeOf(notBefore)
  const notAfterMs = notAfter === undefined ? null : timeOf(notAfter)
  if (notBeforeMs === null || notAfterMs === null) return null
  return { publicKey: publicKey.whole, notBeforeMs, notAfterMs }
}
