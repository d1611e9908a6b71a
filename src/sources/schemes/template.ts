import { concat, utf8 } from '../../signing/bytes.ts'

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

/** The bytes that were signed. The body goes in as it is, whatever it holds. */
export function fill(template: Template, values: Record<Slot, Uint8Array>): Uint8Array {
  const parts = template.map((part) => (typeof part === 'string' ? values[part] : part))
  const [only, ...others] = parts
  return only !== undefined && others.length === 0 ? only : concat(...parts)
}
