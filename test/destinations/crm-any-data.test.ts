import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { anyJson } from './any-json.ts'
import { addresseeOf, bound, messageAbout, worldOf } from './fixtures.ts'

const auth = { type: 'private_app', token: 'pat' }
const app = { type: 'oauth', client_id: 'a', client_secret: 'bbbb', refresh_token: 'cccc' }
const forces = { auth: { type: 'client_credentials', client_id: 'a', client_secret: 'bbbb' } }
const login_url = 'https://example.my.salesforce.com'
const external_id_field = 'Id__c'

const destinations: [type: string, config: object][] = [
  ['hubspot', { auth }],
  ['hubspot', { auth, action: 'deal' }],
  ['hubspot', { auth: app, action: 'timeline_event', event_template_id: '1' }],
  ['mailchimp', { api_key: 'kkkk-us1', list_id: 'a', tags: ['x'] }],
  ...['lead', 'opportunity', 'task', 'composite'].map((action): [string, object] => [
    'salesforce',
    { ...forces, login_url, external_id_field, action },
  ]),
]

const members =
  'user customer video email id url title name first_name company phone __proto__ constructor'
const mappable =
  'email first_name phone status tags merge_fields properties tokens name amount close_date description external_id fields records subject who_id'.split(
    ' ',
  )

const json = anyJson([null, 'a@example.com', '\uD800', '2026-11-20', '00Q000000000001'], members)
const type = fc.oneof(fc.string(), fc.constantFrom('user.registered', 'video.generated'))
const mapped = fc.dictionary(fc.constantFrom(...mappable), json, { maxKeys: 3 })

const found = {
  access_token: 't',
  results: [{ id: '1' }],
  records: [],
  compositeResponse: [{ referenceId: 'a', httpStatusCode: 200, body: {} }],
}

it.each(destinations)(
  '%s with %j makes requests or says what is wrong, whatever data and mapping are',
  async (name, config) => {
    const attempt = fc.asyncProperty(type, json, mapped, fc.nat(1), async (...drawn) => {
      const [eventType, data, values, earlier] = drawn
      const sent: RequestInit[] = []
      const report = await bound(name, config).send(
        messageAbout(eventType, data, { mapped: values, attempt: 1 + earlier }),
        addresseeOf(),
        worldOf({
          fetch: (_, init = {}) => {
            sent.push(init)
            return Promise.resolve(new Response(JSON.stringify(found)))
          },
        }),
      )
      expect(['delivered', 'refused']).toContain(report.outcome.kind)
      if (report.outcome.kind === 'refused') expect(report.error).toMatch(/^mapping\./)
      for (const { body } of sent) {
        if (!(body instanceof Uint8Array)) continue
        expect(JSON.parse(new TextDecoder().decode(body))).toBeTypeOf('object')
      }
    })
    await fc.assert(attempt, { numRuns: 300 })
  },
)
