import * as z from 'zod'

/** The API's times: RFC 3339 in UTC with milliseconds. Inside the house time is a number of ms. */
export const timeOf = (ms: number): string => new Date(ms).toISOString()

export const timeOrNull = (ms: number | null): string | null => (ms === null ? null : timeOf(ms))

/** A time as callers write it: RFC 3339 with any offset. */
export const Time = z.iso.datetime({ offset: true })

/** What a caller's time is here; `null` where the text is not one. */
export function msOf(text: string): number | null {
  const ms = Time.safeParse(text).success ? Date.parse(text) : Number.NaN
  return Number.isNaN(ms) ? null : ms
}

/** A caller's time in the API's own form. */
export const normalTime = (text: string): string => {
  const ms = msOf(text)
  return ms === null ? text : timeOf(ms)
}
