/** https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html */

import { isJsonObject, parseJson } from '../../model/json.ts'
import type { Refusal } from '../../model/refusal.ts'
import { err, ok } from '../../model/result.ts'
import type { Result } from '../../model/result.ts'
import { utf8 } from '../../signing/bytes.ts'
import { textAt } from '../payload.ts'
import type { SourceRequest } from '../source.ts'

export type SnsMessage = Partial<Record<Field, string>>

const notification = ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'] as const

const confirmation = [
  'Message',
  'MessageId',
  'SubscribeURL',
  'Timestamp',
  'Token',
  'TopicArn',
  'Type',
] as const

const unsigned = ['Signature', 'SignatureVersion', 'SigningCertURL'] as const

type Field = (typeof notification | typeof confirmation | typeof unsigned)[number]

/** What is signed of each type, in this order. */
const signedFields: ReadonlyMap<string, readonly Field[]> = new Map<string, readonly Field[]>([
  ['Notification', notification],
  ['SubscriptionConfirmation', confirmation],
  ['UnsubscribeConfirmation', confirmation],
])

// Fields are parted by line breaks alone: with one in any but the message, the same lines would have a second reading.
const lineBreak = /\p{Cc}/u

/** The message's texts, not yet proved. */
export function readSnsMessage({ headers, body }: SourceRequest): Result<SnsMessage, Refusal> {
  const malformed = (detail: string) => err({ reason: 'malformed_body', detail } as const)
  if (headers.get('x-amz-sns-rawdelivery') === 'true') {
    return malformed('raw message delivery has no signature: turn it off for this subscription')
  }
  const json = parseJson(body)
  if (!isJsonObject(json)) return malformed('it is no message of SNS')
  const names = signedFields.get(textAt(json, 'Type') ?? '')
  if (names === undefined) return malformed('its Type is none of SNS')
  const message: SnsMessage = {}
  for (const name of [...names, ...unsigned]) {
    const value = Object.hasOwn(json, name) ? json[name] : undefined
    if (typeof value === 'string') {
      if (name !== 'Message' && lineBreak.test(value)) return malformed(`${name} has a line break`)
      message[name] = value
    } else if (name !== 'Subject' || (value !== undefined && value !== null)) {
      return err({ reason: 'missing_field', field: name })
    }
  }
  return ok(message)
}

/** What AWS signs of it: of each field a line with the name and one with the value. */
export function snsContent(message: SnsMessage): Uint8Array {
  const lines = (signedFields.get(message.Type ?? '') ?? []).flatMap((name) => {
    const value = message[name]
    return value === undefined ? [] : [`${name}\n${value}\n`]
  })
  return utf8(lines.join(''))
}
