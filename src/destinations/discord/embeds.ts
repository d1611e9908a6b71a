import type { EventHead } from '../../model/event.ts'
import { isJsonObject } from '../../model/json.ts'
import type { Json, JsonObject } from '../../model/json.ts'
import { err, ok } from '../../model/result.ts'
import type { Result } from '../../model/result.ts'
import type { Stopped } from '../destination.ts'
import type { Card, CardField, Tone } from '../mapping/card.ts'
import { cut } from '../mapping/cut.ts'
import { mappingInvalid } from '../mapping/fields.ts'
import { limited } from '../mapping/limits.ts'
import type { Limit } from '../mapping/limits.ts'
import { at } from '../mapping/look.ts'
import { withoutLinks } from '../mapping/markup.ts'

const mostEmbeds = 10
const mostFields = 25
/** Of all titles, descriptions, field names and values, footers and authors of one message. */
const mostCharacters = 6000
export const longestUrl = 2048

/** https://docs.discord.com/developers/resources/message#embed-object-embed-limits */
const limits: readonly Limit[] = [
  { at: 'title', of: 'text', most: 256 },
  { at: 'description', of: 'text', most: 4096 },
  { at: 'fields', of: 'items', most: mostFields },
  { at: 'fields.*.name', of: 'text', most: 256 },
  { at: 'fields.*.value', of: 'text', most: 1024 },
  { at: 'footer.text', of: 'text', most: 2048 },
  { at: 'author.name', of: 'text', most: 256 },
  ...['url', 'image.url', 'thumbnail.url', 'author.url', 'author.icon_url', 'footer.icon_url'].map(
    (path): Limit => ({ at: path, of: 'exact', most: longestUrl }),
  ),
]

const counted = [['title'], ['description'], ['footer', 'text'], ['author', 'name']]

const lengthOf = (value: Json | undefined): number => (typeof value === 'string' ? value.length : 0)

function charactersOf(embed: Json): number {
  const fields = at(embed, ['fields'])
  const inFields = Array.isArray(fields)
    ? fields.map((field) => lengthOf(at(field, ['name'])) + lengthOf(at(field, ['value'])))
    : []
  const others = counted.map((path) => lengthOf(at(embed, path)))
  return [...inFields, ...others].reduce((sum, length) => sum + length, 0)
}

/** What a mapping yields for `embeds`, with its texts cut. */
export function checkedEmbeds(value: Json): Result<Json[], Stopped> {
  if (!Array.isArray(value)) return err(mappingInvalid('embeds', 'must be a list'))
  if (value.length > mostEmbeds)
    return err(mappingInvalid('embeds', `has more than ${mostEmbeds} embeds`))
  const embeds: Json[] = []
  let characters = 0
  for (const [i, embed] of value.entries()) {
    const path = `embeds[${i}]`
    if (!isJsonObject(embed)) return err(mappingInvalid(path, 'must be an object'))
    const checked = limited(embed, limits, path)
    if (!checked.ok) return checked
    characters += charactersOf(checked.value)
    if (characters > mostCharacters)
      return err(mappingInvalid(path, `brings all embeds above ${mostCharacters} characters`))
    embeds.push(checked.value)
  }
  return ok(embeds)
}

const colors: Record<Tone, number> = { neutral: 0x5865f2, good: 0x2ecc71, bad: 0xe74c3c }

/** What a field that has nothing to show shows: Discord takes none that is empty. */
const nothing = '\u200b'

/** As many fields as still fit into `budget` characters. */
function fitting(fields: readonly CardField[], budget: number): JsonObject[] {
  let left = budget
  return fields.flatMap(({ name, value }) => {
    const shown = {
      name: cut(withoutLinks(name), 256) || nothing,
      value: cut(withoutLinks(value), 1024) || nothing,
    }
    left -= shown.name.length + shown.value.length
    return left < 0 ? [] : [{ ...shown, inline: value.length <= 40 }]
  })
}

/** A card as one embed, cut so that it fits. */
export function embedOf(
  { title, text, link, image, fields, tone }: Card,
  { type, time }: Pick<EventHead, 'type' | 'time'>,
): Result<JsonObject, Stopped> {
  if (fields.length > mostFields)
    return err(mappingInvalid('fields', `has more than ${mostFields}`))
  const words = {
    title: cut(title, 256),
    ...(text === null ? {} : { description: cut(withoutLinks(text), 4096) }),
    footer: { text: cut(type, 256) },
  }
  const ms = Date.parse(time)
  return ok({
    ...words,
    ...(link === null ? {} : { url: link }),
    ...(image === null ? {} : { image: { url: image } }),
    color: colors[tone],
    fields: fitting(fields, mostCharacters - charactersOf(words)),
    ...(Number.isNaN(ms) ? {} : { timestamp: new Date(ms).toISOString() }),
  })
}
