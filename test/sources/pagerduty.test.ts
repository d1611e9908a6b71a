import { createHmac } from 'node:crypto'
import { expect, it } from 'vitest'
import { verify } from '../../src/sources/index.ts'
import { itIsASource, nowMs, post } from './contract.ts'

const body = '{"event":{"id":"01BWDWL3","event_type":"incident.triggered","data":{}}}'
const digestOf = (key: string) => createHmac('sha256', key).update(body).digest('hex')

const signed = (signature: string, more = {}) =>
  post(body, { 'X-PagerDuty-Signature': signature, ...more })

itIsASource({
  provider: 'pagerduty',
  sign: (key) => signed(`v1=${digestOf(key)}`, { 'X-Webhook-Id': '8a-b1' }),
  secrets: ['first', 'second'],
  proofHeader: 'x-pagerduty-signature',
  malformed: ['v1=', '0'.repeat(64), `v2=${'0'.repeat(64)}`, `v1=${'A'.repeat(64)}`],
  signsBody: true,
  toleranceS: null,
  expected: { type: 'incident.triggered', dedupeKey: '8a-b1' },
})

const ask = (signature: string) =>
  verify('pagerduty', signed(signature), { secret: 'k' }, { nowMs })

it("accepts the example of PagerDuty's own library", async () => {
  const example =
    '{"event":{"id":"01BWDWL3NYY7LUFPZCC28QUCMK","event_type":"incident.priority_updated","resource_type":"incident","occurred_at":"2021-04-26T17:36:27.458Z","agent":{"html_url":"https://acme.pagerduty.com/users/PLH1HKV","id":"PLH1HKV","self":"https://api.pagerduty.com/users/PLH1HKV","summary":"Tenex Engineer","type":"user_reference"},"client":null,"data":{"id":"PGR0VU2","type":"incident","self":"https://api.pagerduty.com/incidents/PGR0VU2","html_url":"https://acme.pagerduty.com/incidents/PGR0VU2","number":2,"status":"triggered","title":"A little bump in the road","service":{"html_url":"https://acme.pagerduty.com/services/PF9KMXH","id":"PF9KMXH","self":"https://api.pagerduty.com/services/PF9KMXH","summary":"API Service","type":"service_reference"},"assignees":[{"html_url":"https://acme.pagerduty.com/users/PTUXL6G","id":"PTUXL6G","self":"https://api.pagerduty.com/users/PTUXL6G","summary":"User 123","type":"user_reference"}],"escalation_policy":{"html_url":"https://acme.pagerduty.com/escalation_policies/PUS0KTE","id":"PUS0KTE","self":"https://api.pagerduty.com/escalation_policies/PUS0KTE","summary":"Default","type":"escalation_policy_reference"},"teams":[{"html_url":"https://acme.pagerduty.com/teams/PFCVPS0","id":"PFCVPS0","self":"https://api.pagerduty.com/teams/PFCVPS0","summary":"Engineering","type":"team_reference"}],"priority":{"html_url":"https://acme.pagerduty.com/account/incident_priorities","id":"PSO75BM","self":"https://api.pagerduty.com/priorities/PSO75BM","summary":"P1","type":"priority_reference"},"urgency":"high","conference_bridge":{"conference_number":1000,"conference_url":"https://example.com"},"resolve_reason":null}}}'
  const config = { secret: 'lDQHScfUeXUKaQRNF+8XIiDKZ7XX3itBAYzwU0TARw8lJqRnkKl2iB1anSb0Z+IK' }
  const asked = (digest: string) =>
    verify('pagerduty', post(example, { 'X-PagerDuty-Signature': `v1=${digest}` }), config, {
      nowMs,
    })
  const good = '0c0b9495b893a39e70d1fea2fe11fbe0a825f88b9f67846f6cc07dd2bc5476cd'
  const value = { type: 'incident.priority_updated', dedupeKey: '01BWDWL3NYY7LUFPZCC28QUCMK' }
  expect(await asked(good)).toEqual({ ok: true, value })
  const wrong = '7020c8a7ec668a9b7012bc3dd82e483394b038f4230acc6785efbf2a7d8bcaf5'
  expect((await asked(wrong)).ok).toBe(false)
})

it('accepts any signature of a rotation, and passes over versions that it does not know', async () => {
  const bad = `v1=${'0'.repeat(64)}`
  const good = `v1=${digestOf('k')}`
  expect((await ask(`${bad},${good}`)).ok).toBe(true)
  expect((await ask(`${good},${bad}`)).ok).toBe(true)
  expect((await ask(`v2=new,${good}`)).ok).toBe(true)
  expect((await ask(`${bad},${bad}`)).ok).toBe(false)
  expect((await ask(`${bad},v2=${digestOf('k')}`)).ok).toBe(false)
})
