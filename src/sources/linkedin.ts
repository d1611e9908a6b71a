import * as z from 'zod'
import { parseJson } from '../model/json.ts'
import type { Json } from '../model/json.ts'
import { err, ok } from '../model/result.ts'
import { utf8 } from '../signing/bytes.ts'
import { toHex } from '../signing/encodings.ts'
import { hmac } from '../signing/hmac.ts'
import { bodyDigest, keyFrom, textAt, valueAt, withAction } from './payload.ts'
import { idAt } from './schemes/json-batch.ts'
import { hmacProblem } from './schemes/proof.ts'
import { parametersOf } from './schemes/shared-secret.ts'
import type { Signing } from './schemes/claim.ts'
import { Secret, secretPaths } from './settings.ts'
import { defineSource } from './source.ts'

const mostChildren = 50

const signing: Signing = {
  header: 'x-li-signature',
  encoding: 'lower-hex',
  signed: [utf8('hmacsha256='), 'body'],
}

// The answer to a challenge is an HMAC with the secret that also signs events. An equals sign in the challenge would make
// it one of `hmacsha256=` and a body of the caller's choice. LinkedIn sends UUIDs.
const challengeText = /^[\w-]{1,200}$/

/** The ids of all notifications in the body; `null` unless each of them has one. */
function idsOf(json: Json | undefined): string | null {
  const list = valueAt(json, ['notifications'])
  const all = Array.isArray(list) && list.length > 0 ? list : [json]
  const ids = all.map((one) => idAt(one ?? null, 'notificationId'))
  return ids.includes(undefined) ? null : ids.join(',')
}

/**
 * Type: `type`, with a lead's `leadAction` after a dot. Dedupe: `notificationId`, of each notification that comes along; the digest of
 * the body where there is none (leads).
 */
export const linkedin = defineSource({
  title: 'LinkedIn',
  documentation: 'https://learn.microsoft.com/linkedin/shared/api-guide/webhook-validation',
  config: z.strictObject({
    secret: Secret,
    /** By application id: of apps that were made under this one and share the URL. */
    child_secrets: z
      .record(z.string().regex(/^[\w-]{1,100}$/, 'an application id'), Secret)
      .refine((all) => Object.keys(all).length <= mostChildren, {
        error: `at most ${mostChildren} applications`,
      })
      .default({}),
  }),
  secrets: [...secretPaths('secret'), ...secretPaths('child_secrets.*')],
  proofHeaders: [signing.header],
  methods: ['POST'],
  typeIs: "`type`, with a lead's `leadAction` after a dot",
  dedupeKeyIs: '`notificationId`, else the digest of the body',
  eventTypes: [
    'ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS',
    'LEAD_ACTION.CREATED',
    'LEAD_ACTION.DELETED',
  ],
  steps: [
    'Open www.linkedin.com/developers/apps and choose the app.',
    'Copy the client secret (Auth) into this source, and save the source.',
    "Webhooks: add this source's URL. LinkedIn checks it at once, and then every two hours.",
    'For child applications, enter the client secret of each by its application id.',
    'Subscribe to the events by the API of the product (Community Management, Lead Sync).',
  ],

  async verify(request, { secret, child_secrets }, world) {
    const keys = [...secret, ...Object.values(child_secrets).flat()].map(utf8)
    const problem = await hmacProblem(request, signing, 'sha256', keys, world)
    if (problem !== null) return err(problem)
    const json = parseJson(request.body)
    return ok({
      type: withAction(textAt(json, 'type') ?? null, textAt(json, 'leadAction')),
      dedupeKey: keyFrom(idsOf(json)) ?? bodyDigest(request.body),
    })
  },

  /** Unsigned: what it proves is that this side knows the secret. With the current one, as LinkedIn knows but one. */
  handshake(request, { secret, child_secrets }) {
    const [challengeCode = ''] = parametersOf(request, 'challengeCode')
    if (request.method !== 'GET' || !challengeText.test(challengeCode)) return null
    const [application = ''] = parametersOf(request, 'applicationId')
    const child = new Map(Object.entries(child_secrets)).get(application)
    const [key = ''] = child ?? secret
    const challengeResponse = toHex(hmac('sha256', utf8(key), utf8(challengeCode)))
    return { response: Response.json({ challengeCode, challengeResponse }) }
  },
})
