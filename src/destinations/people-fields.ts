/** What CRMs and mailing lists are told of people. */

import { isJsonObject } from '../model/json.ts'
import type { Json, JsonObject } from '../model/json.ts'
import { err, ok } from '../model/result.ts'
import type { Result } from '../model/result.ts'
import type { Message, Stopped } from './destination.ts'
import type { Card } from './mapping/card.ts'
import { mappedAt, mappingInvalid, textField } from './mapping/fields.ts'
import type { Person } from './mapping/people.ts'

/** What every receiver takes for one; what else it may be is theirs to refuse. */
const address = /^[^\s@"(),:;<>[\]\\]+@[^\s@"(),:;<>[\]\\]+\.[^\s@"(),:;<>[\]\\.]+$/

/** An e-mail address of at most `most` characters; `null`: there is none. A default that is none is left out. */
export function emailField(
  message: Message,
  byDefault: string | null,
  most: number,
): Result<string | null, Stopped> {
  const text = textField(message, 'email', byDefault)
  if (!text.ok || text.value === null) return text
  const email = text.value.trim()
  if (address.test(email) && email.length <= most) return ok(email)
  return mappedAt(message, 'email') === undefined
    ? ok(null)
    : err(mappingInvalid('email', `must be an e-mail address of at most ${most} characters`))
}

/** An e-mail address without which there is nothing to send. */
export function requiredEmail(
  message: Message,
  byDefault: string | null,
  most: number,
): Result<string, Stopped> {
  const email = emailField(message, byDefault, most)
  if (!email.ok) return email
  return email.value === null
    ? err(mappingInvalid('email', 'the event has no e-mail address: map one'))
    : ok(email.value)
}

/** First and last name; a whole name is parted at its last space. */
export function namesOf({ firstName, lastName, name }: Person): {
  first: string | null
  last: string | null
} {
  if (firstName !== null || lastName !== null || name === null) {
    return { first: firstName, last: lastName }
  }
  const at = name.trim().lastIndexOf(' ')
  return at < 0
    ? { first: null, last: name.trim() }
    : { first: name.trim().slice(0, at), last: name.trim().slice(at + 1) }
}

/** A mapped object of the receiver's own fields; empty where none is mapped. */
export function objectField(message: Message, field: string): Result<JsonObject, Stopped> {
  const value: Json = mappedAt(message, field) ?? {}
  return isJsonObject(value) ? ok(value) : err(mappingInvalid(field, 'must be an object'))
}

/** A card as plain lines: its text, its fields, and where to read on. */
export const linesOf = ({ text, fields, link }: Card): string =>
  [text, fields.map(({ name, value }) => `${name}: ${value}`).join('\n'), link]
    .filter((part) => part !== null && part !== '')
    .join('\n\n')

/** What a retry finds its own record by. */
export const markerOf = ({ deliveryId }: Message): string => `Switchyard ${deliveryId}`
