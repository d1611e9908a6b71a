import { err, ok } from '../../model/result.ts'
import type { Result } from '../../model/result.ts'
import type { Message, Stopped } from '../destination.ts'
import { cardOf } from '../mapping/card.ts'
import { cut } from '../mapping/cut.ts'
import { mappedAt, mappingInvalid, textField } from '../mapping/fields.ts'
import { addressOf, hasControls, mostRecipients } from './address.ts'
import type { Address } from './address.ts'
import { htmlOf, plainOf } from './words.ts'

/** What all providers are told. */
export interface Mail {
  from: Address
  to: readonly Address[]
  replyTo: Address | null
  subject: string
  text: string
  html: string
}

/** What a config says of every mail. */
export interface Envelope {
  from: string
  to?: string | readonly string[] | undefined
  reply_to?: string | undefined
}

/** RFC 5322 2.1.1 */
const mostSubject = 998

function recipientsOf(message: Message, envelope: Envelope): Result<Address[], Stopped> {
  const value = mappedAt(message, 'to') ?? envelope.to ?? []
  const texts: readonly unknown[] =
    typeof value === 'object' && Array.isArray(value) ? value : [value]
  const to = texts.map((one) => (typeof one === 'string' ? addressOf(one) : null))
  const known = to.filter((one) => one !== null)
  if (known.length < to.length)
    return err(mappingInvalid('to', 'must be an e-mail address, or a list of them'))
  if (known.length === 0) return err(mappingInvalid('to', 'must name a recipient'))
  return known.length > mostRecipients
    ? err(mappingInvalid('to', `names ${known.length} recipients; at most ${mostRecipients}`))
    : ok(known)
}

function subjectOf(message: Message, title: string): Result<string, Stopped> {
  const subject = textField(message, 'subject', null)
  if (!subject.ok) return subject
  if (subject.value !== null && hasControls(subject.value)) {
    return err(mappingInvalid('subject', 'must be one line'))
  }
  const line = subject.value ?? title.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim()
  return ok(cut(line === '' ? 'Event' : line, mostSubject))
}

/** The event as a mail. */
export function mailOf(message: Message, envelope: Envelope): Result<Mail, Stopped> {
  const to = recipientsOf(message, envelope)
  const card = cardOf(message)
  if (!to.ok) return to
  if (!card.ok) return card
  const subject = subjectOf(message, card.value.title)
  const text = textField(message, 'plain_text', plainOf(card.value))
  const html = textField(message, 'html', htmlOf(card.value))
  const from = addressOf(envelope.from)
  if (!subject.ok) return subject
  if (!text.ok) return text
  if (!html.ok) return html
  if (from === null) return err(mappingInvalid('from', 'must be an e-mail address'))
  return ok({
    from,
    to: to.value,
    replyTo: envelope.reply_to === undefined ? null : addressOf(envelope.reply_to),
    subject: subject.value,
    text: text.value ?? plainOf(card.value),
    html: html.value ?? htmlOf(card.value),
  })
}
