import { describe, expect, it } from 'vitest'
import { deliveryIdOf, eventIdOf, placeOfDelivery } from '../../src/model/event-id.ts'
import type { Page } from '../../src/model/page.ts'
import { deliveryAfter, eventAfter, mergePages } from '../../src/pipeline/merge-pages.ts'

interface Row {
  id: string
}

const shards = 3
const orders = ['asc', 'desc'] as const

/** Numbers that the shards share, so that only the shard tells their ids apart. */
const eventIds = Array.from({ length: shards }, (_, shard) =>
  Array.from({ length: 40 }, (_, i) =>
    eventIdOf(
      { seq: 1000 + Math.floor(i / (shard + 1)) * (shard + 1) + (i % (shard + 1)), shard },
      new Uint8Array(8).fill((i * 7 + shard) % 32),
    ),
  ),
)

/** A shard's page: `most` rows at a time, like a search that stops before it has found enough. */
function pageOf(
  ids: readonly string[],
  { order, after, limit }: { order: 'asc' | 'desc'; after: string | null; limit: number },
  most = limit,
): Page<Row> {
  const sorted = order === 'asc' ? ids.toSorted() : ids.toSorted().toReversed()
  const rest = sorted.filter((id) => after === null || (order === 'asc' ? id > after : id < after))
  const data = rest.slice(0, Math.min(limit, most)).map((id) => ({ id }))
  return { data, next_cursor: data.length < rest.length ? (data.at(-1)?.id ?? null) : null }
}

function readAll(
  ids: readonly string[][],
  order: 'asc' | 'desc',
  limit: number,
  most: number,
  afterOn: typeof eventAfter,
): string[] {
  const seen: string[] = []
  let after: string | null = null
  do {
    const pages = ids.map((own, shard) =>
      pageOf(own, { order, limit, after: afterOn({ order, after }, shard) }, most + shard),
    )
    const page: Page<Row> = mergePages(pages, { order, limit })
    expect(page.data.length).toBeLessThanOrEqual(limit)
    seen.push(...page.data.map(({ id }) => id))
    after = page.next_cursor
  } while (after !== null)
  return seen
}

describe.each(orders)('pages of several shards, %s', (order) => {
  const sorted = (ids: readonly string[][]): string[] =>
    order === 'asc' ? ids.flat().toSorted() : ids.flat().toSorted().toReversed()

  it.each([
    [1, 50],
    [7, 50],
    [50, 50],
    [200, 200],
    [7, 2],
  ])('hold each event once, in order: %i a page, %i found at a time', (limit, most) => {
    expect(readAll(eventIds, order, limit, most, eventAfter)).toEqual(sorted(eventIds))
  })

  it('hold each delivery once, in order, though an event’s are cut apart', () => {
    const deliveryIds = eventIds.map((ids) =>
      ids.slice(0, 12).flatMap((id) => [0, 1, 2].map((index) => deliveryIdOf(id, index))),
    )
    expect(readAll(deliveryIds, order, 5, 5, deliveryAfter)).toEqual(sorted(deliveryIds))
  })
})

it('a delivery’s place on its own shard is its own', () => {
  const id = deliveryIdOf(eventIdOf({ seq: 5000, shard: 1 }, new Uint8Array(8)), 3)
  expect(deliveryAfter({ after: id, order: 'desc' }, 1)).toBe(id)
  const elsewhere = deliveryAfter({ after: id, order: 'desc' }, 0)
  expect(elsewhere === null ? null : placeOfDelivery(elsewhere)).toMatchObject({
    shard: 0,
    seq: 5001,
  })
})
