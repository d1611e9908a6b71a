import { createHmac } from 'node:crypto'
import { expect, it } from 'vitest'
import { bindSource } from '../../src/sources/index.ts'
import { itIsASource, post } from './contract.ts'

const body = '{"event_name":"item:added","user_id":"2671355","event_data":{"id":"6XR4"}}'
const signed = (key: string) =>
  post(body, {
    'User-Agent': 'Todoist-Webhooks',
    'X-Todoist-Delivery-ID': '4b1c2d3e',
    'X-Todoist-Hmac-SHA256': createHmac('sha256', key).update(body).digest('base64'),
  })

itIsASource({
  provider: 'todoist',
  sign: signed,
  secrets: ['first', 'second'],
  proofHeader: 'x-todoist-hmac-sha256',
  malformed: ['AAAA', `${'_'.repeat(43)}=`, `${'A'.repeat(42)}B=`, '0'.repeat(64)],
  signsBody: true,
  toleranceS: null,
  expected: { type: 'item:added', dedupeKey: '4b1c2d3e' },
})

it('answers an event with 200, as any other status counts as failed', () => {
  const bound = bindSource('todoist', { secret: 'first' })
  const answer = bound.ok ? bound.value.accepted(signed('first')) : null
  expect([answer?.status, answer?.body]).toEqual([200, null])
})
