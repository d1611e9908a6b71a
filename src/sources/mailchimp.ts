import * as z from 'zod'
import { err, ok } from '../model/result.ts'
import { bodyDigest, formOf, typeFrom } from './payload.ts'
import { plainOk } from './schemes/answers.ts'
import { parameterProblem, ParameterName } from './schemes/shared-secret.ts'
import { Secret, secretPaths } from './settings.ts'
import { defineSource } from './source.ts'

/** Audience webhooks, which are not signed: the secret stands in the URL. Type: the form's `type`. Dedupe: the body's digest. */
export const mailchimp = defineSource({
  title: 'Mailchimp (audience)',
  documentation: 'https://mailchimp.com/developer/marketing/guides/sync-audience-data-webhooks/',
  config: z.strictObject({ secret: Secret, parameter: ParameterName.default('secret') }),
  secrets: secretPaths('secret'),
  proofHeaders: [],
  methods: ['POST'],
  typeIs: 'the form field `type`',
  dedupeKeyIs: 'the digest of the body',
  eventTypes: ['subscribe', 'unsubscribe', 'profile', 'upemail', 'cleaned', 'campaign'],
  steps: [
    'Open the audience in Mailchimp, then Settings, Webhooks, Create New Webhook.',
    "Callback URL: this source's URL with ?secret= and the secret of this source.",
    'Choose the updates and save. Mailchimp checks the URL at once.',
  ],

  verify(request, { secret, parameter }) {
    const problem = parameterProblem(request, parameter, secret)
    if (problem !== null) return err(problem)
    return ok({ type: typeFrom(formOf(request)?.get('type')), dedupeKey: bodyDigest(request.body) })
  },

  /** Saving a webhook takes a 200 to a GET. It tells nothing that the URL does not tell. */
  handshake: ({ method }) =>
    method === 'GET' || method === 'HEAD' ? { response: plainOk() } : null,
})
