import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { anyJson } from './any-json.ts'
import { addresseeOf, bound, messageAbout, worldOf } from './fixtures.ts'

const mail = { api_key: 'kkkk', from: 'a@example.com', to: 'b@example.com' }
const destinations: [type: string, config: object][] = [
  ['email', { provider: 'resend', ...mail }],
  ['email', { provider: 'mailgun', ...mail }],
  ['google-analytics', { measurement_id: 'G-ABCDE', api_secret: 'ssss' }],
  ['meta-conversions', { pixel_id: '1', access_token: 'tttt' }],
  ['stripe', { api_key: 'kkkk', action: 'meter_event' }],
  ['stripe', { api_key: 'kkkk', action: 'customer_update' }],
]

const members =
  'user customer video email id url address __proto__ constructor toString city phone gender value currency ip session plan context'
const mappable =
  'name params user_data custom_data payload metadata customer to subject title fields value timestamp client_id event_time email user_properties'.split(
    ' ',
  )

const json = anyJson([null, 'cus_1', 'a@example.com', 'https://example.com'], members)
const type = fc.oneof(fc.string(), fc.constantFrom('user.registered', 'video.generated'))
const mapped = fc.dictionary(fc.constantFrom(...mappable), json, { maxKeys: 3 })

it.each(destinations)(
  '%s with %j makes a request or says what is wrong, whatever data and mapping are',
  async (name, config) => {
    const attempt = fc.asyncProperty(type, json, mapped, async (type, data, mapped) => {
      const sent: RequestInit[] = []
      const report = await bound(name, config).send(
        messageAbout(type, data, { mapped }),
        addresseeOf(),
        worldOf({
          fetch: (_, init = {}) => {
            sent.push(init)
            return Promise.resolve(new Response('{"events_received":1}'))
          },
        }),
      )
      expect(['delivered', 'refused']).toContain(report.outcome.kind)
      const [request] = sent
      if (request === undefined) expect(report.error).toMatch(/^mapping\./)
      else if (new Headers(request.headers).get('content-type') === 'application/json') {
        expect(JSON.parse(new TextDecoder().decode(request.body as Uint8Array))).toBeTypeOf(
          'object',
        ) // Ours are bytes.
      }
    })
    await fc.assert(attempt, { numRuns: 300 })
  },
)
