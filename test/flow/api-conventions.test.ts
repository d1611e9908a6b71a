import { request as httpRequest } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Router, type RouterTenant, startRouter } from '../support/router.ts'

let router: Router
let tenant: RouterTenant

beforeAll(async () => {
  router = await startRouter({ env: { MAX_BODY_BYTES: '4096' } })
  tenant = await router.tenant()
}, 120_000)

afterAll(() => router.close())

const hook = { name: 'Hook', type: 'webhook', config: { url: 'http://127.0.0.1:8099/hook' } }

const paths = (json: { errors?: { path: string }[] }) => json.errors?.map(({ path }) => path)

describe('a request that is not valid', () => {
  it.each([
    ['/api/v1/sources', { name: 'a', provider: 'github' }, ['config.secret']],
    ['/api/v1/sources', { name: 'a', provider: 'nobody' }, ['provider']],
    ['/api/v1/sources', { name: 'a', provider: 'none', colour: 'red' }, ['colour']],
    ['/api/v1/sources', { provider: 'none' }, ['name']],
    ['/api/v1/sources', { name: 'a', provider: 'none', dedupe: { key: '((' } }, ['dedupe.key']],
    ['/api/v1/destinations', { ...hook, config: {} }, ['config.url']],
    ['/api/v1/destinations', { ...hook, config: { url: 'https://10.0.0.1/' } }, ['config.url']],
    ['/api/v1/destinations', { ...hook, config: { ...hook.config, x: 1 } }, ['config.x']],
    ['/api/v1/destinations', { ...hook, type: 'pigeon' }, ['type']],
    ['/api/v1/destinations', { ...hook, concurrency: 0 }, ['concurrency']],
    ['/api/v1/destinations', { ...hook, retry: { schedule_s: [0] } }, ['retry.schedule_s[0]']],
    [
      '/api/v1/connections',
      { destination_id: 'dst_none', filter: { data: { amount: { $gt: [] } } } },
      ['filter.data.amount.$gt'],
    ],
    ['/api/v1/connections', { destination_id: 'dst_none', transform: '{' }, ['transform']],
    ['/api/v1/connections', { destination_id: 'dst_none', order: { key: '{' } }, ['order.key']],
    ['/api/v1/connections', { destination_id: 'dst_none' }, ['destination_id']],
    ['/api/v1/api-keys', { name: 'a', role: 'king' }, ['role']],
    [
      '/api/v1/api-keys',
      { name: 'a', role: 'viewer', expires_at: '2020-01-01T00:00:00Z' },
      ['expires_at'],
    ],
  ])('is a 422 with the path: %s %j', async (path, body, expected) => {
    const { status, json, headers } = await tenant.api(path, { method: 'POST', body })
    expect([status, json.code, paths(json)]).toEqual([422, 'validation_failed', expected])
    expect(headers.get('content-type')).toBe('application/problem+json')
  })

  it.each([['{"name":'], ['name'], ['"\\x"']])(
    'is a 400 where it is not JSON: %s',
    async (body) => {
      const { status, json } = await tenant.api('/api/v1/sources', { method: 'POST', body })
      expect([status, json.code]).toEqual([400, 'malformed_json'])
    },
  )

  it('is a 422 for a member that would be lost in silence, wherever it stands', async () => {
    const answer = await fetch(`${router.url}/api/v1/connections`, {
      method: 'POST',
      headers: { authorization: `Bearer ${tenant.key}` },
      body: '{"destination_id":"dst_1","filter":{"data":{"__proto__":{"a":1}}}}',
    })
    expect(answer.status).toBe(422)
    expect(await answer.json()).toMatchObject({ errors: [{ path: '__proto__' }] })
  })

  it('is a 422 for a query that the list does not have', async () => {
    const { status, json } = await tenant.api('/api/v1/events?colour=red&limit=251')
    expect([status, paths(json)]).toEqual([422, ['limit', 'colour']])
  })
})

describe('a list', () => {
  it('pages through everything once, while more is added', async () => {
    const own = await router.tenant()
    const made: string[] = []
    for (let i = 0; i < 10; i++) {
      made.push((await own.make('/api/v1/sources', { name: `s${i}`, provider: 'none' })).id)
    }
    for (const order of ['asc', 'desc']) {
      const seen: string[] = []
      const sizes: number[] = []
      for (let cursor: string | null = ''; cursor !== null;) {
        const after = cursor === '' ? '' : `&cursor=${cursor}`
        const { json } = await own.api(`/api/v1/sources?limit=3&order=${order}${after}`)
        const page: string[] = json.data.map(({ id }: { id: string }) => id)
        seen.push(...page)
        sizes.push(page.length)
        cursor = json.next_cursor
        if (order === 'desc') await own.make('/api/v1/sources', { name: 'new', provider: 'none' })
      }
      expect(seen).toEqual(order === 'asc' ? made : made.toReversed())
      expect(sizes).toEqual([3, 3, 3, 1])
    }
  })

  it('merges the shards, each event once, in order', async () => {
    const own = await router.tenant({ shards: 4 })
    const events = Array.from({ length: 40 }, (_, i) => ({ type: 'a', data: i, id: `id-${i}` }))
    const { results } = await own.make('/api/v1/events/batch', { events })
    const made: string[] = results.map(({ id }: { id: string }) => id)
    for (const order of ['asc', 'desc']) {
      const seen: string[] = []
      for (let cursor: string | null = ''; cursor !== null;) {
        const after = cursor === '' ? '' : `&cursor=${cursor}`
        const { json } = await own.api(`/api/v1/events?limit=7&order=${order}${after}`)
        seen.push(...json.data.map(({ id }: { id: string }) => id))
        cursor = json.next_cursor
      }
      const sorted = made.toSorted()
      expect(seen).toEqual(order === 'asc' ? sorted : sorted.toReversed())
    }
  })
})

describe('an Idempotency-Key', () => {
  const post = (key: string, body: unknown) =>
    tenant.api('/api/v1/sources', { method: 'POST', body, headers: { 'idempotency-key': key } })
  const body = { name: 'Idempotent', provider: 'none' }

  it('gives the same body its first answer again, another body a 409', async () => {
    const first = await post('k1', body)
    const second = await post('k1', body)
    const other = await post('k1', { ...body, name: 'Other' })
    expect([first.status, second.status, second.json]).toEqual([201, 201, first.json])
    expect(first.headers.get('idempotent-replayed')).toBeNull()
    expect(second.headers.get('idempotent-replayed')).toBe('true')
    expect([other.status, other.json.code]).toEqual([409, 'idempotency_conflict'])
  })

  it('makes ten requests at once one', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => post('k2', body)))
    expect(new Set(answers.map(({ json }) => json.id)).size).toBe(1)
  })

  it('does not remember a refusal', async () => {
    const headers = { 'idempotency-key': 'k3' }
    const path = '/api/v1/connections'
    const connection = { destination_id: 'dst_none' }
    const refused = await tenant.api(path, { method: 'POST', body: connection, headers })
    const again = await tenant.api(path, { method: 'POST', body: connection, headers })
    expect([refused.status, again.status]).toEqual([422, 422])
    expect(again.headers.get('idempotent-replayed')).toBeNull()
  })

  it('must be 1 to 255 visible characters', async () => {
    expect((await post('k'.repeat(256), body)).status).toBe(422)
    expect((await post('a b', body)).status).toBe(422)
  })

  it('of a deletion answers 204 twice', async () => {
    const { id } = await tenant.make('/api/v1/sources', body)
    const headers = { 'idempotency-key': 'k4' }
    const remove = () => tenant.api(`/api/v1/sources/${id}`, { method: 'DELETE', headers })
    expect([(await remove()).status, (await remove()).status]).toEqual([204, 204])
  })
})

describe('a posted event', () => {
  const post = (body: unknown, headers: Record<string, string> = {}) =>
    tenant.api('/api/v1/events', { method: 'POST', body, headers })

  it('is new, then a duplicate, then a conflict', async () => {
    const first = await post({ type: 'a.b', data: { x: 1 }, id: 'e1' })
    const again = await post({ type: 'a.b', data: { x: 1 }, id: 'e1' })
    const other = await post({ type: 'a.b', data: { x: 2 }, id: 'e1' })
    expect([first.status, first.json.duplicate]).toEqual([202, false])
    expect([again.status, again.json]).toEqual([200, { id: first.json.id, duplicate: true }])
    expect([other.status, other.json.code]).toEqual([409, 'event_conflict'])
  })

  it('is read back byte for byte', async () => {
    const data = '{ "z" : 12345678901234567890, "z":1.0, "\\u00e9": "}" }'
    const { json } = await post(`{"type":"a.b","data":${data}}`)
    const answer = await fetch(`${router.url}/api/v1/events/${json.id}/payload`, {
      headers: { authorization: `Bearer ${tenant.key}` },
    })
    expect(await answer.text()).toBe(data)
    expect(answer.headers.get('content-type')).toBe('application/json')
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
    expect(answer.headers.get('content-security-policy')).toContain('sandbox')
  })

  it('as a CloudEvent has its source and id as its key', async () => {
    const event = { specversion: '1.0', id: '7', source: '/shop', type: 'c.d', data: [1] }
    const structured = { 'content-type': 'application/cloudevents+json' }
    const first = await post(JSON.stringify(event), structured)
    const again = await post(JSON.stringify(event), structured)
    const elsewhere = await post(JSON.stringify({ ...event, source: '/other' }), structured)
    expect([first.status, again.status, elsewhere.status]).toEqual([202, 200, 202])
    expect(again.json.id).toBe(first.json.id)
  })

  it('in a batch has its result in its place', async () => {
    const events = [
      { type: 'a', data: 1, id: 'b1' },
      { type: 'a b', data: 1 },
      { type: 'a', data: 1, id: 'b1' },
      { type: 'a', data: 2, id: 'b1' },
    ]
    const { results } = await tenant.make('/api/v1/events/batch', { events })
    expect(results).toMatchObject([
      { duplicate: false },
      { error: { code: 'validation_failed', errors: [{ path: 'events[1].type' }] } },
      { id: results[0].id, duplicate: true },
      { error: { code: 'event_conflict' } },
    ])
  })

  it('over the tenant’s limit is a 429 that says when to come again', async () => {
    const own = await router.tenant({ limits: { ingest_per_s: 1 } })
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, i) =>
        own.api('/api/v1/events', { method: 'POST', body: { type: 'a', data: i } }),
      ),
    )
    const limited = answers.find(({ status }) => status === 429)
    expect(limited?.json.code).toBe('rate_limited')
    expect(Number(limited?.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(limited?.headers.get('ratelimit')).toMatch(/^"ingest";r=0;t=\d+$/)
    expect(limited?.headers.get('ratelimit-policy')).toBe('"ingest";q=1;w=1')
  })

  it('replayed over the tenant’s limit is a 429 too', async () => {
    const own = await router.tenant({ limits: { ingest_per_s: 1 } })
    const { id } = await own.make('/api/v1/events', { type: 'a', data: 1 })
    const answers = await Promise.all(
      Array.from({ length: 5 }, () =>
        own.api(`/api/v1/events/${id}/replay`, { method: 'POST', body: {} }),
      ),
    )
    const limited = answers.find(({ status }) => status !== 202)
    expect([limited?.status, limited?.json.code]).toEqual([429, 'rate_limited'])
    expect(limited?.headers.get('ratelimit-policy')).toBe('"ingest";q=1;w=1')
  })
})

describe('a body over the limit', () => {
  const tooLong = `{"type":"a","data":"${'x'.repeat(5000)}"}`

  /** Chunked, so that no header says how long it is. */
  const chunked = (path: string): Promise<number> =>
    new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${tenant.key}` }
      const request = httpRequest(router.url + path, { method: 'POST', headers }, (answer) => {
        answer.resume()
        resolve(answer.statusCode ?? 0)
      })
      request.on('error', reject)
      for (let at = 0; at < tooLong.length; at += 1000) request.write(tooLong.slice(at, at + 1000))
      request.end()
    })

  it.each([['/api/v1/events'], ['/api/v1/events/batch'], ['/api/v1/sources']])(
    'is a 413, told by its header or counted: %s',
    async (path) => {
      const { status, json } = await tenant.api(path, { method: 'POST', body: tooLong })
      expect([status, json.code]).toEqual([413, 'payload_too_large'])
      expect(await chunked(path)).toBe(413)
    },
  )

  it('at the limit to the byte is taken', async () => {
    const data = 'x'.repeat(4096 - '{"type":"a","data":""}'.length)
    const body = JSON.stringify({ type: 'a', data })
    const exact = await tenant.api('/api/v1/events', { method: 'POST', body })
    const longer = await tenant.api('/api/v1/events', { method: 'POST', body: `${body} ` })
    expect([exact.status, longer.status]).toEqual([202, 413])
  })
})

describe('an answer that needs no body', () => {
  it('does not wait for a sender that has said enough and is silent', async () => {
    const headers = { authorization: `Bearer ${tenant.key}`, 'content-length': '99999999' }
    const path = `${router.url}/api/v1/events`
    const asked = performance.now()
    const status = await new Promise((resolve, reject) => {
      const request = httpRequest(path, { method: 'POST', headers }, (answer) => {
        resolve(answer.statusCode)
        request.destroy()
      })
      request.on('error', reject)
      request.flushHeaders()
    })
    expect(status).toBe(413)
    expect(performance.now() - asked).toBeLessThan(5000)
  })

  it('reaches a sender that is still writing megabytes', async () => {
    const body = new Uint8Array(8_000_000)
    for (const [path, key, status] of [
      ['/api/v1/events', null, 401],
      ['/api/v1/events', tenant.key, 413],
      ['/in/src_unknown', null, 404],
      ['/nowhere', null, 404],
      ['/health', null, 405],
    ] as const) {
      for (let i = 0; i < 4; i++) {
        const answer = await router.api(path, { method: 'POST', key, body })
        expect([path, answer.status]).toEqual([path, status])
      }
    }
  })
})

describe('a secret', () => {
  it('is masked in answers, and a mask that comes back keeps it', async () => {
    const secret = 'a-long-enough-secret'
    const config = { secret: [secret, 'the-one-before-that'] }
    const source = await tenant.make('/api/v1/sources', { name: 'G', provider: 'github', config })
    expect(source.config).toEqual({ secret: ['••••cret', '••••that'] })
    const path = `/api/v1/sources/${source.id}`
    const change = { config: { secret: ['a-new-and-long-secret', '••••cret'] } }
    const { status, json } = await tenant.api(path, { method: 'PATCH', body: change })
    expect([status, json.config.secret]).toEqual([200, ['••••cret', '••••cret']])
    const unknown = { config: { secret: '••••abcd' }, name: 'G', provider: 'github' }
    const refused = await tenant.api('/api/v1/sources', { method: 'POST', body: unknown })
    expect(refused.status).toBe(422)
  })

  it('that is changed stays so while others change what stands beside it', async () => {
    const headers = { 'x-team': 'red' }
    const auth = { type: 'bearer', token: 'the-old-token-0001' }
    const { url } = hook.config
    const made = await tenant.make('/api/v1/destinations', {
      ...hook,
      config: { url, headers, auth },
    })
    const path = `/api/v1/destinations/${made.id}`
    const changes = [
      { url: `${url}/moved` },
      { headers: { 'x-team': 'the-blue-team' } },
      { auth: { ...auth, token: 'the-new-token-0002' } },
      { method: 'PUT' },
    ]
    const answers = await Promise.all(
      changes.map((config) => tenant.api(path, { method: 'PATCH', body: { config } })),
    )
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200])
    expect((await tenant.api(path)).json.config).toMatchObject({
      url: `${url}/moved`,
      headers: { 'x-team': '••••team' },
      auth: { token: '••••0002' },
      method: 'PUT',
    })
    const github = { name: 'G', provider: 'hmac', config: { header: 'x-old', algorithm: 'sha256' } }
    const secret = 'a-long-secret-0001'
    const config = { ...github.config, encoding: 'hex', secret }
    const source = await tenant.make('/api/v1/sources', { ...github, config })
    const own = `/api/v1/sources/${source.id}`
    await Promise.all(
      [{ header: 'x-new' }, { secret: 'a-long-secret-0002' }, { encoding: 'base64' }].map(
        (change) => tenant.api(own, { method: 'PATCH', body: { config: change } }),
      ),
    )
    expect((await tenant.api(own)).json.config).toMatchObject({
      header: 'x-new',
      secret: '••••0002',
      encoding: 'base64',
    })
  })

  it('that signs is shown when it is made, when it is asked for and when it is rotated', async () => {
    const made = await tenant.make('/api/v1/destinations', hook)
    expect(made.signing_secret).toMatch(/^whsec_/)
    const path = `/api/v1/destinations/${made.id}`
    expect((await tenant.api(path)).json).not.toHaveProperty('signing_secret')
    const { json: read } = await tenant.api(`${path}/secret`)
    expect(read).toEqual({ signing_secret: made.signing_secret })
    const rotated = await tenant.make(`${path}/rotate-secret`, { overlap_s: 60 })
    expect(rotated.signing_secret).toMatch(/^whsec_/)
    expect(rotated.signing_secret).not.toBe(made.signing_secret)
    const own = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
    expect((await tenant.make(`${path}/rotate-secret`, { secret: own })).signing_secret).toBe(own)
    for (const secret of [
      'short',
      'whsec_AAAA',
      `whsk_${Buffer.alloc(32, 7).toString('base64')}`,
    ]) {
      const body = { secret }
      const refused = await tenant.api(`${path}/rotate-secret`, { method: 'POST', body })
      expect([refused.status, paths(refused.json)]).toEqual([422, ['secret']])
    }
  })

  it('of Ed25519 has a public half', async () => {
    const config = { ...hook.config, signing: 'ed25519' }
    const made = await tenant.make('/api/v1/destinations', { ...hook, config })
    expect([made.signing_secret, made.public_key]).toEqual([
      expect.stringMatching(/^whsk_/),
      expect.stringMatching(/^whpk_/),
    ])
  })

  it('is there after the way of signing was changed', async () => {
    const config = { ...hook.config, signing: 'none' }
    const made = await tenant.make('/api/v1/destinations', { ...hook, config })
    expect(made).not.toHaveProperty('signing_secret')
    const path = `/api/v1/destinations/${made.id}`
    const body = { config: { signing: 'hmac' } }
    const { json } = await tenant.api(path, { method: 'PATCH', body })
    expect(json.config).toMatchObject({ url: hook.config.url, signing: 'hmac' })
    expect((await tenant.api(`${path}/secret`)).json.signing_secret).toBe(json.signing_secret)
  })
})

describe('a tenant’s owner', () => {
  it('may rename the tenant and not lift its limits', async () => {
    const own = await router.tenant()
    const patch = (body: unknown) => own.api(`/api/v1/tenants/${own.id}`, { method: 'PATCH', body })
    expect((await patch({ name: 'New' })).json.name).toBe('New')
    expect((await patch({ limits: { ingest_per_s: 9 } })).status).toBe(403)
    expect((await own.api('/api/v1/tenants')).status).toBe(403)
  })
})

describe('the inbound URL', () => {
  it('answers the contract’s cases', async () => {
    const secret = 'a-long-enough-secret'
    const source = await tenant.make('/api/v1/sources', {
      name: 'G',
      provider: 'github',
      config: { secret },
    })
    expect(source.url).toBe(`${router.url}/in/${source.id}`)
    const send = async (init: RequestInit, url = source.url) => {
      const answer = await fetch(url, init)
      const json = answer.status === 204 ? {} : JSON.parse(await answer.text())
      return [answer.status, json.code, answer.headers.get('allow')]
    }
    const forged = { method: 'POST', body: '{}', headers: { 'x-hub-signature-256': 'sha256=00' } }
    expect(await send(forged)).toEqual([401, 'verification_failed', null])
    expect(await send({ method: 'PUT', body: '{}' })).toEqual([405, 'method_not_allowed', 'POST'])
    expect(await send({ method: 'POST', body: 'x'.repeat(5000) })).toEqual([
      413,
      'payload_too_large',
      null,
    ])
    expect(await send(forged, `${router.url}/in/src_unknown`)).toEqual([
      404,
      'source_not_found',
      null,
    ])
    await tenant.api(`/api/v1/sources/${source.id}`, { method: 'PATCH', body: { enabled: false } })
    expect(await send(forged)).toEqual([403, 'source_disabled', null])
    const { json } = await tenant.api(`/api/v1/rejections?source_id=${source.id}`)
    expect(json.data.map(({ reason }: { reason: string }) => reason)).toEqual([
      'source_disabled',
      'payload_too_large',
      'method_not_allowed',
      expect.stringMatching(/header|signature/),
    ])
    const { json: one } = await tenant.api(`/api/v1/rejections/${json.data[0].id}`)
    expect(one).toMatchObject({ detail: 'The source is disabled.', method: 'POST' })
  })
})

describe('the description', () => {
  it('works offline, and lets nothing else run', async () => {
    const answer = await fetch(`${router.url}/docs`)
    const page = await answer.text()
    expect(answer.headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; script-src 'nonce-/,
    )
    expect(page).not.toMatch(/(?:src|href)="(?:https?:)?\/\//)
    expect(page).not.toContain('innerHTML')
  })

  it('says that the router is well', async () => {
    const { status, json } = await router.api('/health', { key: null })
    expect([status, json.status]).toEqual([200, 'ok'])
  })
})
