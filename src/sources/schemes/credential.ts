import { equal } from '../../signing/equal.ts'
import { sha256 } from '../../signing/hmac.ts'

/** Whether both are the same, compared by digest: a credential's length is as secret as the rest of it. */
export const sameCredential = (given: Uint8Array, expected: Uint8Array): boolean =>
  equal(sha256(given), sha256(expected))
