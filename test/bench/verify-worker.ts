import { fromHex, toHex } from '../../src/signing/encodings.ts'
import { utf8 } from '../../src/signing/bytes.ts'
import { equal } from '../../src/signing/equal.ts'
import { hmac } from '../../src/signing/hmac.ts'

const secret = utf8('a secret of thirty-two characters')

interface Verification {
  by: string
  bytes: number
  rounds: number
}

/** Checks a GitHub signature over `bytes` again and again. Timed from outside, for a Worker's clock stands still. */
async function verify({ by, bytes, rounds }: Verification): Promise<number> {
  const body = new Uint8Array(bytes).fill(46)
  const header = toHex(hmac('sha256', secret, body))
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', secret, algorithm, false, ['sign'])
  let genuine = 0
  for (let round = 0; round < rounds; round++) {
    const signature = fromHex(header)
    if (signature === null) continue
    const isGenuine =
      by === 'webcrypto'
        ? equal(new Uint8Array(await crypto.subtle.sign('HMAC', key, body)), signature)
        : equal(hmac('sha256', secret, body), signature)
    if (isGenuine) genuine += 1
  }
  return genuine
}

export default {
  fetch: async (request) => Response.json(await verify(await request.json<Verification>())),
} satisfies ExportedHandler
