import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import {
  aConfiguration,
  aConnection,
  adminKey,
  aDestination,
  aSource,
  aTenant,
  firstPage,
  valueOf,
} from './a-configuration.ts'

describe('every change', () => {
  it('grows the version and tells the ledgers before it is answered', async () => {
    const { id, mine, configuration, changes } = await aTenant()
    let version = 1
    const grown = async () => {
      version++
      expect(changes.map((snapshot) => snapshot.version)).toEqual(
        Array.from({ length: version }, (_, i) => i + 1),
      )
      expect(await configuration.versionOf(id)).toBe(version)
      expect(await configuration.load(id)).toEqual(changes.at(-1))
    }
    const source = valueOf(await mine.sources.create(aSource()))
    await grown()
    const destination = valueOf(await mine.destinations.create(aDestination()))
    await grown()
    const connection = valueOf(await mine.connections.create(aConnection(destination.id)))
    await grown()
    const key = valueOf(await mine.apiKeys.create({ name: 'CI', role: 'viewer', expires_at: null }))
    await grown()
    await mine.sources.update(source.id, { enabled: false, secretPaths: [] })
    await grown()
    await mine.destinations.update(destination.id, { paused: true, secretPaths: [] })
    await grown()
    await mine.destinations.rotate(destination.id, 'whsec_second', Number.MAX_SAFE_INTEGER)
    await grown()
    await mine.connections.update(connection.id, { priority: 'high' })
    await grown()
    await configuration.tenants.update(id, { retention_days: 7 })
    await grown()
    await mine.apiKeys.remove(key.record.id)
    await grown()
    await mine.connections.remove(connection.id)
    await grown()
    await mine.sources.remove(source.id)
    await grown()
    await mine.destinations.remove(destination.id)
    await grown()
  })

  it('stands, even if the ledgers cannot be told', async () => {
    let calls = 0
    const { mine, id, configuration } = await aTenant(
      {},
      {
        changed: async () => {
          calls++
          throw new Error('no ledger')
        },
      },
    )
    expect((await mine.sources.create(aSource())).ok).toBe(true)
    expect(calls).toBe(4)
    expect(await configuration.versionOf(id)).toBe(2)
  })

  it('is heard of on the second try, if the first fails', async () => {
    const heard: number[] = []
    let failures = 1
    await aTenant(
      {},
      {
        changed: async ({ version }) => {
          if (failures-- > 0) throw new Error('a ledger that is just moving')
          heard.push(version)
        },
      },
    )
    expect(heard).toEqual([1])
  })
})

describe('tenants', () => {
  it('are created, listed, changed and read', async () => {
    const { configuration, id } = await aTenant({ limits: { ingest_per_s: 5 }, shards: 2 })
    const tenant = await configuration.tenants.get(id)
    expect(tenant).toMatchObject({ name: 'Acme', limits: { ingest_per_s: 5 }, retention_days: 30 })
    const changed = await configuration.tenants.update(id, { limits: { ingest_per_s: null } })
    expect(changed).toMatchObject({ limits: { ingest_per_s: null }, shards: 2, version: 2 })
    const { data } = await configuration.tenants.list({ ...firstPage, limit: 250 })
    expect(data).toContainEqual(changed)
    expect(await configuration.tenants.update('ten_nobody', { name: 'x' })).toBeNull()
    expect(await configuration.tenants.get('ten_nobody')).toBeNull()
    expect(await configuration.load('ten_nobody')).toBeNull()
    expect(await configuration.versionOf('ten_nobody')).toBeNull()
  })

  it('leave no row behind, and their ledgers are erased', async () => {
    const { configuration, id, key, mine, erased } = await aTenant()
    const source = valueOf(await mine.sources.create(aSource()))
    const destination = valueOf(await mine.destinations.create(aDestination()))
    await mine.connections.create(aConnection(destination.id, { source_id: source.id }))
    const answer = { status: 201, body: '{}', contentType: 'application/json' }
    await configuration.once(id, 'a', 'f', async () => answer)
    await configuration.once(`${id}/events`, 'a', 'f', async () => answer)
    await configuration.once(`${id}x`, 'a', 'f', async () => answer)

    expect(await configuration.tenants.remove(id)).toBe(true)
    expect(erased.map((tenant) => tenant.id)).toEqual([id])
    const columns = ['sources', 'destinations', 'connections', 'api_keys'].map(
      (table) => `select count(*) as n from ${table} where tenant_id = ?1`,
    )
    const counts = [
      ...columns,
      'select count(*) as n from tenants where id = ?1',
      "select count(*) - 1 as n from idempotency where scope like ?1 || '%'",
    ].map((sql) => env.DB.prepare(sql).bind(id))
    const results = await env.DB.batch<{ n: number }>(counts)
    expect(results.map(({ results: [row] }) => row?.n)).toEqual([0, 0, 0, 0, 0, 0])
    expect(await configuration.authenticate(key)).toBeNull()
    expect(await configuration.tenantOfSource(source.id)).toBeNull()
    expect(await configuration.tenants.remove(id)).toBe(false)
    expect(await mine.sources.create(aSource())).toEqual({ ok: false, error: 'unknown_tenant' })
  })

  it('are gone at once and can be removed again, if erasing fails', async () => {
    let failing = true
    const { configuration, id, key } = await aTenant(
      {},
      {
        erase: async () => {
          if (failing) throw new Error('a ledger that is just moving')
        },
      },
    )
    await expect(configuration.tenants.remove(id)).rejects.toThrow('moving')
    expect(await configuration.tenants.get(id)).toBeNull()
    expect(await configuration.load(id)).toBeNull()
    expect(await configuration.authenticate(key)).toBeNull()
    failing = false
    expect(await configuration.tenants.remove(id)).toBe(true)
    expect(await configuration.tenants.remove(id)).toBe(false)
  })

  it('may have a hundred keys, and not one more, however fast they ask', async () => {
    const { mine } = await aTenant()
    const create = () => mine.apiKeys.create({ name: 'n', role: 'viewer', expires_at: null })
    for (let i = 0; i < 94; i++) expect((await create()).ok).toBe(true)
    const last = await Promise.all(Array.from({ length: 10 }, create))
    expect(last.filter(({ ok }) => ok)).toHaveLength(5)
    expect(last).toContainEqual({ ok: false, error: 'limit_reached' })
  })
})

describe('authentication', () => {
  it('knows the instance key', async () => {
    const { configuration } = aConfiguration()
    expect(await configuration.authenticate(adminKey)).toEqual({ kind: 'instance' })
  })

  it('lets nobody be the instance where there is no instance key', async () => {
    const { configuration } = aConfiguration({ adminKey: '' })
    expect(await configuration.authenticate('')).toBeNull()
  })

  it('knows whose a key is and what it may', async () => {
    const { configuration, mine, id, key } = await aTenant()
    expect(configuration.tenantOfKey(key)).toBe(id)
    expect(await configuration.authenticate(key)).toEqual({
      kind: 'tenant',
      tenantId: id,
      role: 'owner',
    })
    const viewer = valueOf(
      await mine.apiKeys.create({ name: 'V', role: 'viewer', expires_at: null }),
    )
    expect(await configuration.authenticate(viewer.key)).toMatchObject({ role: 'viewer' })
    const { data } = await mine.apiKeys.list(firstPage)
    expect(data[0]).toEqual(viewer.record)
    expect(data).toHaveLength(2)
  })

  it('refuses a removed key from the very next call on', async () => {
    const { configuration, mine } = await aTenant()
    const made = valueOf(await mine.apiKeys.create({ name: 'V', role: 'viewer', expires_at: null }))
    const stranger = await aTenant()
    expect(await stranger.mine.apiKeys.remove(made.record.id)).toBe(false)
    expect(await configuration.authenticate(made.key)).not.toBeNull()
    expect(await mine.apiKeys.remove(made.record.id)).toBe(true)
    expect(await configuration.authenticate(made.key)).toBeNull()
  })

  it('refuses an expired key', async () => {
    const { configuration, mine, clock } = await aTenant()
    const expires_at = clock.now + 1000
    const { key } = valueOf(await mine.apiKeys.create({ name: 'V', role: 'viewer', expires_at }))
    clock.now = expires_at - 1
    expect(await configuration.authenticate(key)).not.toBeNull()
    clock.now = expires_at
    expect(await configuration.authenticate(key)).toBeNull()
  })

  it.each([
    ['an empty text', () => ''],
    ['half of a key', (key: string) => key.slice(0, -1)],
    ['a key with a tail', (key: string) => `${key}0`],
    ['a key with another end', (key: string) => key.slice(0, -4) + '0000'],
    ['the instance key with a tail', () => `${adminKey} `],
  ])('refuses %s', async (_what, made) => {
    const { configuration, key } = await aTenant()
    expect(await configuration.authenticate(made(key))).toBeNull()
  })
})
