import * as z from 'zod'
import { beginConsent, endConsent } from '../../pipeline/consent.ts'
import { invalid, notFound } from '../problem.ts'
import { json, route } from '../route.ts'

const tag = 'Destinations'

const callbackPath = '/oauth/callback'

const isCallback = (text: string): boolean => {
  const url = URL.parse(text)
  return url !== null && url.pathname === callbackPath && url.search === '' && url.hash === ''
}

const Authorize = z.strictObject({
  redirect: z
    .url({ protocol: /^https?$/ })
    .max(2048)
    .refine(isCallback, `must end with ${callbackPath}`)
    .optional()
    .meta({
      description: 'The redirect URI, where the router is known to the receiver by another origin.',
    }),
})

const UrlShape = z.object({ url: z.url() })
const ConnectedShape = z.object({ connected: z.literal(true), destination_id: z.string() })

export const oauthRoutes = [
  route({
    method: 'POST',
    path: '/api/v1/destinations/{id}/oauth/authorize',
    access: 'operator',
    tag,
    summary: 'Connect an account by consent',
    description:
      'Open `url` in the browser of the account’s owner, within 10 minutes. Register `<origin>/oauth/callback` as the redirect URI of the app first. A URL counts once, and ends with any change of the destination.',
    body: Authorize,
    answers: { 200: { description: 'Where to consent.', schema: UrlShape } },
    async handle({ services, as, params, body, url }) {
      const redirectUri = body.redirect ?? url.origin + callbackPath
      const begun = await beginConsent(services, as.tenant.id, params.id, redirectUri)
      if (begun.ok) return json({ url: begun.value })
      if (begun.error === 'not_found') return notFound('destination')
      const message = 'holds nothing that is connected by consent'
      return invalid([{ path: 'config', message }])
    },
  }),
  route({
    method: 'GET',
    path: callbackPath,
    access: 'public',
    // Providers add parameters of their own.
    reads: 'stream',
    tag,
    summary: 'Where a consent page sends the browser back to',
    description:
      'Takes `code` and `state`, or `error`. What it learns is stored, sealed, and never told.',
    answers: { 200: { description: 'The account is connected.', schema: ConnectedShape } },
    problems: ['validation_failed'],
    async handle({ services, url }) {
      const ended = await endConsent(services, url.searchParams)
      if (ended.ok) return json({ connected: true, destination_id: ended.value.destinationId })
      return invalid([{ path: ended.error.at, message: ended.error.message }])
    },
  }),
]
