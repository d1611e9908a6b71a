import * as z from 'zod'
import { err, ok } from '../model/result.ts'
import { utf8 } from '../signing/bytes.ts'
import { elementsOf, wholeOf } from './meta-elements.ts'
import { echo, plainOk } from './schemes/answers.ts'
import type { Signing } from './schemes/claim.ts'
import { sameCredential } from './schemes/credential.ts'
import { hmacProblem } from './schemes/proof.ts'
import { parametersOf } from './schemes/shared-secret.ts'
import { Secret, secretPaths, Split } from './settings.ts'
import { defineSource } from './source.ts'

const signing: Signing = {
  header: 'x-hub-signature-256',
  encoding: 'lower-hex',
  prefix: 'sha256=',
  signed: ['body'],
}

/**
 * Type: `object` and the change's `field` (`page.feed`, `whatsapp_business_account.messages`); messages of Messenger and Instagram name
 * none, and are `page.messaging`, `page.standby`; a notification of several kinds is its `object`. Dedupe: the id of the message
 * (`mid`, `wamid`, with a status behind it) where there is exactly one, else the digest of the body. With `split`, each element of
 * `changes` and `messaging` is an event, whose body is the element alone: without the entry's id and time around it.
 */
export const meta = defineSource({
  title: 'Meta (Facebook, Instagram, WhatsApp)',
  documentation: 'https://developers.facebook.com/docs/graph-api/webhooks/getting-started',
  config: z.strictObject({
    secret: Secret,
    /** For the check of the URL, which is refused without it. */
    verify_token: Secret.optional(),
    split: Split,
  }),
  secrets: [...secretPaths('secret'), ...secretPaths('verify_token')],
  // The SHA-1 header is older and weaker: it is never a proof here, but it is one elsewhere.
  proofHeaders: [signing.header, 'x-hub-signature'],
  methods: ['POST'],
  typeIs: '`object`, with the `field` of the change, or `messaging`, after a dot',
  dedupeKeyIs: 'the id of the message where there is one, else the digest of the body',
  eventTypes: [
    'page.feed',
    'page.messaging',
    'page.leadgen',
    'instagram.comments',
    'instagram.messaging',
    'whatsapp_business_account.messages',
    'user.photos',
  ],
  steps: [
    'Open developers.facebook.com/apps and choose the app.',
    'Copy the app secret (App settings, Basic) into this source.',
    'Make up a verify token, enter it in this source, and save the source.',
    "Webhooks: choose the object, enter this source's URL as the callback URL and the same verify token. Meta checks it at once.",
    'Subscribe to the fields.',
  ],

  async verify(request, { secret }, world) {
    const problem = await hmacProblem(request, signing, 'sha256', secret.map(utf8), world)
    return problem === null ? ok(wholeOf(request.body)) : err(problem)
  },

  handshake(request, { verify_token = [] }) {
    const [mode] = request.method === 'GET' ? parametersOf(request, 'hub.mode') : []
    if (mode === undefined) return null
    const [token = ''] = parametersOf(request, 'hub.verify_token')
    const [challenge = ''] = parametersOf(request, 'hub.challenge')
    const given = utf8(token)
    const isKnown = verify_token.some((token) => sameCredential(given, utf8(token)))
    const isGranted = isKnown && mode === 'subscribe' && challenge !== ''
    return { response: isGranted ? echo(challenge) : new Response(null, { status: 403 }) }
  },

  parts: ({ body }, { split }) => (split ? elementsOf(body) : null),

  accepted: plainOk,
})
