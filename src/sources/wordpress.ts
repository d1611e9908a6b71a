import * as z from 'zod'
import { err, ok } from '../model/result.ts'
import type { Refusal } from '../model/refusal.ts'
import { utf8 } from '../signing/bytes.ts'
import { hmacAlgorithms } from '../signing/hmac.ts'
import { apiKey } from './api-key.ts'
import { bodyDigest, formOf, jsonOrPayload, keyFrom, textAt, typeFrom } from './payload.ts'
import { locate, Locator } from './schemes/locator.ts'
import { hmacProblem } from './schemes/proof.ts'
import { signingOf, signingProblems, signingShape } from './schemes/signing-config.ts'
import { HeaderName, Secret, secretPaths } from './settings.ts'
import { defineSource } from './source.ts'
import type { SourceRequest, World } from './source.ts'

const type = Locator.default('header:x-wp-webhook-name')

const Hmac = z.strictObject({
  auth: z.literal('hmac').default('hmac'),
  secret: Secret,
  algorithm: z.enum(hmacAlgorithms).default('sha256'),
  ...signingShape,
  // As WP Webhooks signs. Other plugins have their own ways: `sha256=` and hex under a header of their name.
  header: signingShape.header.default('x-wp-webhook-signature'),
  encoding: signingShape.encoding.default('base64'),
  type,
})

const ApiKey = z.strictObject({
  auth: z.literal('api-key'),
  key: Secret,
  header: HeaderName.default('x-api-key'),
  prefix: z.string().max(100).default(''),
  type,
  id: Locator.optional(),
})

const Config = z.discriminatedUnion('auth', [Hmac, ApiKey]).transform((config, { issues }) => {
  // A transform, because a check would also see configs that are not of this shape.
  for (const { path, message } of config.auth === 'hmac' ? signingProblems(config) : []) {
    issues.push({ code: 'custom', path: path.split('.'), message, input: config })
  }
  return config
})

async function problemOf(
  request: SourceRequest,
  config: z.infer<typeof Config>,
  world: World,
): Promise<Refusal | null> {
  if (config.auth === 'hmac') {
    const keys = config.secret.map(utf8)
    return hmacProblem(request, signingOf(config), config.algorithm, keys, world)
  }
  const verified = await apiKey.verify(request, config, world)
  return verified.ok ? null : verified.error
}

/** Plugins name an event in the body if anywhere, JSON or form, under one of these. */
function nameIn(request: SourceRequest): string | undefined {
  const json = jsonOrPayload(request)
  const form = formOf(request)
  const names = ['event', 'type', 'action']
  return names.map((name) => textAt(json, name) ?? form?.get(name)).find(Boolean) ?? undefined
}

/**
 * WordPress plugins agree on nothing: what the secret or key stands in is configured, and the defaults are those of WP
 * Webhooks. Type: where `config.type` says, else the body's `event`, `type` or `action`. Dedupe: where `config.id` says,
 * else `Idempotency-Key`, else the body's digest.
 */
export const wordpress = defineSource({
  title: 'WordPress plugins',
  documentation: 'https://wordpress.org/plugins/wp-webhooks/',
  config: Config,
  secrets: [...secretPaths('secret'), ...secretPaths('key')],
  proofHeaders: ['x-wp-webhook-signature', 'x-api-key', 'authorization'],
  configuredProofHeaders: ({ header }) => [header],
  methods: ['POST', 'PUT', 'PATCH'],
  typeIs:
    'where `config.type` says (the header X-WP-Webhook-Name), else `event`, `type` or `action` of the body',
  dedupeKeyIs: 'where `config.id` says, else the header Idempotency-Key, else a digest of the body',
  eventTypes: [
    'post_create',
    'post_update',
    'post_delete',
    'create_user',
    'update_user',
    'login_user',
  ],
  steps: [
    "Enter this source's URL where the plugin sends its webhooks (WP Webhooks: Send Data; Uncanny Automator: the action Send data to a webhook).",
    'A plugin that signs: the secret goes into this source, with header, encoding, prefix and what is signed if they are not those of WP Webhooks.',
    'A plugin that does not: set `auth` to `api-key`, and let it send the key of this source as a header.',
  ],

  async verify(request, config, world) {
    const problem = await problemOf(request, config, world)
    if (problem !== null) return err(problem)
    const id = config.id === undefined ? undefined : locate(request, config.id)
    const sent = id ?? request.headers.get('idempotency-key')
    return ok({
      type: typeFrom(locate(request, config.type), nameIn(request)),
      dedupeKey: keyFrom(sent) ?? bodyDigest(request.body),
    })
  },
})
