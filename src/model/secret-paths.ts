import type { Json } from './json.ts'

const mapAt = async (
  value: Json,
  path: readonly string[],
  map: (text: string, at: string) => Promise<string>,
  at: string,
): Promise<Json> => {
  const [step, ...rest] = path
  if (step === undefined) return typeof value === 'string' ? map(value, at) : value
  if (Array.isArray(value)) {
    if (step !== '*') return value
    return Promise.all(value.map((item, i) => mapAt(item, rest, map, `${at}/${i}`)))
  }
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(async ([key, item]) => [
    key,
    step === '*' || step === key ? await mapAt(item, rest, map, `${at}/${key}`) : item,
  ])
  return Object.fromEntries(await Promise.all(entries)) as Json // The entries of a Json object are Json.
}

/**
 * `config` with every text at one of `paths` (`auth.password`, `headers.*`) replaced by what `map` makes of it.
 * `map` is told where the text stands (`/auth/password`). Everything else stays as it is.
 */
export async function mapSecrets(
  config: Json,
  paths: readonly string[],
  map: (text: string, at: string) => Promise<string>,
): Promise<Json> {
  let mapped = config
  for (const path of paths) mapped = await mapAt(mapped, path.split('.'), map, '')
  return mapped
}

const dots = '••••'

/** What a reader may see of a secret: that there is one, and its end if it is long enough to spare it. */
export const masked = (secret: string): string =>
  secret.length >= 12 ? dots + secret.slice(-4) : dots

/** A text that `masked` could have made, so that a client which sends back what it read changes nothing. */
export const isMasked = (text: string): boolean => text.startsWith(dots) && text.length <= 8
