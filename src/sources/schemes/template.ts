import { concat, toText, utf8 } from '../../signing/bytes.ts'

const names = ['id', 'timestamp', 'body', 'url', 'method'] as const

export type Slot = (typeof names)[number]

/** What a sender signs, as its texts and the places between them. */
export type Template = readonly (Uint8Array | Slot)[]

const wellFormed = new RegExp(`^(?:[^{}]|\\{(?:${names.join('|')})\\})*$`)

/** Reads `v0:{timestamp}:{body}`; `null` where a brace stands that is not around one of the five names. */
export function parseTemplate(text: string): Template | null {
  if (!wellFormed.test(text)) return null
  return text
    .split(/(\{\w+\})/)
    .filter((part) => part !== '')
    .map((part) => names.find((name) => `{${name}}` === part) ?? utf8(part))
}

export const has = (template: Template, name: Slot): boolean => template.includes(name)

const endsInTime = /(?:\d{9,15}|\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d))$/

/**
 * Whether the id could have taken the time, or the start of a JSON body, from what follows it: the
 * bytes under the signature would be the same, and the rest of the body would be the body.
 */
export function idTakesMore(template: Template, id: string): boolean {
  if (/["[]|\{$/.test(id)) return true
  const [between, next] = template.slice(template.indexOf('id') + 1)
  const time = endsInTime.exec(id)
  if (time === null || next !== 'timestamp' || !(between instanceof Uint8Array)) return false
  return id.slice(0, time.index).endsWith(toText(between))
}

/** The same of a URL, which could also have lost its own start to a body in front of it. */
export const urlTakesMore = (url: string): boolean =>
  !/^https?:\/\//i.test(url) || /[\s"{]|\[$/.test(url)

/** The bytes that were signed. The body goes in as it is, whatever it holds. */
export function fill(template: Template, values: Record<Slot, Uint8Array>): Uint8Array {
  const parts = template.map((part) => (typeof part === 'string' ? values[part] : part))
  const [only, ...others] = parts
  return only !== undefined && others.length === 0 ? only : concat(...parts)
}
