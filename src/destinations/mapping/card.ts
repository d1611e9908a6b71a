/** An event in words that people read: what messages, posts, tickets and mails are made of. */

import { isJsonObject, parseJson } from '../../model/json.ts'
import type { Json } from '../../model/json.ts'
import { err, ok } from '../../model/result.ts'
import type { Result } from '../../model/result.ts'
import type { MappingField, Message, Stopped } from '../destination.ts'
import { mappedAt, mappingInvalid, textField, urlField } from './fields.ts'
import { shown } from './look.ts'
import { tones } from './telling.ts'
import type { Card, CardField } from './telling.ts'
import { wordsFor } from './words.ts'

export type { Card, CardField, Tone } from './telling.ts'

/** What every type that shows a card lets a mapping replace. */
export const cardFields: readonly MappingField[] = [
  { name: 'title', is: 'the headline: a text' },
  { name: 'text', is: 'what stands below it: a text, or null for none' },
  { name: 'link', is: 'where to read on: an http(s) URL, or null for none' },
  { name: 'link_text', is: 'what the link says: a text' },
  { name: 'image', is: 'a picture: an http(s) URL, or null for none' },
  { name: 'fields', is: 'an object of names and values, or a list of {name, value}' },
  { name: 'tone', is: 'neutral, good or bad' },
]

export const cardFieldNames = [
  'title',
  'text',
  'link',
  'link_text',
  'image',
  'fields',
  'tone',
] as const

/** The JSON of the message; `undefined` where it is none. */
export const dataOf = ({ body }: Message): Json | undefined => parseJson(body)

function fieldsOf(value: Json): CardField[] | null {
  if (value === null) return []
  if (isJsonObject(value)) {
    return Object.entries(value).map(([name, one]) => ({ name, value: shown(one) }))
  }
  if (!Array.isArray(value)) return null
  const fields = value.flatMap((one) =>
    isJsonObject(one) && typeof one['name'] === 'string'
      ? [{ name: one['name'], value: shown(one['value']) }]
      : [],
  )
  return fields.length === value.length ? fields : null
}

/** The event's card: what its kind is said like by default, and what the mapping says instead. */
export function cardOf(message: Message): Result<Card, Stopped> {
  const byDefault = wordsFor(message.event, dataOf(message))
  const title = textField(message, 'title', byDefault.title)
  const text = textField(message, 'text', byDefault.text)
  const link = urlField(message, 'link', byDefault.link)
  const linkText = textField(message, 'link_text', byDefault.linkText)
  const image = urlField(message, 'image', byDefault.image)
  const mappedFields = mappedAt(message, 'fields')
  const fields = mappedFields === undefined ? byDefault.fields : fieldsOf(mappedFields)
  const mappedTone = mappedAt(message, 'tone')
  const tone = mappedTone === undefined ? byDefault.tone : tones.find((one) => one === mappedTone)
  if (!title.ok) return title
  if (!text.ok) return text
  if (!link.ok) return link
  if (!linkText.ok) return linkText
  if (!image.ok) return image
  if (fields === null) {
    return err(mappingInvalid('fields', 'must be an object, or a list of {name, value}'))
  }
  if (tone === undefined) return err(mappingInvalid('tone', 'must be neutral, good or bad'))
  return ok({
    title: title.value ?? byDefault.title,
    text: text.value,
    link: link.value,
    linkText: linkText.value ?? byDefault.linkText,
    image: image.value,
    fields,
    tone,
  })
}
