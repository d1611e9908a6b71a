import type { RateLimit } from '../model/destination.ts'
import type { AttemptReport } from '../model/outcome.ts'
import { isJsonObject } from '../model/json.ts'
import { Mapping } from '../model/mapping.ts'
import { err, ok } from '../model/result.ts'
import type { Result } from '../model/result.ts'
import { checkAddress } from './address.ts'
import type { Addressee, DestinationType, Message, OutgoingRequest, World } from './destination.ts'
import { withUrlParts } from './hook-url.ts'
import { destinationTypes, isDestinationType } from './index.ts'
import { secretsIn } from './redact.ts'
import { send } from './send.ts'

/** What is wrong with a config; `path` is like `headers.x-team` within it, `''` for the whole. */
export interface ConfigProblem {
  path: string
  message: string
}

/** A destination's type and its parsed config, ready to send. */
export interface BoundDestination {
  /** The config as its schema reads it, defaults filled in. Its secrets are open. */
  config: unknown
  signing: 'hmac' | 'ed25519' | null
  /** The receiver's URL; `null` where there is none. */
  address: string | null
  secretPaths: readonly string[]
  /** `config.mapping`, where the type has one. */
  mapping: Mapping
  /** The receiver's published limit. */
  rateLimit: RateLimit | null
  /** Its URLs that the address guard refuses: to be asked when the destination is saved. */
  blocked(allowlist: readonly string[]): ConfigProblem[]
  /** The request of a first attempt, made ahead of it; `null`: the type makes none by itself, or cannot make this one. */
  request(message: Message, addressee: Addressee, world: World): Promise<OutgoingRequest | null>
  /** One attempt: `send.ts`. `made`: its request, if that has been made ahead. Never throws. */
  send(
    message: Message,
    addressee: Addressee,
    world: World,
    made?: OutgoingRequest | null,
  ): Promise<AttemptReport>
}

const mappingIn = (config: unknown): Mapping =>
  isJsonObject(config) ? (Mapping.safeParse(config['mapping']).data ?? {}) : {}

function bind<Config>(type: DestinationType<Config>, config: Config): BoundDestination {
  const secrets = withUrlParts(secretsIn(config, type.secrets))
  const addresses = type.addresses(config)
  return {
    config,
    signing: type.signing(config),
    address: addresses[0]?.url ?? null,
    secretPaths: type.secrets,
    mapping: mappingIn(config),
    rateLimit: type.rateLimit,
    blocked: (allowlist) =>
      addresses.flatMap(({ path, url }) => {
        const checked = checkAddress(url, allowlist)
        return checked.ok ? [] : [{ path, message: checked.error.reason }]
      }),
    async request(message, addressee, world) {
      if (!('request' in type)) return null
      const made = await type.request(message, { ...addressee, config }, world, null)
      return made.ok ? made.value : null
    },
    send(message, addressee, world, made = null) {
      const target = { ...addressee, config }
      return 'deliver' in type
        ? type.deliver(message, target, world)
        : send(type, message, target, secrets, world, made)
    },
  }
}

/** Parses `config` once by its type's schema and closes over it; else every place in it that is wrong. */
export function bindDestination(
  type: string,
  config: unknown,
): Result<BoundDestination, ConfigProblem[]> {
  if (!isDestinationType(type))
    return err([{ path: '', message: 'There is no such destination type.' }])
  const found: DestinationType = destinationTypes[type]
  const parsed = found.config.safeParse(config)
  if (parsed.success) return ok(bind(found, parsed.data))
  return err(
    parsed.error.issues.map(({ path, message }) => ({ path: path.map(String).join('.'), message })),
  )
}
