import { jsonOf, keepMasked } from '../config/index.ts'
import type { JsonObject } from '../model/json.ts'
import { err, ok, type Result } from '../model/result.ts'
import { invalid } from './problem.ts'

/** A mask in place of a secret, where there is no stored secret that it could stand for. */
export const maskRefused = (): Response =>
  invalid([{ path: 'config', message: 'holds a mask (••••) where a secret belongs' }])

/**
 * What a changed config comes to: each member given replaces the stored one, `null` takes it away, and a mask
 * keeps the secret that it stands for. `opened` and the answer hold open secrets.
 */
export async function mergedConfig(
  opened: Record<string, unknown>,
  change: Record<string, unknown>,
  secretPaths: readonly string[],
): Promise<Result<JsonObject, Response>> {
  const stored = jsonOf(opened)
  // A parsed request body holds nothing but Json.
  const entries = Object.entries({ ...stored, ...change } as JsonObject)
  const merged = Object.fromEntries(entries.filter(([, value]) => value !== null))
  const kept = await keepMasked(merged, stored, secretPaths)
  return kept.ok ? ok(kept.value) : err(maskRefused())
}
