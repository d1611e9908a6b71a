import * as z from 'zod'
import { err, ok } from '../model/result.ts'
import { utf8 } from '../signing/bytes.ts'
import { jsonOrPayload, keyFrom, textAt, withAction } from './payload.ts'
import { hmacProblem } from './schemes/proof.ts'
import type { Signing } from './schemes/claim.ts'
import { Secret, secretPaths } from './settings.ts'
import { defineSource } from './source.ts'

const signing: Signing = {
  header: 'x-hub-signature-256',
  encoding: 'lower-hex',
  prefix: 'sha256=',
  signed: ['body'],
}

/** Type: `X-GitHub-Event`, with the body's `action` after a dot. Dedupe: `X-GitHub-Delivery`. */
export const github = defineSource({
  title: 'GitHub',
  documentation: 'https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries',
  config: z.strictObject({ secret: Secret }),
  secrets: secretPaths('secret'),
  // The SHA-1 header is older and weaker: it is never a proof here, but it is one elsewhere.
  proofHeaders: [signing.header, 'x-hub-signature'],
  methods: ['POST'],
  typeIs: "the header X-GitHub-Event, with the body's `action` after a dot",
  dedupeKeyIs: 'the header X-GitHub-Delivery',
  eventTypes: ['push', 'ping', 'issues.opened', 'pull_request.opened', 'release.published'],
  steps: [
    'Open the repository or organization, then Settings, Webhooks, Add webhook.',
    "Payload URL: this source's URL. Content type: application/json.",
    'Secret: the secret of this source.',
    'Choose the events and save. GitHub sends a ping at once.',
  ],

  async verify(request, { secret }, world) {
    const problem = await hmacProblem(request, signing, 'sha256', secret.map(utf8), world)
    if (problem !== null) return err(problem)
    // A hook may be set to send its JSON in a form field. The form's bytes are what is signed.
    const action = textAt(jsonOrPayload(request), 'action')
    return ok({
      type: withAction(request.headers.get('x-github-event'), action),
      dedupeKey: keyFrom(request.headers.get('x-github-delivery')),
    })
  },
})
