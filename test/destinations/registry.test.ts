import { expect, it } from 'vitest'
import { bindDestination } from '../../src/destinations/bind.ts'
import { describeDestinationTypes, isDestinationType } from '../../src/destinations/index.ts'
import { addresseeOf, bound, messageOf, worldOf } from './fixtures.ts'

it.each(['constructor', '__proto__', 'toString', '', 'Webhook'])('knows no type %j', (name) => {
  expect(isDestinationType(name)).toBe(false)
  expect(bindDestination(name, {})).toMatchObject({ ok: false, error: [{ path: '' }] })
})

it('describes each type with a schema that a client can fill in', () => {
  const described = describeDestinationTypes()
  expect(described.map(({ type }) => type)).toEqual([
    'discord',
    'email',
    'figma',
    'github',
    'google-analytics',
    'hubspot',
    'instagram',
    'jira',
    'linear',
    'linkedin',
    'mailchimp',
    'meta-conversions',
    'queue',
    'salesforce',
    'shopify',
    'sink',
    'slack',
    'stripe',
    'teams',
    'webhook',
    'wordpress',
    'zapier',
  ])
  for (const { title, description, steps } of described) {
    expect([title, description, ...steps].every((text) => text.length > 0)).toBe(true)
  }
  expect(described.find(({ type }) => type === 'webhook')?.config_schema).toMatchObject({
    type: 'object',
    required: ['url'],
  })
  expect(JSON.parse(JSON.stringify(described))).toEqual(described)
})

it('has a sink that takes everything and touches no network', async () => {
  const world = worldOf({ fetch: () => Promise.reject(new Error('the network was touched')) })
  expect(await bound('sink', {}).send(messageOf(), addresseeOf(), world)).toEqual({
    outcome: { kind: 'delivered' },
    duration_ms: 0,
    status: 204,
    request_headers: {},
  })
  expect(bound('sink', {})).toMatchObject({ signing: null, address: null, secretPaths: [] })
  expect(bindDestination('sink', { url: 'https://example.com' }).ok).toBe(false)
})
