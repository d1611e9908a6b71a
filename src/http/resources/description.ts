import * as z from 'zod'
import { docsPage } from '../docs-page.ts'
import { openApi } from '../openapi.ts'
import { json, type Route, route } from '../route.ts'
import { version } from '../version.ts'

const tag = 'About'

const nonceOf = (random: Uint8Array): string =>
  Array.from(random, (byte) => byte.toString(16).padStart(2, '0')).join('')

const page = (nonce: string): Response =>
  new Response(docsPage(nonce), {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': `default-src 'none'; script-src 'nonce-${nonce}'; style-src 'nonce-${nonce}'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
      'referrer-policy': 'no-referrer',
    },
  })

/** What the router says of itself. `all`: every route of it, asked for when the description is. */
export const descriptionRoutes = (all: () => readonly Route[]): Route[] => [
  route({
    method: 'GET',
    path: '/health',
    access: 'public',
    tag,
    summary: 'See whether the router answers',
    answers: {
      200: {
        description: 'It does.',
        schema: z.object({ status: z.literal('ok'), version: z.string() }),
      },
    },
    handle: () => json({ status: 'ok', version }),
  }),
  route({
    method: 'GET',
    path: '/openapi.json',
    access: 'public',
    tag,
    summary: 'This description',
    answers: { 200: { description: 'OpenAPI 3.1.', schema: z.record(z.string(), z.unknown()) } },
    handle: () => json(openApi(all())),
  }),
  route({
    method: 'GET',
    path: '/docs',
    access: 'public',
    tag,
    summary: 'This description, for people',
    answers: { 200: { description: 'A page.', contentType: 'text/html' } },
    handle: ({ services }) => page(nonceOf(services.random(16))),
  }),
]
