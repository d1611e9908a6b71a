import type { Json, JsonObject } from '../../model/json.ts'
import { err, ok } from '../../model/result.ts'
import type { Result } from '../../model/result.ts'
import type { Message, Stopped } from '../destination.ts'
import { cardOf } from '../mapping/card.ts'
import { mappedAt, mappingInvalid, textField } from '../mapping/fields.ts'
import { urlWithin } from '../mapping/limits.ts'
import { mrkdwn } from '../mapping/markup.ts'
import { wellFormed } from '../mapping/well-formed.ts'
import { blocksOf, checkedBlocks, longestUrl } from './blocks.ts'

/** https://docs.slack.dev/reference/methods/chat.postMessage#truncating */
const longestText = 40_000

/** A message's id as Slack writes it. As a number it would have lost its last zeros. */
const timestamp = /^\d{10}\.\d{6}$/

/** The `ts` of a message that the mapping names; `null`: it names none. */
export function timestampAt(message: Message, field: string): Result<string | null, Stopped> {
  const value = textField(message, field, null)
  if (!value.ok || value.value === null || timestamp.test(value.value)) return value
  return err(mappingInvalid(field, 'must be the ts of a message, like "1503435956.000247"'))
}

/** What is posted, wherever it goes: the blocks, and their text for notifications and for readers that show no blocks. */
export function contentOf(message: Message): Result<JsonObject, Stopped> {
  const card = cardOf(message)
  if (!card.ok) return card
  const link = urlWithin(message, 'link', card.value.link, longestUrl)
  if (!link.ok) return link
  const image = urlWithin(message, 'image', card.value.image, longestUrl)
  if (!image.ok) return image
  const { title, text } = card.value
  const mapped = mappedAt(message, 'blocks')
  const shown = { ...card.value, link: link.value, image: image.value }
  const blocks =
    mapped === undefined
      ? blocksOf(shown, message.event)
      : checkedBlocks(mapped === null ? [] : mapped)
  if (!blocks.ok) return blocks
  const words = mrkdwn(text === null ? title : `${title}\n${text}`, longestText)
  return ok({
    text: words.toWellFormed(),
    ...(blocks.value.length === 0
      ? {}
      : { blocks: blocks.value.map((one): Json => wellFormed(one)) }),
  })
}
