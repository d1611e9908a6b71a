import * as z from 'zod'
import type { Page } from '../model/page.ts'
import type { Noun } from '../model/ids.ts'
import { prefixOf } from '../model/ids.ts'
import { placeOfDelivery, placeOfEvent } from '../model/event-id.ts'
import { err, ok, type Result } from '../model/result.ts'
import { problem } from './problem.ts'
import { json } from './route.ts'
import { msOf } from './times.ts'

export const whole = (min: number, max: number, described: string) =>
  z
    .string()
    .regex(/^\d{1,6}$/, `a whole number from ${min} to ${max}`)
    .transform(Number)
    .pipe(z.int().min(min, `at least ${min}`).max(max, `at most ${max}`))
    .meta({ type: 'integer', minimum: min, maximum: max, description: described })

const moment = (described: string) =>
  z
    .string()
    .transform((text, context) => {
      // A `+` that was not encoded arrives as a space.
      const ms = msOf(text.replace(' ', '+'))
      // Nothing is older than the epoch, which is where ids begin.
      if (ms !== null) return Math.max(0, ms)
      context.addIssue('a time as in RFC 3339, like 2026-01-31T12:00:00.000Z')
      return z.NEVER
    })
    .meta({ format: 'date-time', description: described })

/** What every list understands. */
export const listQuery = {
  limit: whole(1, 250, 'How many at most.').default(50),
  cursor: z
    .string()
    .max(500)
    .optional()
    .meta({ description: 'The `next_cursor` of the page before.' }),
  order: z
    .enum(['asc', 'desc'])
    .default('desc')
    .meta({ description: 'Newest first unless `asc`.' }),
  since: moment('Not older than this.').optional(),
  until: moment('Older than this.').optional(),
}

export const ListQuery = z.strictObject(listQuery)

export type ListParameters = z.output<typeof ListQuery>

const toBase64Url = (text: string): string =>
  btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')

function fromBase64Url(text: string): string | null {
  try {
    return atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  } catch {
    return null
  }
}

export const cursorOf = (order: 'asc' | 'desc', lastId: string): string =>
  toBase64Url(`${order}:${lastId}`)

function isIdOf(noun: Noun, id: string): boolean {
  if (noun === 'event') return placeOfEvent(id) !== null
  if (noun === 'delivery') return placeOfDelivery(id) !== null
  return id.startsWith(prefixOf(noun)) && /^[a-z]+_[0-9a-z]+$/.test(id)
}

/** What the rooms below ask for, from what the caller asked; or the 422 for a cursor that is not of this list. */
export function listRequest(
  noun: Noun,
  { limit, cursor, order, since, until }: ListParameters,
): Result<
  {
    limit: number
    order: 'asc' | 'desc'
    after: string | null
    since: number | null
    until: number | null
  },
  Response
> {
  const request = { limit, order, since: since ?? null, until: until ?? null }
  if (cursor === undefined) return ok({ ...request, after: null })
  const opened = fromBase64Url(cursor)
  const id = opened?.startsWith(`${order}:`) ? opened.slice(order.length + 1) : null
  if (id !== null && isIdOf(noun, id)) return ok({ ...request, after: id })
  const errors = [{ path: 'cursor', message: 'not a cursor of this list in this order' }]
  return err(problem('invalid_cursor', 'The cursor does not belong to this list.', { errors }))
}

/** A page as the API tells it. */
export const pageOf = <T>(
  { data, next_cursor }: Page<T>,
  order: 'asc' | 'desc',
  show: (item: T) => unknown,
): Response =>
  json({
    data: data.map(show),
    next_cursor: next_cursor === null ? null : cursorOf(order, next_cursor),
  })

export const pageShape = (item: z.ZodType) =>
  z.object({ data: z.array(item), next_cursor: z.string().nullable() })
