/** Senders that sign with RSA, and name in the request where their certificate is to be had. */

import * as z from 'zod'
import type { Refusal } from '../../model/refusal.ts'
import { err, ok } from '../../model/result.ts'
import type { Result } from '../../model/result.ts'
import { concat, toText } from '../../signing/bytes.ts'
import { verifyRsa } from '../../signing/rsa.ts'
import type { RsaHash } from '../../signing/rsa.ts'
import { parseCertificate } from '../../signing/x509.ts'
import { secretOf } from '../settings.ts'
import type { World } from '../source.ts'

const maxBytes = 65_536
const patienceMs = 5000

/** Certificates to believe, and no others: then none is fetched. */
export const PinnedCertificate = secretOf(
  z
    .string()
    .max(20_000)
    .refine((pem) => parseCertificate(pem) !== null, { error: 'an X.509 certificate as PEM' }),
).optional()

/** A GET of a URL that has been found to be the sender's own. A redirect could lead away, so it is an answer like any other. */
export async function getTrusted(url: string, { fetch }: World): Promise<Response | null> {
  try {
    const signal = AbortSignal.timeout(patienceMs)
    return (await fetch?.(url, { redirect: 'manual', signal })) ?? null
  } catch {
    return null
  }
}

/** The body's text; `null` where it is too long or breaks off. */
async function textOf({ body }: Response): Promise<string | null> {
  const reader = body?.getReader()
  let bytes: Uint8Array = new Uint8Array()
  try {
    for (;;) {
      const read = await reader?.read()
      if (read === undefined || read.done) return toText(bytes)
      bytes = concat(bytes, read.value)
      if (bytes.length > maxBytes) {
        await reader?.cancel()
        return null
      }
    }
  } catch {
    return null
  }
}

async function fetchCertificate(url: string, world: World): Promise<Result<string, Refusal>> {
  const unavailable = (detail: string) =>
    err({ reason: 'certificate_unavailable', detail } as const)
  const response = await getTrusted(url, world)
  if (response === null) return unavailable('it could not be fetched')
  if (response.status !== 200) return unavailable(`it was answered with ${response.status}`)
  const text = await textOf(response)
  return text === null ? unavailable('it broke off, or is too long for one') : ok(text)
}

interface Claim {
  pinned: readonly string[] | undefined
  /** Where the request says that the certificate is, and what such a URL must look like. */
  url: string
  trusted: RegExp
  hash: RsaHash
  signature: Uint8Array
  /** What may have been signed: any will do. */
  contents: readonly Uint8Array[]
}

/**
 * Why no holder of a certificate that may be believed signed any of the contents; `null`: one did. That TLS names the host is what
 * vouches for a fetched one. It is fetched each time: whoever hands in `fetch` may keep the answers.
 */
export async function certificateProblem(claim: Claim, world: World): Promise<Refusal | null> {
  const { pinned, url, trusted, hash, signature, contents } = claim
  if (pinned === undefined && !trusted.test(url)) {
    return { reason: 'untrusted_url', detail: "the certificate is not at the sender's own host" }
  }
  const fetched = pinned === undefined ? await fetchCertificate(url, world) : ok('')
  if (!fetched.ok) return fetched.error
  const certificates = (pinned ?? [fetched.value]).map(parseCertificate)
  const readable = certificates.filter((certificate) => certificate !== null)
  // One that is newer than our clock says more of the clock than of the sender.
  const valid = readable.filter(({ notAfterMs }) => world.nowMs <= notAfterMs)
  if (valid.length === 0) {
    const detail = readable.length === 0 ? 'it is no X.509 certificate' : 'it has expired'
    return { reason: 'certificate_invalid', detail }
  }
  for (const { publicKey } of valid) {
    for (const content of contents) {
      if (await verifyRsa(hash, publicKey, signature, content)) return null
    }
  }
  return { reason: 'signature_mismatch' }
}
