import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { createConfiguration } from '../../src/config/index.ts'
import { hmac, keyringOf } from '../../src/config/keyring.ts'
import { open, seal } from '../../src/config/seal.ts'
import { fromBase32, toBase32 } from '../../src/model/ids.ts'
import {
  aConfiguration,
  aDestination,
  adminKey,
  aSource,
  aTenant,
  masterKey,
  valueOf,
} from './a-configuration.ts'

const random = (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes))
const place = { tenant: 'ten_a', record: 'dst_a', field: 'config/auth/password' }

/** Every row of every table, as text. */
async function dump(): Promise<string> {
  const tables = await env.DB.prepare(
    "select name from sqlite_master where type = 'table' and name not like '\\_cf%' escape '\\' and name not like 'sqlite%'",
  ).all<{ name: string }>()
  const statements = tables.results.map(({ name }) => env.DB.prepare(`select * from "${name}"`))
  return JSON.stringify(await env.DB.batch(statements))
}

describe('a sealed text', () => {
  it('opens in its place, and twice sealed is not twice the same', async () => {
    const keyring = await keyringOf(masterKey)
    const sealed = await seal(keyring, place, 'a secret: ••••', random)
    expect(sealed).toMatch(/^v1\.[\w-]{4}\.[\w-]{16}\.[\w-]+$/)
    expect(await open(keyring, place, sealed)).toBe('a secret: ••••')
    expect(await seal(keyring, place, 'a secret: ••••', random)).not.toBe(sealed)
  })

  it.each([
    ['of another tenant', { ...place, tenant: 'ten_b' }],
    ['of another record', { ...place, record: 'dst_b' }],
    ['of another field', { ...place, field: 'config/auth/token' }],
  ])('does not open in the place %s', async (_whose, other) => {
    const keyring = await keyringOf(masterKey)
    expect(await open(keyring, other, await seal(keyring, place, 'secret', random))).toBeNull()
  })

  it.each([
    ['nothing', () => ''],
    ['a changed end', (sealed: string) => `${sealed.slice(0, -2)}AA`],
    ['another version', (sealed: string) => sealed.replace('v1', 'v2')],
    ['a part too many', (sealed: string) => `${sealed}.AA`],
  ])('is not one with %s', async (_what, broken) => {
    const keyring = await keyringOf(masterKey)
    const sealed = await seal(keyring, place, 'secret', random)
    expect(await open(keyring, place, broken(sealed))).toBeNull()
  })

  it('opens under every master key, and is sealed under the first', async () => {
    const old = await keyringOf('an-old-master-key-of-ours')
    const both = await keyringOf(
      'bmV3LW1hc3Rlci1rZXktbmV3LW1hc3Rlci1rZXktISE=,an-old-master-key-of-ours',
    )
    const fresh = await keyringOf('bmV3LW1hc3Rlci1rZXktbmV3LW1hc3Rlci1rZXktISE=')
    expect(await open(both, place, await seal(old, place, 'secret', random))).toBe('secret')
    const sealed = await seal(both, place, 'secret', random)
    expect(await open(fresh, place, sealed)).toBe('secret')
    expect(await open(old, place, sealed)).toBeNull()
  })

  it('has a key of its own: what proves one thing proves no other', async () => {
    const [{ sourceIds, fingerprints }] = await keyringOf(masterKey)
    expect(await hmac(sourceIds, 'text')).not.toEqual(await hmac(fingerprints, 'text'))
  })

  it.each(['', 'short', 'long-enough-for-a-key short', ' , '])(
    'is not made under a master key like %j',
    (text) => {
      expect(() => aConfiguration({ masterKey: text })).toThrow('MASTER_KEY')
    },
  )
})

describe('the database', () => {
  it('holds no secret in the clear', async () => {
    const { mine, key, configuration, id } = await aTenant()
    const source = valueOf(
      await mine.sources.create(aSource({ secret: ['plain-source-1', 'plain-source-2'] })),
    )
    const destination = valueOf(
      await mine.destinations.create({
        ...aDestination({ url: 'https://a.example/', headers: { 'x-key': 'plain-header' } }),
        signing_secret: 'plain-signing-1',
      }),
    )
    await mine.destinations.rotate(destination.id, 'plain-signing-2', Number.MAX_SAFE_INTEGER)
    await mine.sources.update(source.id, aSource({ secret: 'plain-source-3' }))
    await configuration.once(id, 'plain-key', 'plain-fingerprint', async () => ({
      status: 201,
      body: 'plain-answer',
      contentType: 'text/plain',
    }))
    const viewer = valueOf(
      await mine.apiKeys.create({ name: 'V', role: 'viewer', expires_at: null }),
    )
    const text = await dump()
    expect(text).toContain(destination.id)
    expect(text).not.toContain('plain-')
    for (const secret of [key, viewer.key, adminKey, masterKey]) {
      expect(text).not.toContain(secret)
      expect(text).not.toContain(secret.slice(-12))
    }
  })

  it('cannot be used to move a secret from one record to another', async () => {
    const { mine, configuration, id } = await aTenant()
    const [one, two] = [
      valueOf(await mine.destinations.create(aDestination())),
      valueOf(await mine.destinations.create(aDestination())),
    ]
    const swap = (column: string) =>
      env.DB.prepare(
        `update destinations set ${column} = (select ${column} from destinations where id = ?1) where id = ?2`,
      ).bind(one.id, two.id)
    await swap('signing_secrets').run()
    await expect(mine.destinations.signingSecrets(two.id)).rejects.toThrow('does not open')
    await swap('config').run()
    await expect(configuration.load(id)).rejects.toThrow('does not open')
  })
})

describe('a config', () => {
  it('is masked in answers and open in the snapshot', async () => {
    const { mine, configuration, id } = await aTenant()
    const created = valueOf(await mine.destinations.create(aDestination()))
    const url = 'https://a.example'
    expect(created.config).toEqual({ url, auth: { password: '••••4567' } })
    expect(created).not.toHaveProperty('signing_secrets')
    const open = { url, auth: { password: 'pass-word-4567' } }
    expect((await configuration.load(id))?.destinations).toEqual([
      {
        ...created,
        config: open,
        signing_secrets: [{ secret: 'whsec_first-signing-secret', until: null }],
      },
    ])
  })

  it('keeps a stored secret where a change sends its mask, and replaces all else', async () => {
    const { mine, ...tenant } = await aTenant()
    const { id, config } = valueOf(
      await mine.destinations.create(
        aDestination({
          url: 'https://a.example',
          headers: { a: 'header-a-0123', b: 'header-b-0123' },
        }),
      ),
    )
    expect(config['headers']).toEqual({ a: '••••0123', b: '••••0123' })
    const change = { url: 'https://b.example', headers: { b: '••••0123', c: 'header-c-0123' } }
    const { secretPaths } = aDestination()
    valueOf(await mine.destinations.update(id, { config: change, secretPaths }))
    expect((await tenant.configuration.load(tenant.id))?.destinations[0]?.config).toEqual({
      url: 'https://b.example',
      headers: { b: 'header-b-0123', c: 'header-c-0123' },
    })
  })

  it('keeps an old secret that moves down a list', async () => {
    const { mine, ...tenant } = await aTenant()
    const { id } = valueOf(await mine.sources.create(aSource({ secret: ['the-old-secret-1'] })))
    const secret = ['the-new-secret-2', '••••et-1']
    valueOf(await mine.sources.update(id, aSource({ secret })))
    expect((await tenant.configuration.load(tenant.id))?.sources[0]?.config).toEqual({
      secret: ['the-new-secret-2', 'the-old-secret-1'],
    })
  })

  it('never takes a mask for a secret', async () => {
    const { mine } = await aTenant()
    const refused = { ok: false, error: 'masked_secret' }
    expect(await mine.sources.create(aSource({ secret: '••••' }))).toEqual(refused)
    const { id } = valueOf(await mine.sources.create(aSource({})))
    expect(await mine.sources.update(id, aSource({ secret: '••••1234' }))).toEqual(refused)
  })
})

describe('a rotation', () => {
  it('puts the new secret first and lets the old ones end', async () => {
    const { mine, configuration, clock, id } = await aTenant()
    const destination = valueOf(await mine.destinations.create(aDestination()))
    const now = clock.now
    const [first, second, third] = ['whsec_first-signing-secret', 'whsec_second', 'whsec_third']
    valueOf(await mine.destinations.rotate(destination.id, second, now + 1000))
    const secrets = valueOf(await mine.destinations.rotate(destination.id, third, now + 5000))
    expect(secrets).toEqual([
      { secret: third, until: null },
      { secret: second, until: now + 5000 },
      { secret: first, until: now + 1000 },
    ])
    clock.now = now + 1000
    const snapshot = await configuration.load(id)
    expect(snapshot?.destinations[0]?.signing_secrets.map(({ secret }) => secret)).toEqual([
      third,
      second,
    ])
    clock.now = now + 5000
    expect(await mine.destinations.signingSecrets(destination.id)).toEqual([
      { secret: third, until: null },
    ])
  })

  it('goes on with ten old secrets, and no more until some have ended', async () => {
    const { mine, clock } = await aTenant()
    const { id } = valueOf(await mine.destinations.create(aDestination()))
    const until = clock.now + 100_000
    for (let i = 0; i < 10; i++) valueOf(await mine.destinations.rotate(id, `whsec_${i}`, until))
    const refused = { ok: false, error: 'limit_reached' }
    expect(await mine.destinations.rotate(id, 'whsec_10', until)).toEqual(refused)
    clock.now = until
    const secrets = valueOf(await mine.destinations.rotate(id, 'whsec_10', until + 1000))
    expect(secrets.map(({ secret }) => secret)).toEqual(['whsec_10', 'whsec_9'])
  })

  it('loses no secret when two happen at once', async () => {
    const { mine, clock } = await aTenant()
    const { id } = valueOf(await mine.destinations.create(aDestination()))
    const until = clock.now + 100_000
    await Promise.all(['whsec_a', 'whsec_b'].map((one) => mine.destinations.rotate(id, one, until)))
    expect(await mine.destinations.signingSecrets(id)).toHaveLength(3)
  })
})

describe('a source id', () => {
  /** A D1 that must not be asked. */
  const noDb = new Proxy(env.DB, {
    get() {
      throw new Error('D1 was asked')
    },
  })

  const offline = () =>
    createConfiguration({
      db: noDb,
      masterKey,
      adminKey,
      now: () => 0,
      random,
      changed: async () => {},
      erase: async () => {},
    })

  const another = (digit: string) => toBase32((fromBase32(digit) ?? 0) ^ 1, 1)

  it('leads to its tenant, also after the master key was rotated', async () => {
    const { configuration, id, mine } = await aTenant()
    const source = valueOf(await mine.sources.create(aSource()))
    expect(await configuration.tenantOfSource(source.id)).toBe(id)
    const rotated = aConfiguration({ masterKey: `another-master-key ${masterKey}` })
    expect(await rotated.configuration.tenantOfSource(source.id)).toBe(id)
    expect((await rotated.configuration.load(id))?.sources[0]?.config).toEqual(aSource().config)
  })

  it.each([4, 12, 20, 29, 33])('is refused without D1 when digit %i is another', async (at) => {
    const { mine } = await aTenant()
    const { id } = valueOf(await mine.sources.create(aSource()))
    const forged = id.slice(0, at) + another(id.charAt(at)) + id.slice(at + 1)
    expect(await offline().tenantOfSource(forged)).toBeNull()
    await expect(offline().tenantOfSource(id)).rejects.toThrow('D1 was asked')
  })

  it.each(['', 'src_', 'dst_0123', "src_' or 1=1 --"])(
    'is refused without D1 when it is %j',
    async (text) => {
      expect(await offline().tenantOfSource(text)).toBeNull()
    },
  )
})
