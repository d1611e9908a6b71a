import type { EventHead } from '../../model/event.ts'
import { isJsonObject } from '../../model/json.ts'
import type { Json, JsonObject } from '../../model/json.ts'
import type { Card, Tone } from '../mapping/card.ts'
import { cut } from '../mapping/cut.ts'
import { withoutLinks } from '../mapping/markup.ts'

const colors: Record<Tone, string> = { neutral: 'Default', good: 'Good', bad: 'Attention' }

const block = (text: string, more: JsonObject = {}): JsonObject => ({
  type: 'TextBlock',
  text: withoutLinks(text),
  wrap: true,
  ...more,
})

/** In the reader's own time zone and language. https://learn.microsoft.com/adaptive-cards/authoring-cards/text-features#datetime-formatting-and-localization */
function timeOf(time: string): string {
  const ms = Date.parse(time)
  if (Number.isNaN(ms)) return ''
  const utc = `${new Date(ms).toISOString().slice(0, 19)}Z`
  return ` · {{DATE(${utc}, SHORT)}} {{TIME(${utc})}}`
}

/** Version 1.5 is what Teams shows: https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/cards-reference */
export const adaptiveCard = (
  { title, text, link, linkText, image, fields, tone }: Card,
  { type, time }: Pick<EventHead, 'type' | 'time'>,
): JsonObject => ({
  $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
  type: 'AdaptiveCard',
  version: '1.5',
  msteams: { width: 'Full' },
  body: [
    block(title, { size: 'Large', weight: 'Bolder', style: 'heading', color: colors[tone] }),
    ...(text === null ? [] : [block(text)]),
    ...(image === null ? [] : [{ type: 'Image', url: image, altText: cut(title, 200) }]),
    ...(fields.length === 0
      ? []
      : [
          {
            type: 'FactSet',
            facts: fields.map(({ name, value }) => ({
              title: withoutLinks(name),
              value: withoutLinks(value),
            })),
          },
        ]),
    block(`${cut(type, 200)}${timeOf(time)}`, { isSubtle: true, size: 'Small' }),
  ],
  ...(link === null
    ? {}
    : { actions: [{ type: 'Action.OpenUrl', title: cut(linkText, 100), url: link }] }),
})

/** Which members people read, by the type of what they are in. */
const read: Readonly<Record<string, readonly string[]>> = {
  TextBlock: ['text'],
  TextRun: ['text'],
  Fact: ['title', 'value'],
}

/** `card` with each text that people read cut at `most` characters. */
function shortened(card: Json, most: number, holder = ''): Json {
  if (Array.isArray(card)) return card.map((one) => shortened(one, most, holder))
  if (!isJsonObject(card)) return card
  // A fact says its type by where it stands.
  const type = typeof card['type'] === 'string' ? card['type'] : holder
  const texts = Object.hasOwn(read, type) ? (read[type] ?? []) : []
  return Object.fromEntries(
    Object.entries(card).map(([name, value]) => {
      if (typeof value === 'string') return [name, texts.includes(name) ? cut(value, most) : value]
      return [name, shortened(value, most, name === 'facts' ? 'Fact' : '')]
    }),
  )
}

const longestTexts = [16_000, 8000, 4000, 2000, 1000, 500, 250, 125]

/** `card` with the longest texts with which `fits` is content; `null`: it is with none. */
export function fitted(card: JsonObject, fits: (card: Json) => boolean): Json | null {
  for (const most of longestTexts) {
    const shorter = shortened(card, most)
    if (fits(shorter)) return shorter
  }
  return null
}
