import * as z from 'zod'
import { parseJson } from '../model/json.ts'
import type { Refusal } from '../model/refusal.ts'
import { err, ok } from '../model/result.ts'
import { utf8 } from '../signing/bytes.ts'
import { bodyDigest, keyFrom, textAt, withAction } from './payload.ts'
import { plainOk } from './schemes/answers.ts'
import { headerOf } from './schemes/claim.ts'
import { sameCredential } from './schemes/credential.ts'
import { StandardConfig, standardProofHeaders, verifyStandardRequest } from './schemes/standard.ts'
import { Secret, secretPaths } from './settings.ts'
import { defineSource } from './source.ts'
import type { SourceRequest } from './source.ts'

const header = 'x-gitlab-token'

const Config = z.discriminatedUnion('signing', [
  z.strictObject({ signing: z.literal('token').default('token'), secret: Secret }),
  StandardConfig.extend({ signing: z.literal('standard-webhooks') }),
])

function tokenProblem(request: SourceRequest, secrets: string[]): Refusal | null {
  const given = headerOf(request, header)
  if (!given.ok) return given.error
  const known = secrets.some((one) => sameCredential(utf8(given.value), utf8(one)))
  return known ? null : { reason: 'credentials_mismatch' }
}

/** An event's UUID is handed down to all events that it sets off, so that alone it would swallow them. */
function olderKey({ headers, body }: SourceRequest): string | null {
  const uuid = headers.get('x-gitlab-event-uuid')
  return uuid === null || uuid === '' ? null : keyFrom(`${uuid}:${bodyDigest(body)}`)
}

/**
 * `config.signing`: `token`, where the secret itself is sent and the body is not signed, or `standard-webhooks`, GitLab's
 * signing token. Neither proof stands in for the other. Type: `X-Gitlab-Event`, with the `action` in `object_attributes`
 * after a dot. Dedupe: the signed id, else `Idempotency-Key`; before GitLab 17.4, `X-Gitlab-Event-UUID` and the body.
 */
export const gitlab = defineSource({
  title: 'GitLab',
  documentation: 'https://docs.gitlab.com/user/project/integrations/webhooks/',
  config: Config,
  secrets: secretPaths('secret'),
  proofHeaders: [header, ...standardProofHeaders],
  methods: ['POST'],
  typeIs: 'the header X-Gitlab-Event, with `action` of `object_attributes` after a dot',
  dedupeKeyIs:
    'the header webhook-id or Idempotency-Key, else X-Gitlab-Event-UUID with a digest of the body',
  eventTypes: [
    'Push Hook',
    'Tag Push Hook',
    'Issue Hook.open',
    'Merge Request Hook.merge',
    'Note Hook.create',
    'Pipeline Hook',
  ],
  steps: [
    'Open the project or group, then Settings, Webhooks, Add new webhook.',
    "URL: this source's URL. Secret token: the secret of this source.",
    'With a signing token (whsec_…) instead: copy it into this source, and set signing to standard-webhooks.',
    'Choose the triggers and save.',
  ],

  async verify(request, config, world) {
    const signed =
      config.signing === 'token'
        ? null
        : await verifyStandardRequest(request, config, 'webhook', world)
    if (signed?.ok === false) return signed
    const problem = config.signing === 'token' ? tokenProblem(request, config.secret) : null
    if (problem !== null) return err(problem)
    const { headers, body } = request
    return ok({
      type: withAction(
        headers.get('x-gitlab-event'),
        textAt(parseJson(body), 'object_attributes', 'action'),
      ),
      dedupeKey:
        signed?.value.dedupeKey ?? keyFrom(headers.get('idempotency-key')) ?? olderKey(request),
    })
  },

  /** GitLab asks for 200 or 201, and for an empty body, which it would keep. */
  accepted: plainOk,
})
