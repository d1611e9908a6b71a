import type { Json } from '../model/json.ts'

const longestText = 200
const mostNodes = 30

/**
 * A value as a verdict may hold it: verdicts are stored with every event, so long texts are cut
 * and large arrays and objects become a word on their size.
 */
export function preview(value: Json): Json
export function preview(value: Json | undefined): Json | undefined
export function preview(value: Json | undefined): Json | undefined {
  if (typeof value === 'string') return cut(value)
  if (typeof value !== 'object' || value === null || isSmall(value)) return value
  if (Array.isArray(value)) return `[… ${value.length} elements]`
  return `{… ${Object.keys(value).length} members}`
}

const cut = (text: string): string =>
  text.length > longestText ? `${text.slice(0, longestText)}…` : text

function isSmall(value: Json): boolean {
  let nodes = 0
  let characters = 0
  const rest: Json[] = [value]
  while (rest.length > 0) {
    const next = rest.pop() ?? null
    if (typeof next === 'string') characters += next.length
    if (typeof next === 'object' && next !== null) {
      const names = Array.isArray(next) ? [] : Object.keys(next)
      const members = Array.isArray(next) ? next : Object.values(next)
      nodes += members.length
      if (nodes > mostNodes) return false
      for (const name of names) characters += name.length
      rest.push(...members)
    }
    if (characters > longestText) return false
  }
  return true
}
