import * as z from 'zod'

export interface Address {
  email: string
  name: string | null
}

/** RFC 5321 4.5.3.1, without quoted local parts: what every provider takes. */
const email = /^[^\s@<>()[\]\\,;:"]{1,64}@[^\s@<>()[\]\\,;:"]{1,255}$/

/** A line break in a header would begin another header. */
export const hasControls = (text: string): boolean => /\p{Cc}/u.test(text)

/** `jane@example.com` or `Jane Doe <jane@example.com>`; `null`: neither. */
export function addressOf(text: string): Address | null {
  if (text.length > 998 || hasControls(text)) return null
  const named = /^(?<name>[^<>]*)<(?<inner>[^<>]*)>$/.exec(text.trim())
  const inner = (named?.groups?.['inner'] ?? text).trim()
  const name = (named?.groups?.['name'] ?? '').trim().replace(/^"(.*)"$/, '$1')
  return email.test(inner) ? { email: inner, name: name === '' ? null : name } : null
}

/** As a header has it: RFC 5322 3.4, the name quoted where it is more than words. */
export function headerOf({ email, name }: Address): string {
  if (name === null) return email
  const plain = /^[\p{L}\p{M}\p{N} !#$%&'*+/=?^_`{|}~-]+$/u.test(name)
  return `${plain ? name : `"${name.replaceAll(/["\\]/g, '\\$&')}"`} <${email}>`
}

export const mostRecipients = 50

export const AddressText = z
  .string()
  .refine((text) => addressOf(text) !== null, 'like jane@example.com or Jane <jane@example.com>')
