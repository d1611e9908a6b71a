/** No receiver can hold a delivery back for longer than this. */
const maxMs = 86_400_000

const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')
const month = `(?<month>${months.join('|')})`
const clock = '(?<hour>\\d{2}):(?<minute>\\d{2}):(?<second>\\d{2})'
const shortDay = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)'
const longDay = '(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day'

/** RFC 9110 5.6.7: the form to write, and two obsolete ones to understand. */
const forms = [
  `${shortDay}, (?<day>\\d{2}) ${month} (?<year>\\d{4}) ${clock} GMT`,
  `${longDay}, (?<day>\\d{2})-${month}-(?<year>\\d{2}) ${clock} GMT`,
  `${shortDay} ${month} (?<day>[ \\d]\\d) ${clock} (?<year>\\d{4})`,
].map((form) => new RegExp(`^${form}$`))

/** A year of two digits is never more than 50 years ahead (RFC 9110 5.6.7). */
function fullYear(digits: string, nowMs: number): number {
  const year = Number(digits)
  if (digits.length === 4) return year
  const thisYear = new Date(nowMs).getUTCFullYear()
  const inThisCentury = thisYear - (thisYear % 100) + year
  return inThisCentury > thisYear + 50 ? inThisCentury - 100 : inThisCentury
}

function httpDate(text: string, nowMs: number): number | null {
  const parts = forms.map((form) => form.exec(text)?.groups).find((found) => found !== undefined)
  if (parts === undefined) return null
  const { year = '', month = '', day, hour, minute, second } = parts
  const [d, h, m, s] = [Number(day), Number(hour), Number(minute), Number(second)]
  const at = new Date(Date.UTC(fullYear(year, nowMs), months.indexOf(month), d, h, m, s))
  const real = at.getUTCDate() === d && h <= 23 && m <= 59 && s <= 60
  return real ? at.getTime() : null
}

/**
 * How long the receiver asks to be left alone, in ms, at most 24 h: from whole or decimal seconds (Shopify writes
 * "2.0") or an HTTP date (RFC 9110 10.2.3). A time that has passed is 0; what is neither is `null`.
 */
export function retryAfterMs(value: string | null, nowMs: number): number | null {
  const text = value?.trim() ?? ''
  if (/^\d+(?:\.\d+)?$/.test(text)) return Math.min(Math.ceil(Number(text) * 1000), maxMs)
  const at = httpDate(text, nowMs)
  return at === null ? null : Math.min(Math.max(at - nowMs, 0), maxMs)
}
