import * as z from 'zod'
import { parseJson } from '../model/json.ts'
import { err, ok } from '../model/result.ts'
import { utf8 } from '../signing/bytes.ts'
import { keyFrom, textAt, valueAt, withAction } from './payload.ts'
import { plainOk } from './schemes/answers.ts'
import type { Signing } from './schemes/claim.ts'
import { skewed } from './schemes/likely-cause.ts'
import { hmacProblem } from './schemes/proof.ts'
import { timestampProblem } from './schemes/timestamp.ts'
import { Secret, secretPaths, toleranceOf } from './settings.ts'
import { defineSource } from './source.ts'

const signing: Signing = { header: 'linear-signature', encoding: 'lower-hex', signed: ['body'] }
const field = 'webhookTimestamp'

/**
 * Type: the body's `type` and `action`. Dedupe: `Linear-Delivery`. The time is `webhookTimestamp`, in ms, in the signed body;
 * the header `Linear-Timestamp` is signed by nobody and means nothing.
 */
export const linear = defineSource({
  title: 'Linear',
  documentation: 'https://linear.app/developers/webhooks',
  config: z.strictObject({ secret: Secret, tolerance_s: toleranceOf(60) }),
  secrets: secretPaths('secret'),
  proofHeaders: [signing.header],
  methods: ['POST'],
  typeIs: '`type` of the body, with its `action` after a dot',
  dedupeKeyIs: 'the header Linear-Delivery',
  eventTypes: [
    'Issue.create',
    'Issue.update',
    'Issue.remove',
    'Comment.create',
    'Project.update',
    'Cycle.create',
  ],
  steps: [
    'Open Linear, then Settings, API, Webhooks, New webhook.',
    "URL: this source's URL. Choose the teams and the data change events.",
    'Copy the signing secret into this source.',
  ],

  async verify(request, { secret, tolerance_s }, world) {
    const problem = await hmacProblem(request, signing, 'sha256', secret.map(utf8), world)
    if (problem !== null) return err(problem)
    const event = parseJson(request.body)
    const time = valueAt(event, [field])
    if (time === undefined || time === null) return err({ reason: 'missing_field', field })
    const text = typeof time === 'number' ? String(time) : ''
    const rule = { unit: 'ms', toleranceS: tolerance_s } as const
    const late = timestampProblem(text, field, rule, world.nowMs)
    if (late !== null) return err(skewed(late))
    return ok({
      type: withAction(textAt(event, 'type') ?? null, textAt(event, 'action')),
      dedupeKey: keyFrom(request.headers.get('linear-delivery')),
    })
  },

  /** Any other status counts as failed. */
  accepted: plainOk,
})
