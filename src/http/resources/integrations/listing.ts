import type { Integration } from '../../../pipeline/integrations.ts'
import type { Page } from '../../../model/page.ts'

interface Asked {
  limit: number
  order: 'asc' | 'desc'
  after: string | null
  since: number | null
  until: number | null
}

/** A page of integrations, as every list has it. They are read at once, for a tenant has few; ids sort by time. */
export function pageIn(
  all: readonly Integration[],
  { limit, order, after, since, until }: Asked,
): Page<Integration> {
  const sign = order === 'asc' ? 1 : -1
  const compare = (a: string, b: string): number => (a === b ? 0 : a < b ? -sign : sign)
  const found = all
    .filter(({ destination: { id, created_at } }) => {
      if (since !== null && created_at < since) return false
      if (until !== null && created_at >= until) return false
      return after === null || compare(id, after) > 0
    })
    .sort((a, b) => compare(a.destination.id, b.destination.id))
  const data = found.slice(0, limit)
  const last = data.at(-1)
  return { data, next_cursor: found.length > limit ? (last?.destination.id ?? null) : null }
}
