import * as z from 'zod'
import { parseJson } from '../../model/json.ts'
import { err, ok } from '../../model/result.ts'
import { parseSecret, verifyStandard } from '../../signing/standard-webhooks.ts'
import { keyFrom, textAt, typeFrom } from '../payload.ts'
import { secretOf, ToleranceS } from '../settings.ts'
import type { SourceRequest, Verification, World } from '../source.ts'
import { headerOf } from './claim.ts'
import { likelyCauseOf, skewed } from './likely-cause.ts'
import { timestampProblem } from './timestamp.ts'

const families = ['webhook', 'svix'] as const

type Family = (typeof families)[number]

export const StandardConfig = z.strictObject({
  secret: secretOf(
    z
      .string()
      .max(10_000)
      .refine((secret) => parseSecret(secret) !== null, {
        error: '"whsec_" and base64; "whpk_" or "whsk_" and base64 for ed25519',
      }),
  ),
  tolerance_s: ToleranceS,
})

/** The three headers of both families. */
export const standardProofHeaders = families.flatMap((family) => [`${family}-signature`])

// With the time shifted into the id, `{id}.{timestamp}.{body}` would have a second reading: `id.1700000000`
// and a time from the front of the body. No such id is genuine.
const idWithTime = /\.\d{10,}$/

/** `{id}.{timestamp}.{body}` under either family's headers. https://www.standardwebhooks.com */
export async function verifyStandardRequest(
  request: SourceRequest,
  config: z.infer<typeof StandardConfig>,
  own: Family,
  world: World,
): Promise<Verification> {
  // Some send both. A sender's own is what its library looks at first.
  const isGiven = (family: Family) => request.headers.has(`${family}-signature`)
  const family = isGiven(own) ? own : (families.find(isGiven) ?? own)
  const id = headerOf(request, `${family}-id`)
  const timestamp = headerOf(request, `${family}-timestamp`)
  const signature = headerOf(request, `${family}-signature`)
  if (!signature.ok) return signature
  if (!id.ok) return id
  if (!timestamp.ok) return timestamp
  if (idWithTime.test(id.value)) return err({ reason: 'malformed_header', header: `${family}-id` })
  const rule = { unit: 's', toleranceS: config.tolerance_s } as const
  const problem = timestampProblem(timestamp.value, `${family}-timestamp`, rule, world.nowMs)
  if (problem?.reason === 'timestamp_malformed') return err(problem)

  const secrets = config.secret.map(parseSecret).filter((secret) => secret !== null)
  const message = {
    id: id.value,
    timestamp: timestamp.value,
    signature: signature.value,
    body: request.body,
  }
  const verdict = await verifyStandard(secrets, message)
  if (verdict === 'malformed') {
    return err({ reason: 'malformed_header', header: `${family}-signature` })
  }
  if (problem !== null) return err(verdict === 'genuine' ? skewed(problem) : problem)
  if (verdict === 'mismatch') {
    const keys = secrets.flatMap((secret) => (secret.kind === 'hmac' ? [secret.key] : []))
    const cause = await likelyCauseOf({ keys, body: request.body, url: null }, async (other) => {
      const attempted = { ...message, body: other.body }
      return (await verifyStandard([{ kind: 'hmac', key: other.key }], attempted)) === 'genuine'
    })
    return err({ reason: 'signature_mismatch', ...cause })
  }
  return ok({
    type: typeFrom(textAt(parseJson(request.body), 'type')),
    dedupeKey: keyFrom(id.value),
  })
}
