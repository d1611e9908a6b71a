/** https://developers.facebook.com/docs/marketing-api/conversions-api/parameters/customer-information-parameters */

import { isJsonObject } from '../../model/json.ts'
import type { Json, JsonObject } from '../../model/json.ts'
import { err, ok } from '../../model/result.ts'
import type { Result } from '../../model/result.ts'
import { utf8 } from '../../signing/bytes.ts'
import { toHex } from '../../signing/encodings.ts'
import { sha256 } from '../../signing/hmac.ts'
import { at, firstTextAt } from '../mapping/look.ts'
import { personOf } from '../mapping/people.ts'

/** `null`: this is no value that Meta could match. The text is trimmed. */
type Normalise = (text: string) => string | null

const lower =
  (then: Normalise): Normalise =>
  (text) =>
    then(text.toLowerCase())

const withoutPunctuation = (text: string) => text.replaceAll(/[\p{P}\p{S}]/gu, '').trim()
const lettersOnly = (text: string) => text.replaceAll(/[^\p{L}\p{M}]/gu, '')

function phone(text: string): string | null {
  const digits = text.replaceAll(/\D/g, '').replace(/^0+/, '')
  return digits.length >= 7 && digits.length <= 15 ? digits : null
}

const genders: ReadonlyMap<string, string> = new Map([
  ['f', 'f'],
  ['female', 'f'],
  ['m', 'm'],
  ['male', 'm'],
])

/** `1990-05-16`, `19900516` */
function birthday(text: string): string | null {
  const digits = text.slice(0, 10).replaceAll(/\D/g, '')
  return /^(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])$/.test(digits) ? digits : null
}

/** What is hashed, and in what form. */
const hashed: Readonly<Record<string, Normalise>> = {
  // No part of it can match what the next one does: a text may be megabytes.
  em: lower((text) => (/^[^\s@]+@[^\s@.]+(?:\.[^\s@.]+)+$/.test(text) ? text : null)),
  ph: phone,
  fn: lower(withoutPunctuation),
  ln: lower(withoutPunctuation),
  ge: lower((text) => genders.get(lettersOnly(text)) ?? null),
  db: birthday,
  ct: lower(lettersOnly),
  st: lower(lettersOnly),
  zp: lower((text) => /^[^-]{2,}/.exec(text.replaceAll(/\s/g, ''))?.[0] ?? null),
  country: lower((text) => (/^[a-z]{2}$/.test(text) ? text : null)),
  external_id: (text) => text,
}

/** What Meta must see as it is. */
const plain = new Set(
  `client_ip_address client_user_agent fbc fbp subscription_id fb_login_id lead_id anon_id madid page_id page_scoped_user_id
  ctwa_clid ig_account_id ig_sid`.split(/\s+/),
)

const isHash = /^[a-f0-9]{64}$/

function hashOf(normalise: Normalise, value: Json): string | null {
  if (typeof value !== 'string' && typeof value !== 'number') return null
  const text = String(value).trim()
  if (isHash.test(text)) return text
  const normal = text === '' ? null : normalise(text)
  return normal === null || normal === '' ? null : toHex(sha256(utf8(normal)))
}

/** The customer's data by Meta's names, raw, as Meta wants it; `error`: what it cannot be, and where. */
export function hashedUserData(raw: Json): Result<JsonObject, { path: string; problem: string }> {
  if (!isJsonObject(raw)) return err({ path: 'user_data', problem: 'must be an object' })
  const data: JsonObject = {}
  for (const [name, value] of Object.entries(raw)) {
    const path = `user_data.${name}`
    if (value === null) continue
    if (plain.has(name)) {
      if (typeof value === 'object') return err({ path, problem: 'must be a text' })
      data[name] = value
      continue
    }
    const normalise = Object.hasOwn(hashed, name) ? hashed[name] : undefined
    if (normalise === undefined) return err({ path, problem: 'Meta knows no such key' })
    const hashes = (Array.isArray(value) ? value : [value]).map((one) => hashOf(normalise, one))
    if (hashes.includes(null)) return err({ path, problem: 'is no value that Meta could match' })
    data[name] = [...new Set(hashes)]
  }
  return ok(data)
}

/** What the event's data knows of its user, as far as it can be matched. */
export function userDataIn(data: Json | undefined, actor: Json): JsonObject {
  const { id, email, phone, firstName, lastName } = personOf(actor)
  const living = at(actor, ['address']) ?? actor
  const context = (name: string) =>
    firstTextAt(data, [name], ['context', name]) ?? firstTextAt(actor, [name])
  const found: Record<string, string | null | undefined> = {
    em: email,
    ph: phone,
    fn: firstName,
    ln: lastName,
    ge: firstTextAt(actor, ['gender']),
    db: firstTextAt(actor, ['date_of_birth'], ['birthday']),
    ct: firstTextAt(living, ['city']),
    st: firstTextAt(living, ['state'], ['region']),
    zp: firstTextAt(living, ['zip'], ['postal_code']),
    country: firstTextAt(living, ['country_code'], ['country']),
    external_id: id,
    client_ip_address: context('ip') ?? context('client_ip_address'),
    client_user_agent: context('user_agent') ?? context('client_user_agent'),
    fbc: context('fbc'),
    fbp: context('fbp'),
  }
  const usable = Object.entries(found).flatMap(([name, value]) => {
    const one = value === null || value === undefined ? null : hashedUserData({ [name]: value })
    return one?.ok === true ? Object.entries(one.value) : []
  })
  return Object.fromEntries(usable)
}
