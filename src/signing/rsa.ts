export type RsaHash = 'SHA-1' | 'SHA-256'

/** RFC 8017, 8.2 (PKCS #1 v1.5): whether the key `spki` signed `message`. It never throws. */
export async function verifyRsa(
  hash: RsaHash,
  spki: Uint8Array,
  signature: Uint8Array,
  message: Uint8Array,
): Promise<boolean> {
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash }
  try {
    const key = await crypto.subtle.importKey('spki', spki, algorithm, false, ['verify'])
    return await crypto.subtle.verify(algorithm, key, signature, message)
  } catch {
    return false // No RSA key: no signature is its.
  }
}
