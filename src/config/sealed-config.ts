import type { JsonObject } from '../model/json.ts'
import { isJsonObject } from '../model/json.ts'
import type { Result } from '../model/result.ts'
import { err, ok } from '../model/result.ts'
import { isMasked, mapSecrets, masked } from '../model/secret-paths.ts'
import type { Keyring } from './keyring.ts'
import type { Place } from './seal.ts'
import { opened, seal } from './seal.ts'

type Owner = Omit<Place, 'field'>

const at = (owner: Owner, path: string): Place => ({ ...owner, field: `config${path}` })

/** A config as JSON keeps it, so that what is stored, sealed and answered is one and the same. */
export function jsonOf(config: Record<string, unknown>): JsonObject {
  const json: unknown = JSON.parse(JSON.stringify(config))
  return isJsonObject(json) ? json : {}
}

async function mapConfig(
  config: JsonObject,
  paths: readonly string[],
  map: (text: string, at: string) => Promise<string>,
): Promise<JsonObject> {
  const mapped = await mapSecrets(config, paths, map)
  return isJsonObject(mapped) ? mapped : config
}

export const openConfig = (
  keyring: Keyring,
  owner: Owner,
  config: JsonObject,
  paths: readonly string[],
): Promise<JsonObject> =>
  mapConfig(config, paths, (text, path) => opened(keyring, at(owner, path), text))

export const maskConfig = (config: JsonObject, paths: readonly string[]): Promise<JsonObject> =>
  mapConfig(config, paths, async (text) => masked(text))

const parentOf = (path: string): string => path.slice(0, path.lastIndexOf('/'))

/**
 * `config` with each masked secret replaced by the stored one that it stands for: one in the same list or object that
 * shows this very mask (so `[new, "••••last"]` keeps the old secret one place further), else the one in its own place.
 * `masked_secret`: a mask that stands for nothing stored. `stored` is open.
 */
export async function keepMasked(
  config: JsonObject,
  stored: JsonObject,
  paths: readonly string[],
): Promise<Result<JsonObject, 'masked_secret'>> {
  const secrets = new Map<string, string>()
  await mapSecrets(stored, paths, async (text, path) => {
    secrets.set(path, text)
    return text
  })
  let unknown = false
  const kept = await mapConfig(config, paths, async (text, path) => {
    if (!isMasked(text)) return text
    const siblings = [...secrets].filter(([other]) => parentOf(other) === parentOf(path))
    const same = siblings.filter(([, secret]) => masked(secret) === text)
    const [, twin] = same.find(([other]) => other === path) ?? same[0] ?? []
    const secret = twin ?? secrets.get(path)
    if (secret === undefined) unknown = true
    return secret ?? text
  })
  return unknown ? err('masked_secret') : ok(kept)
}

/** What a row holds of a config. */
export interface SealedConfig {
  config: JsonObject
  secret_paths: string[]
}

/** `config` as it is stored: its secrets sealed, and the masked ones taken from `stored`, the row so far. */
export async function resealConfig(
  keyring: Keyring,
  owner: Owner,
  config: Record<string, unknown>,
  secretPaths: readonly string[],
  stored: SealedConfig | null,
  random: (bytes: number) => Uint8Array,
): Promise<Result<SealedConfig, 'masked_secret'>> {
  const open =
    stored === null ? {} : await openConfig(keyring, owner, stored.config, stored.secret_paths)
  const kept = await keepMasked(jsonOf(config), open, secretPaths)
  if (!kept.ok) return kept
  const sealed = await mapConfig(jsonOf(kept.value), secretPaths, (text, path) =>
    seal(keyring, at(owner, path), text, random),
  )
  return ok({ config: sealed, secret_paths: [...secretPaths] })
}
