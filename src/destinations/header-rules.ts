/** RFC 9110 5.6.2: what a header's name may be made of. */
const token = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,256}$/

/** RFC 9110 5.5, without what only old receivers understand: ASCII, no control characters, no space at the ends. */
const fieldValue = /^(?:[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?)?$/

const maxValueLength = 4096

/** Ours, the connection's, and what proxies on the way believe. */
const reservedNames = new Set(
  `host content-length content-type content-encoding transfer-encoding connection keep-alive te trailer upgrade expect
  accept-encoding user-agent forwarded via x-real-ip`.split(/\s+/),
)
const reservedPrefixes = ['webhook-', 'switchyard-', 'proxy-', 'cf-', 'x-forwarded-']

/** Why a customer may not send a header of this name; `null`: they may. */
export function headerNameProblem(name: string): string | null {
  if (!token.test(name)) return 'This is not a name that an HTTP header can have.'
  const lower = name.toLowerCase()
  return reservedNames.has(lower) || reservedPrefixes.some((prefix) => lower.startsWith(prefix))
    ? 'Switchyard sets this header itself, or it is not for customers to set.'
    : null
}

/** Why a header cannot have this value; `null`: it can. */
export function headerValueProblem(value: string): string | null {
  if (value.length > maxValueLength) return `A header is at most ${maxValueLength} characters long.`
  return fieldValue.test(value)
    ? null
    : 'A header is made of visible ASCII characters, with spaces between them only.'
}

/** `text` as a header can carry it: everything outside of visible ASCII, and `%`, percent-encoded as UTF-8. */
export const headerSafe = (text: string): string =>
  text.toWellFormed().replaceAll(/[^\x21-\x24\x26-\x7e]+/gu, encodeURIComponent)
