import { expect, it } from 'vitest'
import { eventIdOf } from '../../src/model/event-id.ts'
import { cursorOf, ListQuery, listRequest } from '../../src/http/lists.ts'

const id = eventIdOf({ seq: 1024, shard: 0 }, new Uint8Array(8))

it.each([
  ['nothing', {}, { limit: 50, order: 'desc' }],
  ['the least', { limit: '1' }, { limit: 1 }],
  ['the most', { limit: '250' }, { limit: 250 }],
  ['times', { since: '2026-01-01T00:00:00Z' }, { since: Date.UTC(2026, 0, 1) }],
  ['a time before all others', { since: '0001-01-01T00:00:00Z' }, { since: 0 }],
  ['an offset', { until: '2026-01-01T02:00:00+02:00' }, { until: Date.UTC(2026, 0, 1) }],
  ['a plus as a space', { until: '2026-01-01T02:00:00 02:00' }, { until: Date.UTC(2026, 0, 1) }],
])('a list takes %s', (_case, query, expected) => {
  expect(ListQuery.parse(query)).toMatchObject(expected)
})

it.each([
  [{ limit: '0' }, 'limit'],
  [{ limit: '251' }, 'limit'],
  [{ limit: '-1' }, 'limit'],
  [{ limit: '1.5' }, 'limit'],
  [{ limit: '' }, 'limit'],
  [{ limit: 'ten' }, 'limit'],
  [{ limit: '0x10' }, 'limit'],
  [{ order: 'up' }, 'order'],
  [{ since: 'yesterday' }, 'since'],
  [{ until: '2026-13-01T00:00:00Z' }, 'until'],
])('a list refuses %j', (query, path) => {
  const issues = ListQuery.safeParse(query).error?.issues ?? []
  expect(issues.map((issue) => issue.path.join('.'))).toEqual([path])
})

const requestWith = (cursor: string, order: 'asc' | 'desc' = 'desc') =>
  listRequest('event', ListQuery.parse({ cursor, order }))

it('a cursor opens only the list and the order that it was made for', () => {
  expect(requestWith(cursorOf('desc', id))).toMatchObject({ ok: true, value: { after: id } })
  for (const refused of [
    requestWith(cursorOf('asc', id)),
    requestWith(cursorOf('desc', id), 'asc'),
    requestWith(cursorOf('desc', 'dlv_1')),
    requestWith(id),
    requestWith('%%%'),
    requestWith(''),
  ]) {
    expect(refused.ok ? null : refused.error.status).toBe(422)
  }
})
