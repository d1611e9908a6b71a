import type { Refusal } from '../../model/refusal.ts'
import { verifyEd25519 } from '../../signing/ed25519.ts'
import { equal } from '../../signing/equal.ts'
import { digestLength, hmacOf } from '../../signing/hmac.ts'
import type { HmacAlgorithm } from '../../signing/hmac.ts'
import type { SourceRequest, World } from '../source.ts'
import { readClaim } from './claim.ts'
import type { Signing } from './claim.ts'

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
  const { signatures, content } = claim.value
  for (const key of keys) {
    const digest = await hmacOf(algorithm, key, content)
    if (signatures.some((signature) => equal(signature, digest))) return null
  }
  return { reason: 'signature_mismatch' }
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
  const { content } = claim.value
  // Each costs a curve operation: a header full of them must not buy thousands.
  const signatures = claim.value.signatures.slice(0, maxEd25519Signatures)
  for (const key of keys) {
    for (const signature of signatures) {
      if (await verifyEd25519(key, signature, content)) return null
    }
  }
  return { reason: 'signature_mismatch' }
}
