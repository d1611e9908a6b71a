/**
 * Whether both are the same bytes, in a time that tells nothing of where they differ. Unequal lengths are
 * `false` at once: compare digests, whose length is no secret.
 */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  let difference = 0
  for (const [i, byte] of a.entries()) difference |= byte ^ (b[i] ?? 0)
  return difference === 0
}
