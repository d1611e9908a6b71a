import type { SQL } from 'drizzle-orm'
import { and, asc, desc, gt, gte, lt } from 'drizzle-orm'
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core'
import type { Page } from '../model/page.ts'
import type { ListRequest } from './config.ts'

interface Listed {
  id: SQLiteColumn
  created_at: SQLiteColumn
}

/**
 * The place in a list is an id, and ids sort by time: rows that are added or removed meanwhile move nothing.
 * One row more than asked for is read, to know whether there is a next page.
 */
export function pageQuery(
  { id, created_at }: Listed,
  { limit, order, after, since, until }: ListRequest,
): { where: SQL | undefined; orderBy: SQL; limit: number } {
  const beyond = order === 'asc' ? gt : lt
  return {
    where: and(
      after === null ? undefined : beyond(id, after),
      since === null ? undefined : gte(created_at, since),
      until === null ? undefined : lt(created_at, until),
    ),
    orderBy: order === 'asc' ? asc(id) : desc(id),
    limit: limit + 1,
  }
}

/** `rows` as `pageQuery` asked for them. */
export function pageOf<T extends { id: string }>(rows: T[], { limit }: ListRequest): Page<T> {
  const data = rows.slice(0, limit)
  const last = data.at(-1)
  return { data, next_cursor: rows.length > limit && last !== undefined ? last.id : null }
}
