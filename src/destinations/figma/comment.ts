import type { JsonObject } from '../../model/json.ts'
import { err, ok } from '../../model/result.ts'
import type { Result } from '../../model/result.ts'
import { toText } from '../../signing/bytes.ts'
import type { Message, Stopped, Talk, Target } from '../destination.ts'
import { cardOf } from '../mapping/card.ts'
import type { Card } from '../mapping/card.ts'
import { cut } from '../mapping/cut.ts'
import { mappingInvalid, textField, valueField } from '../mapping/fields.ts'
import { delivered, figmaCall, figmaOutcome, notRead } from './calls.ts'
import type { Conclusion } from './calls.ts'
import { ClientMeta, fileKey } from './config.ts'
import type { FigmaConfig } from './config.ts'

/** Figma publishes no limit; nobody reads a longer comment. */
const mostMessage = 5000
const manyBytes = 8_388_608

function wordsOf({ title, text, fields, link, linkText }: Card): string {
  const lines = fields.map(({ name, value }) => `${name}: ${cut(value, 300)}`)
  return [title, text, lines.join('\n'), link === null ? null : `${linkText}: ${link}`]
    .filter((part) => part !== null && part !== '')
    .join('\n\n')
}

function bodyOf(message: Message, config: FigmaConfig): Result<JsonObject, Stopped> {
  const card = cardOf(message)
  if (!card.ok) return card
  const said = textField(message, 'message', wordsOf(card.value))
  if (!said.ok) return said
  if (said.value === null) return err(mappingInvalid('message', 'must be a text'))
  const end = config.reference ? `\n\n(${message.deliveryId})` : ''
  const text = cut(said.value, mostMessage - end.length) + end
  const mapped = valueField(message, 'client_meta', config.client_meta ?? null)
  if (mapped === null) return ok({ message: text })
  const meta = ClientMeta.safeParse(mapped)
  return meta.success
    ? ok({ message: text, client_meta: meta.data })
    : err(mappingInvalid('client_meta', 'must be a place as Figma takes it, like {x, y}'))
}

/** https://developers.figma.com/docs/rest-api/comments-endpoints#post-comments-endpoint */
export async function comment(
  message: Message,
  target: Target<FigmaConfig>,
  talk: Talk,
): Promise<Conclusion> {
  const { config } = target
  const body = bodyOf(message, config)
  if (!body.ok) return body.error
  const key = textField(message, 'file_key', config.file_key ?? null)
  if (!key.ok) return key.error
  if (key.value === null || !fileKey.test(key.value))
    return mappingInvalid('file_key', 'must be the key of a file')
  const path = `/v1/files/${key.value}/comments`
  if (message.attempt > 1 && config.reference) {
    const listed = await figmaCall(talk, target, path, null, manyBytes)
    if (!listed.ok) return listed.error
    const text = toText(listed.value.body)
    // A list may be cut off, and still be looked through; what is none has told nothing.
    if (listed.value.status !== 200 || !text.includes('"comments"'))
      return notRead(listed.value, talk.now())
    if (text.includes(message.deliveryId)) return delivered
  }
  const answer = await figmaCall(talk, target, path, body.value)
  return answer.ok ? figmaOutcome(answer.value, talk.now()) : answer.error
}
