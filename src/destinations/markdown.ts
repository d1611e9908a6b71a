/** A card as Markdown, for issue trackers. */

import type { Card } from './mapping/card.ts'
import { cut } from './mapping/cut.ts'

const mostFields = 40
const mostName = 100
const mostValue = 1000

/** Data of an event as text that is nothing but text (CommonMark 2.4). */
export const plain = (text: string): string => text.replaceAll(/[\\`*_[\]<>|~#&]/g, String.raw`\$&`)

const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').trim()

/** A URL as the parser writes it has nothing in it that would end `<…>` (CommonMark 6.3). */
const urlOf = (url: string): string => `<${URL.parse(url)?.href ?? ''}>`

export interface Wording {
  /** Whether the text is a mapping's, and so Markdown already. */
  written: boolean
  /** At most so many characters: the text is cut, and if that is not enough, fields are left out. */
  most: number
  /** How data becomes text. */
  quote?: (text: string) => string
}

/** The card without its title: the text, the fields, the picture, the link. */
export function markdownOf(card: Card, { written, most, quote = plain }: Wording): string {
  const { link, image, linkText } = card
  const fields = card.fields.slice(0, mostFields).map(({ name, value }) => {
    const [said, shown] = [cut(oneLine(name), mostName), cut(oneLine(value), mostValue)].map(quote)
    return `- **${said}:** ${shown}`
  })
  const ends = [
    ...(image === null ? [] : [`![](${urlOf(image)})`]),
    ...(link === null ? [] : [`[${quote(oneLine(linkText))}](${urlOf(link)})`]),
  ]
  const room = (parts: readonly string[]): number => most - parts.join('\n\n').length - 4
  while (fields.length > 0 && room([fields.join('\n'), ...ends]) < 0) fields.pop()
  const rest = [...(fields.length === 0 ? [] : [fields.join('\n')]), ...ends]
  const text = cut(card.text ?? '', most)
  const whole = written ? text : quote(text)
  return [cut(whole, Math.max(room(rest), 1)), ...rest]
    .filter((part) => part !== '')
    .join('\n\n')
    .slice(0, most)
}
