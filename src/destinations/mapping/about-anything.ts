import type { EventHead } from '../../model/event.ts'
import { isJsonObject } from '../../model/json.ts'
import type { Json } from '../../model/json.ts'
import { isWebUrl } from './fields.ts'
import { firstTextAt, shown } from './look.ts'
import type { Card } from './telling.ts'

/** `order.paid` as `Order paid`, `orders/create` as `Orders create`. */
export function titleOf(type: string): string {
  const words = type.replaceAll(/[._/:-]+/g, ' ').trim()
  return words === '' ? 'Event' : words.charAt(0).toUpperCase() + words.slice(1)
}

const mostFields = 10

/** What is short enough to be read at a glance, in its own order. */
const readable = (data: Json | undefined): Card['fields'] =>
  isJsonObject(data)
    ? Object.entries(data)
        .filter(([, value]) => typeof value !== 'object')
        .map(([name, value]) => ({ name, value: shown(value) }))
        .filter(({ value }) => value.length <= 200)
        .slice(0, mostFields)
    : []

/** Any event: its type as a sentence, and the plain members of its data. */
export function aboutAnything(
  { type, source }: Pick<EventHead, 'type' | 'source'>,
  data: Json | undefined,
): Card {
  const link = firstTextAt(data, ['url'], ['html_url'], ['link'])
  return {
    title: titleOf(type),
    text: firstTextAt(data, ['message'], ['text'], ['description'], ['title']) ?? null,
    link: link !== undefined && isWebUrl(link) ? link : null,
    linkText: 'Open',
    image: null,
    fields:
      source === null ? readable(data) : [{ name: 'source', value: source }, ...readable(data)],
    tone: 'neutral',
  }
}
