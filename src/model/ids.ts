const prefixes = {
  tenant: 'ten',
  source: 'src',
  event: 'evt',
  rejection: 'rej',
  destination: 'dst',
  connection: 'con',
  delivery: 'dlv',
  apiKey: 'key',
  job: 'job',
} as const

export type Noun = keyof typeof prefixes

/** Crockford's alphabet in ASCII order, so that ids sort as their numbers do. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'
const digits = new Map(Array.from(alphabet, (digit, value) => [digit, value]))

/** `value` (an integer from 0 to 2^53) in `width` digits of base 32, most significant first. */
export function toBase32(value: number, width: number): string {
  let text = ''
  let rest = value
  for (let i = 0; i < width; i++) {
    text = alphabet.charAt(rest % 32) + text
    rest = Math.floor(rest / 32)
  }
  return text
}

/** The inverse of `toBase32`; `null` for anything that is not made of its digits. */
export function fromBase32(text: string): number | null {
  let value = 0
  for (const digit of text) {
    const next = digits.get(digit)
    if (next === undefined) return null
    value = value * 32 + next
  }
  return Number.isSafeInteger(value) ? value : null
}

/** One base-32 digit for each byte of `random` (its low five bits). */
export const randomDigits = (random: Uint8Array): string =>
  Array.from(random, (byte) => alphabet.charAt(byte & 31)).join('')

export const prefixOf = (noun: Noun): string => `${prefixes[noun]}_`

const timeDigits = 10

/**
 * `evt_…`: the prefix, the time in ms in ten digits, and a digit for each random byte (16 make 80 bits).
 * Ids sort by time. Events and deliveries take theirs from the ledger (`event-id.ts`).
 */
export const newId = (noun: Noun, nowMs: number, random: Uint8Array): string =>
  prefixOf(noun) + toBase32(nowMs, timeDigits) + randomDigits(random)
