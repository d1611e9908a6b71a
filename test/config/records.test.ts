import { beforeAll, describe, expect, it } from 'vitest'
import type { ListRequest } from '../../src/config/config.ts'
import {
  aConnection,
  aDestination,
  aSource,
  aTenant,
  firstPage,
  valueOf,
} from './a-configuration.ts'
import type { TenantSetting } from './a-configuration.ts'

async function furnished(fields: { shards?: number } = {}) {
  const tenant = await aTenant(fields)
  const source = valueOf(await tenant.mine.sources.create(aSource()))
  const destination = valueOf(await tenant.mine.destinations.create(aDestination()))
  const connection = valueOf(
    await tenant.mine.connections.create(aConnection(destination.id, { source_id: source.id })),
  )
  return { ...tenant, source, destination, connection }
}

const kinds = ['sources', 'destinations', 'connections'] as const

describe('a tenant', () => {
  it('reads back what it created, changed and removed', async () => {
    const { mine, source, destination, connection } = await furnished()
    expect(await mine.sources.get(source.id)).toEqual(source)
    expect(await mine.destinations.get(destination.id)).toEqual(destination)
    expect(await mine.connections.get(connection.id)).toEqual(connection)

    const renamed = valueOf(await mine.sources.update(source.id, { name: 'GH', secretPaths: [] }))
    expect(renamed).toEqual({ ...source, name: 'GH', updated_at: renamed.updated_at })
    expect(await mine.sources.get(source.id)).toEqual(renamed)

    const filter = { data: { ref: 'refs/heads/main' } }
    const filtered = valueOf(await mine.connections.update(connection.id, { filter }))
    expect(filtered).toEqual({ ...connection, filter, updated_at: filtered.updated_at })

    expect(await mine.connections.remove(connection.id)).toBe(true)
    expect(await mine.connections.get(connection.id)).toBeNull()
    expect(await mine.connections.remove(connection.id)).toBe(false)
  })

  it('is told of nothing else than its own records', async () => {
    const one = await furnished()
    const other = await furnished()
    for (const kind of kinds) {
      const page = await one.mine[kind].list(firstPage)
      expect(page.data).toHaveLength(1)
    }
    const { configuration } = other
    expect((await configuration.load(other.id))?.sources.map(({ id }) => id)).toEqual([
      other.source.id,
    ])
  })

  it.each(kinds)('does not reach the %s of another tenant by any verb', async (kind) => {
    const owner = await furnished()
    const stranger = await aTenant()
    const ids = {
      sources: owner.source,
      destinations: owner.destination,
      connections: owner.connection,
    }
    const { id } = ids[kind]
    const notFound = { ok: false, error: 'not_found' }
    const theirs = stranger.mine[kind]
    expect(await theirs.get(id)).toBeNull()
    expect(await theirs.update(id, { name: 'mine now', secretPaths: [] })).toEqual(notFound)
    expect(await theirs.remove(id)).toBe(false)
    const unasked = async () => expect.unreachable('a stranger’s change looks at the record')
    expect(await stranger.mine.sources.reconfigure(id, unasked)).toEqual(notFound)
    expect(await stranger.mine.destinations.reconfigure(id, unasked)).toEqual(notFound)
    expect(await stranger.mine.destinations.signingSecrets(id)).toBeNull()
    expect(await stranger.mine.destinations.rotate(id, 'whsec_x', 1)).toEqual(notFound)
    expect(await owner.mine[kind].get(id)).toEqual(ids[kind])
    expect(await owner.configuration.versionOf(owner.id)).toBe(4)
  })

  it('loses no change when two are made of the same record at once', async () => {
    const { mine, destination } = await furnished()
    await Promise.all([
      mine.destinations.update(destination.id, { name: 'New name', secretPaths: [] }),
      mine.destinations.update(destination.id, { concurrency: 7, secretPaths: [] }),
      mine.destinations.update(destination.id, { paused: true, secretPaths: [] }),
    ])
    expect(await mine.destinations.get(destination.id)).toMatchObject({
      name: 'New name',
      concurrency: 7,
      paused: true,
    })
  })

  it('is told why a destination was disabled until somebody switches it', async () => {
    const { mine, destination } = await furnished()
    const gone = { enabled: false, disabled_reason: 'gone', secretPaths: [] }
    const disabled = valueOf(await mine.destinations.update(destination.id, gone))
    expect(disabled).toMatchObject({ enabled: false, disabled_reason: 'gone' })
    const enabled = await mine.destinations.update(destination.id, {
      enabled: true,
      secretPaths: [],
    })
    expect(valueOf(enabled)).toMatchObject({ enabled: true, disabled_reason: null })
  })
})

describe('a connection', () => {
  it.each([
    ['a source', { source_id: 'src_nowhere' }, 'unknown_source'],
    ['a destination', { destination_id: 'dst_nowhere' }, 'unknown_destination'],
  ] as const)('needs %s of its tenant, at creation and at change', async (_what, fields, error) => {
    const { mine, destination, connection } = await furnished()
    const created = await mine.connections.create(aConnection(destination.id, fields))
    expect(created).toEqual({ ok: false, error })
    expect(await mine.connections.update(connection.id, fields)).toEqual({ ok: false, error })
    expect(await mine.connections.get(connection.id)).toEqual(connection)
  })

  it('cannot name the source or destination of another tenant', async () => {
    const owner = await furnished()
    const stranger = await furnished()
    const create = (fields: { source_id?: string; destination_id?: string }) =>
      stranger.mine.connections.create(aConnection(stranger.destination.id, fields))
    expect(await create({ source_id: owner.source.id })).toMatchObject({ error: 'unknown_source' })
    expect(await create({ destination_id: owner.destination.id })).toMatchObject({
      error: 'unknown_destination',
    })
  })

  it.each(['sources', 'destinations'] as const)(
    'goes when what it names in %s goes',
    async (kind) => {
      const { mine, source, destination, connection, ...tenant } = await furnished()
      const { id } = { sources: source, destinations: destination }[kind]
      expect(await mine[kind].remove(id)).toBe(true)
      expect(await mine.connections.get(connection.id)).toBeNull()
      expect(tenant.changes.at(-1)?.connections).toEqual([])
    },
  )

  const byUser = { key: 'data.user', on_dead: 'skip' } as const
  const byOrder = { key: 'data.order', on_dead: 'skip' } as const

  it('of a sharded tenant is ordered by the key that all its orders share', async () => {
    const { mine, destination, connection } = await furnished({ shards: 4 })
    const create = (order: { key?: string; on_dead: 'skip' }) =>
      mine.connections.create(aConnection(destination.id, { order }))
    const conflict = { ok: false, error: 'order_key_conflict' }
    const first = valueOf(await create(byOrder))
    // Alone it may have another key.
    valueOf(await mine.connections.update(first.id, { order: byUser }))
    expect((await create(byUser)).ok).toBe(true)
    expect(await create(byOrder)).toEqual(conflict)
    expect(await create({ on_dead: 'skip' })).toEqual(conflict)
    expect(await mine.connections.update(connection.id, { order: byOrder })).toEqual(conflict)
    expect(await mine.connections.update(first.id, { order: byOrder })).toEqual(conflict)
    expect((await mine.connections.update(first.id, { name: 'the same order' })).ok).toBe(true)
  })

  it('of a tenant with one shard may have any order key', async () => {
    const { mine, destination } = await furnished()
    for (const order of [byUser, byOrder]) {
      expect((await mine.connections.create(aConnection(destination.id, { order }))).ok).toBe(true)
    }
  })
})

describe('a list', () => {
  let tenant: TenantSetting
  let ids: string[]

  const create = async () => valueOf(await tenant.mine.sources.create(aSource())).id
  const list = (request: Partial<ListRequest>) =>
    tenant.mine.sources.list({ ...firstPage, ...request })

  beforeAll(async () => {
    tenant = await aTenant()
    ids = []
    for (let i = 0; i < 7; i++) ids.push(await create())
  })

  it.each(['asc', 'desc'] as const)(
    'in %s order has each row once, while rows are added',
    async (order) => {
      const before = [...ids]
      const seen: string[] = []
      let after: string | null = null
      do {
        const page = await list({ limit: 2, order, after })
        seen.push(...page.data.map(({ id }) => id))
        after = page.next_cursor
        if (seen.length < 7) ids.push(await create())
      } while (after !== null)
      expect(seen).toEqual(order === 'asc' ? ids : before.reverse())
    },
  )

  it('ends without a cursor where the last page is full', async () => {
    const total = ids.length
    expect((await list({ limit: total })).next_cursor).toBeNull()
    expect((await list({ limit: total - 1, order: 'asc' })).next_cursor).toBe(ids.at(-2))
    expect(await list({ after: ids[0]! })).toEqual({ data: [], next_cursor: null })
  })

  it('takes `since` in and leaves `until` out', async () => {
    const { data } = await list({ order: 'asc' })
    const [since, until] = [data[1]!.created_at, data[3]!.created_at]
    const between = await list({ order: 'asc', since, until })
    expect(between.data.map(({ id }) => id)).toEqual([data[1]!.id, data[2]!.id])
  })
})
