import { masked } from '../model/secret-paths.ts'

/** Shorter texts are no secrets, and masking each `1` would leave nothing to read. */
const shortest = 4

const dots = masked('')

function textsAt(value: unknown, path: readonly string[]): string[] {
  const [step, ...rest] = path
  if (step === undefined) return typeof value === 'string' ? [value] : []
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, item]) =>
    step === '*' || step === key ? textsAt(item, rest) : [],
  )
}

/** The texts at a type's secret paths (`auth.password`, `headers.*`) of its config. */
export const secretsIn = (config: unknown, paths: readonly string[]): string[] =>
  paths.flatMap((path) => textsAt(config, path.split('.')))

/** `Bearer abc` as its scheme and `abc`; other values have no scheme. */
function partsOf(value: string): { scheme: string; credential: string } {
  const [, scheme = '', credential = value] = /^((?:Basic|Bearer) )(.+)$/i.exec(value) ?? []
  return { scheme, credential }
}

/** A secret header's value without its scheme: what a receiver may echo. */
export const credentialOf = (value: string): string => partsOf(value).credential

/** A secret header's value as people may see it. */
export function shownHeader(value: string): string {
  const { scheme, credential } = partsOf(value)
  // The end of a Basic credential is the end of the password, however short that is.
  return scheme + (/^basic/i.test(scheme) ? dots : masked(credential))
}

const inLowerCase = (encoded: string): string =>
  encoded.replaceAll(/%[0-9A-F]{2}/g, (octet) => octet.toLowerCase())

/** What every encoding leaves as it is. */
const plain = /^[\w.-]*$/

/** The ways in which a receiver that echoes its request writes a secret. */
function spellings(secret: string): string[] {
  if (plain.test(secret)) return [secret]
  const inJson = JSON.stringify(secret).slice(1, -1)
  const inUrl = encodeURIComponent(secret.toWellFormed())
  const inForm = new URLSearchParams([['', secret]]).toString().slice(1)
  return [
    secret,
    inJson,
    // As PHP writes JSON.
    inJson.replaceAll('/', String.raw`\/`),
    inUrl,
    inForm,
    inLowerCase(inUrl),
    inLowerCase(inForm),
    secret.replaceAll('&', '&amp;'),
  ]
}

/** `cutText` without its last characters where these are the beginning of a secret that was cut off. */
function withoutCutSecret(cutText: string, secrets: readonly string[]): string {
  const text = cutText.endsWith('…') ? cutText.slice(0, -1) : cutText
  for (const secret of secrets) {
    for (let n = Math.min(secret.length - 1, text.length); n >= shortest; n--) {
      if (text.endsWith(secret.slice(0, n))) return text.slice(0, -n) + dots
    }
  }
  return cutText
}

/** `text` with each of `secrets` (of four characters and more) masked; `truncated`: its end may be half of one. */
export function redact(text: string, secrets: readonly string[], truncated: boolean): string {
  // As most answers are: empty, or `ok`.
  if (text.length < shortest) return text
  const all = [...new Set(secrets.filter(({ length }) => length >= shortest).flatMap(spellings))]
  // The longest first, because a shorter one may be a part of it.
  all.sort((a, b) => b.length - a.length)
  let redacted = text
  for (const secret of all) redacted = redacted.replaceAll(secret, dots)
  return truncated ? withoutCutSecret(redacted, all) : redacted
}
