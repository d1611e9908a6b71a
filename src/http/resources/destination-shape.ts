import * as z from 'zod'
import type { DestinationRecord } from '../../config/config.ts'
import { bindDestination, type BoundDestination } from '../../destinations/bind.ts'
import {
  destinationTypes,
  type DestinationTypeName,
  isDestinationType,
} from '../../destinations/index.ts'
import type { DestinationType } from '../../destinations/destination.ts'
import { Circuit, RateLimit, Retry } from '../../model/destination.ts'
import { err, ok, type Result } from '../../model/result.ts'
import type { Services } from '../../pipeline/bound-services.ts'
import { newEd25519Secret, newHmacSecret, publicKeyText } from '../../signing/standard-webhooks.ts'
import { errorsUnder, fieldErrors } from '../issues.ts'
import { type FieldError, invalid } from '../problem.ts'
import { mappingErrors } from './connection-errors.ts'
import { timeOf } from '../times.ts'

export const DestinationShape = z
  .object({
    id: z.string(),
    name: z.string(),
    type: z.string(),
    config: z.record(z.string(), z.unknown()),
    enabled: z.boolean(),
    paused: z.boolean(),
    disabled_reason: z.string().nullable(),
    rate_limit: RateLimit.nullable(),
    concurrency: z.int(),
    timeout_ms: z.int(),
    retry: Retry,
    retry_on: z.array(z.string()).nullable(),
    circuit: Circuit.nullable(),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'Destination' })

export const SecretShape = z.object({
  signing_secret: z.string().meta({ description: '`whsec_…`, or `whsk_…` for Ed25519.' }),
  public_key: z.string().optional().meta({ description: 'Ed25519: `whpk_…`, for the receiver.' }),
})

export const shownDestination = (
  destination: DestinationRecord,
): z.infer<typeof DestinationShape> => ({
  id: destination.id,
  name: destination.name,
  type: destination.type,
  config: destination.config,
  enabled: destination.enabled,
  paused: destination.paused,
  disabled_reason: destination.disabled_reason,
  rate_limit: destination.rate_limit,
  concurrency: destination.concurrency,
  timeout_ms: destination.timeout_ms,
  retry: destination.retry,
  retry_on: destination.retry_on,
  circuit: destination.circuit,
  created_at: timeOf(destination.created_at),
  updated_at: timeOf(destination.updated_at),
})

/** The secret as its owner needs it: with the public half, where there is one. */
export async function shownSecret(secret: string): Promise<z.infer<typeof SecretShape>> {
  const public_key = await publicKeyText(secret)
  return public_key === null ? { signing_secret: secret } : { signing_secret: secret, public_key }
}

export type Signing = BoundDestination['signing']

export const newSigningSecret = async (
  { random }: Services,
  signing: NonNullable<Signing>,
): Promise<string> =>
  signing === 'hmac' ? newHmacSecret(random(24)) : newEd25519Secret(random(32))

/** How a secret's own prefix says that it signs. */
export const signingOf = (secret: string): NonNullable<Signing> =>
  secret.startsWith('whsk_') ? 'ed25519' : 'hmac'

export function typeOf(name: string): Result<DestinationTypeName, Response> {
  if (isDestinationType(name)) return ok(name)
  const known = Object.keys(destinationTypes).join(', ')
  return err(invalid([{ path: 'type', message: `there is no such type; there are ${known}` }]))
}

/** The config read by its type, its addresses checked; or each place in it that is wrong, from `config` on. */
export function checkedConfig(
  name: DestinationTypeName,
  config: Record<string, unknown>,
  allowlist: readonly string[],
): Result<BoundDestination, FieldError[]> {
  const type: DestinationType = destinationTypes[name]
  const parsed = type.config.safeParse(config)
  if (!parsed.success) return err(fieldErrors(parsed.error.issues, ['config']))
  const expressions = mappingErrors('config.mapping', config['mapping'])
  if (expressions.length > 0) return err(expressions)
  const bound = bindDestination(name, config)
  if (!bound.ok) return err(errorsUnder('config', bound.error))
  const blocked = bound.value.blocked(allowlist)
  return blocked.length === 0 ? bound : err(errorsUnder('config', blocked))
}

/** As `checkedConfig`, with the 422 that says what is wrong. */
export function boundConfig(
  ...given: Parameters<typeof checkedConfig>
): Result<BoundDestination, Response> {
  const bound = checkedConfig(...given)
  return bound.ok ? bound : err(invalid(bound.error))
}
