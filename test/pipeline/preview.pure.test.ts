import { describe, expect, it } from 'vitest'
import { bindDestination } from '../../src/destinations/bind.ts'
import { destinationTypes } from '../../src/destinations/index.ts'
import { sampleOf } from '../../src/model/catalogue.ts'
import type { Services } from '../../src/pipeline/bound-services.ts'
import { previewDestination } from '../../src/pipeline/preview.ts'

/** What a preview asks of the outside. To reach anything else is an error. */
const services = {
  now: () => 1_700_000_000_000,
  sleep: () => Promise.resolve(),
  random: (bytes: number) => new Uint8Array(bytes).fill(7),
  allowlist: ['127.0.0.0/8'],
} as unknown as Services // Nothing else of it is used.

async function preview(type: string, config: unknown, eventType = 'video.generated') {
  const bound = bindDestination(type, config)
  if (!bound.ok) throw new Error(JSON.stringify(bound.error))
  const event = { type: eventType, data: sampleOf(eventType), headers: {} }
  return previewDestination(services, 'ten_1', bound.value, event)
}

describe('the preview of a webhook', () => {
  it('is the request as it would be sent: method, URL, headers and the very body', async () => {
    const config = { url: 'https://example.com/hook', method: 'PUT', headers: { 'x-team': 'red' } }
    const { requests, error } = await preview('webhook', config)
    expect(error).toBeNull()
    expect(requests).toHaveLength(1)
    const [request] = requests
    expect(request).toMatchObject({ method: 'PUT', url: 'https://example.com/hook' })
    expect(request?.body).toBe(JSON.stringify(sampleOf('video.generated')))
    expect(request?.headers).toMatchObject({
      'content-type': 'application/json',
      'switchyard-event-type': 'video.generated',
      'webhook-signature': '••••',
      'webhook-timestamp': '1700000000',
    })
  })

  const secret = 'a-secret-that-nobody-may-see'

  it.each([
    ['a custom header', { headers: { 'x-team': secret } }],
    ['a password', { auth: { type: 'basic', username: 'u', password: secret } }],
    ['a bearer token', { auth: { type: 'bearer', token: secret } }],
    ['a header of its own', { auth: { type: 'header', name: 'x-key', value: secret } }],
    [
      'a client secret',
      {
        auth: {
          type: 'oauth2_client_credentials',
          token_url: 'https://example.com/token',
          client_id: 'c',
          client_secret: secret,
        },
      },
    ],
  ])('shows nothing of %s, however it is written', async (_case, part) => {
    const shown = await preview('webhook', { url: 'https://example.com/', ...part })
    const text = JSON.stringify(shown)
    expect(shown.requests).toHaveLength(1)
    expect(text).not.toContain(secret)
    expect(text).not.toContain(btoa(`u:${secret}`))
    expect(text).not.toContain('no-token')
    expect(text).toContain('••••')
  })
})

/** In every place where a credential stands; each its own, so that one that is seen is found. */
const S = (n: number) => `Secret${n}-abcdefghijklmnop`
const mail = { api_key: S(1), from: 'a@example.com', to: 'b@example.com' }
const app = { client_id: 'id', client_secret: S(2), refresh_token: S(3) }

describe('the preview of every type', () => {
  const configs: [type: string, config: object][] = [
    ['discord', { webhook_url: `https://discord.com/api/webhooks/1/${S(4)}` }],
    ['email', { provider: 'resend', ...mail }],
    ['email', { provider: 'mailgun', domain: 'mg.example.com', ...mail }],
    ['email', { provider: 'cloudflare', from: mail.from, to: mail.to }],
    ['figma', { token: S(1), file_key: 'abc' }],
    ['github', { owner: 'a', repo: 'b', token: S(1) }],
    ['google-analytics', { measurement_id: 'G-ABCDE12345', api_secret: S(1) }],
    ['hubspot', { auth: { type: 'private_app', token: S(1) } }],
    ['hubspot', { auth: { type: 'oauth', ...app } }],
    [
      'instagram',
      {
        access_token: S(1),
        ig_user_id: '1',
        mapping: { media_url: "'https://cdn.example/v.mp4'" },
      },
    ],
    [
      'jira',
      {
        base_url: 'https://x.atlassian.net',
        email: 'a@example.com',
        api_token: S(1),
        project: 'OPS',
      },
    ],
    ['linear', { api_key: S(1), team_id: '9cfb482a-81e3-4154-b5b9-2c805e70a02d' }],
    ['linkedin', { access_token: S(1), author: 'urn:li:organization:1' }],
    ['mailchimp', { api_key: `${S(1)}-us21`, list_id: 'abc' }],
    ['meta-conversions', { pixel_id: '1', access_token: S(1) }],
    ['queue', { binding: 'EVENTS' }],
    [
      'salesforce',
      {
        auth: { type: 'client_credentials', client_id: 'id', client_secret: S(2) },
        login_url: 'https://example.my.salesforce.com',
        external_id_field: 'Ext__c',
      },
    ],
    ['shopify', { shop: 'a.myshopify.com', access_token: S(1), product_id: '1' }],
    ['slack', { webhook_url: `https://hooks.slack.com/services/T0/B0/${S(4)}` }],
    ['slack', { token: S(1), channel: 'C1' }],
    ['stripe', { api_key: S(1), action: 'meter_event', mapping: { customer: "'cus_1'" } }],
    ['teams', { url: `https://a.logic.azure.com/workflows/1?sig=${S(4)}` }],
    ['webhook', { url: 'https://example.com/', auth: { type: 'bearer', token: S(1) } }],
    [
      'wordpress',
      { base_url: 'https://blog.example.com', username: 'u', application_password: S(1) },
    ],
    ['zapier', { url: `https://hooks.zapier.com/hooks/catch/1/${S(4)}` }],
  ]

  it.each(configs)('%s: one request, and no secret in it (%j)', async (type, config) => {
    const { requests, error } = await preview(type, config)
    expect(error).toBeNull()
    expect(requests).toHaveLength(1)
    const [request] = requests
    const text = JSON.stringify(request)
    expect(text).not.toMatch(/Secret\d/)
    expect(text).not.toContain('no-token')
    for (const credential of [`a@example.com:${S(1)}`, `u:${S(1)}`, `api:${S(1)}`]) {
      expect(text).not.toContain(btoa(credential))
    }
    if (request?.url.startsWith('http') === true) expect(URL.parse(request.url)).not.toBeNull()
  })

  it('is of every type', () => {
    const previewed = new Set([...configs.map(([type]) => type), 'sink'])
    expect(Object.keys(destinationTypes).filter((type) => !previewed.has(type))).toEqual([])
  })
})

it('says why there is no request to make', async () => {
  const config = { webhook_url: 'https://hooks.slack.com/services/T0/B0/x', mapping: {} }
  const failing = { ...config, mapping: { title: '$error("no")' } }
  expect(await preview('slack', failing)).toEqual({
    requests: [],
    error: expect.stringContaining('mapping.title'),
  })
  const wrong = { ...config, mapping: { link: "'nowhere'" } }
  expect((await preview('slack', wrong)).error).toContain('mapping.link')
})

it('has no request for a receiver that is sent nothing', async () => {
  expect((await preview('sink', {})).requests).toEqual([])
})
