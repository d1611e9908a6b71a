import type { Refusal } from '../../model/refusal.ts'
import { verifyEd25519 } from '../../signing/ed25519.ts'
import { equal } from '../../signing/equal.ts'
import { digestLength, hmacOf } from '../../signing/hmac.ts'
import type { HmacAlgorithm } from '../../signing/hmac.ts'
import { utf8 } from '../../signing/bytes.ts'
import type { SourceRequest, World } from '../source.ts'
import { readClaim } from './claim.ts'
import type { Signing } from './claim.ts'
import { likelyCauseOf, skewed } from './likely-cause.ts'
import { fill, has } from './template.ts'

const maxEd25519Signatures = 20

/** Why the request is not one that the holder of any of `keys` signed; `null`: it is. */
export async function hmacProblem(
  request: SourceRequest,
  signing: Signing,
  algorithm: HmacAlgorithm,
  keys: readonly Uint8Array[],
  world: World,
): Promise<Refusal | null> {
  const claim = readClaim(request, signing, digestLength(algorithm), world)
  if (!claim.ok) return claim.error
  const { signatures, values, late } = claim.value
  const fits = async (key: Uint8Array, content: Uint8Array): Promise<boolean> => {
    const digest = await hmacOf(algorithm, key, content)
    return signatures.some((signature) => equal(signature, digest))
  }
  const content = fill(signing.signed, values)
  for (const key of keys) {
    if (await fits(key, content)) return late === null ? null : skewed(late)
  }
  if (late !== null) return late
  const url = has(signing.signed, 'url') ? (signing.url ?? request.url) : null
  const given = { keys, body: request.body, url }
  const cause = await likelyCauseOf(given, (other) =>
    fits(other.key, fill(signing.signed, { ...values, body: other.body, url: utf8(other.url) })),
  )
  return { reason: 'signature_mismatch', ...cause }
}

/** Why no holder of a private key to `keys` signed the request with Ed25519; `null`: one did. */
export async function ed25519Problem(
  request: SourceRequest,
  signing: Signing,
  keys: readonly Uint8Array[],
  world: World,
): Promise<Refusal | null> {
  const claim = readClaim(request, signing, 64, world)
  if (!claim.ok) return claim.error
  const { values, late } = claim.value
  const content = fill(signing.signed, values)
  // Each costs a curve operation: a header full of them must not buy thousands.
  const signatures = claim.value.signatures.slice(0, maxEd25519Signatures)
  for (const key of keys) {
    for (const signature of signatures) {
      if (await verifyEd25519(key, signature, content)) return late === null ? null : skewed(late)
    }
  }
  return late ?? { reason: 'signature_mismatch' }
}
