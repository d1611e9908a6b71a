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
import { mrkdwn } from '../mapping/markup.ts'

const mostBlocks = 50
const fieldsInSection = 10
const mostFields = 400
export const longestUrl = 3000

const text = (at: string, most: number): Limit => ({ at, of: 'text', most })
const exact = (at: string, most: number): Limit => ({ at, of: 'exact', most })
const items = (at: string, most: number): Limit => ({ at, of: 'items', most })

const ofElement = (at: string): Limit[] => [
  exact(`${at}.action_id`, 255),
  exact(`${at}.value`, 2000),
  exact(`${at}.url`, longestUrl),
  exact(`${at}.image_url`, longestUrl),
  text(`${at}.alt_text`, 2000),
]

/** https://docs.slack.dev/reference/block-kit/blocks, by the type of the block. */
const limits: Readonly<Record<string, readonly Limit[]>> = {
  header: [text('text.text', 150)],
  section: [
    text('text.text', 3000),
    items('fields', fieldsInSection),
    text('fields.*.text', 2000),
    text('accessory.text.text', 75),
    ...ofElement('accessory'),
  ],
  image: [exact('image_url', longestUrl), text('alt_text', 2000), text('title.text', 2000)],
  context: [items('elements', 10), ...ofElement('elements.*')],
  actions: [items('elements', 25), text('elements.*.text.text', 75), ...ofElement('elements.*')],
  markdown: [text('text', 12_000)],
}

/** What a mapping yields for `blocks`, with its texts cut. */
export function checkedBlocks(value: Json): Result<Json[], Stopped> {
  if (!Array.isArray(value)) return err(mappingInvalid('blocks', 'must be a list'))
  if (value.length > mostBlocks)
    return err(mappingInvalid('blocks', `has more than ${mostBlocks} blocks`))
  const blocks: Json[] = []
  for (const [i, block] of value.entries()) {
    const path = `blocks[${i}]`
    const type = isJsonObject(block) ? block['type'] : undefined
    if (typeof type !== 'string') return err(mappingInvalid(`${path}.type`, 'must be a text'))
    const known = Object.hasOwn(limits, type) ? (limits[type] ?? []) : []
    const checked = limited(block, [exact('block_id', 255), ...known], path)
    if (!checked.ok) return checked
    blocks.push(checked.value)
  }
  return ok(blocks)
}

const plain = (words: string, most: number): JsonObject => ({
  type: 'plain_text',
  text: cut(words, most),
  emoji: true,
})

const marked = (words: string): JsonObject => ({ type: 'mrkdwn', text: words })

const fieldOf = ({ name, value }: CardField): JsonObject =>
  marked(`*${mrkdwn(name, 300)}*\n${mrkdwn(value, 1600)}`)

function sections(fields: readonly CardField[]): JsonObject[] {
  const blocks: JsonObject[] = []
  for (let i = 0; i < fields.length; i += fieldsInSection) {
    blocks.push({ type: 'section', fields: fields.slice(i, i + fieldsInSection).map(fieldOf) })
  }
  return blocks
}

const signs: Record<Tone, string> = {
  neutral: '',
  good: ':large_green_circle: ',
  bad: ':red_circle: ',
}

/** In the reader's own time zone. https://docs.slack.dev/messaging/formatting-message-text#date-formatting */
function timeOf(time: string): string {
  const ms = Date.parse(time)
  if (Number.isNaN(ms)) return ''
  return ` · <!date^${Math.floor(ms / 1000)}^{date_short_pretty} {time}|${mrkdwn(time, 100)}>`
}

/** A card's blocks: header, text, fields, picture, button, and a last line with the event's type and time. */
export function blocksOf(
  card: Card,
  { type, time }: Pick<EventHead, 'type' | 'time'>,
): Result<Json[], Stopped> {
  const { title, link, image, fields } = card
  if (fields.length > mostFields)
    return err(mappingInvalid('fields', `has more than ${mostFields}`))
  return ok([
    { type: 'header', text: plain(title, 150) },
    ...(card.text === null ? [] : [{ type: 'section', text: marked(mrkdwn(card.text, 3000)) }]),
    ...sections(fields),
    ...(image === null ? [] : [{ type: 'image', image_url: image, alt_text: cut(title, 2000) }]),
    ...(link === null
      ? []
      : [
          {
            type: 'actions',
            elements: [
              { type: 'button', action_id: 'open', text: plain(card.linkText, 75), url: link },
            ],
          },
        ]),
    {
      type: 'context',
      elements: [marked(`${signs[card.tone]}${mrkdwn(type, 300)}${timeOf(time)}`)],
    },
  ])
}
