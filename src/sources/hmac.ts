import * as z from 'zod'
import { err, ok } from '../model/result.ts'
import type { Refusal } from '../model/refusal.ts'
import { utf8 } from '../signing/bytes.ts'
import { fromBase64, fromBase64Url, fromHex } from '../signing/encodings.ts'
import { hmacAlgorithms } from '../signing/hmac.ts'
import type { ConfigIssue } from './config-issue.ts'
import { keyFrom, typeFrom } from './payload.ts'
import { locate } from './schemes/locator.ts'
import { ed25519Problem, hmacProblem } from './schemes/proof.ts'
import { signingOf, signingProblems, signingShape } from './schemes/signing-config.ts'
import { Secret, secretOf, secretPaths } from './settings.ts'
import { defineSource } from './source.ts'
import type { SourceRequest, World } from './source.ts'

const keyDecoders = { utf8, base64: fromBase64, hex: fromHex }

const publicKeyOf = (text: string): Uint8Array | null =>
  [fromHex(text), fromBase64(text), fromBase64Url(text)].find((key) => key?.length === 32) ?? null

const Hmac = z.strictObject({
  scheme: z.literal('hmac').default('hmac'),
  secret: Secret,
  algorithm: z.enum(hmacAlgorithms),
  secret_encoding: z.enum(['utf8', 'base64', 'hex']).default('utf8'),
  ...signingShape,
})

const Ed25519 = z.strictObject({
  scheme: z.literal('ed25519'),
  public_key: secretOf(
    z.string().refine((text) => publicKeyOf(text) !== null, { error: '32 bytes in hex or base64' }),
  ),
  ...signingShape,
})

function secretProblems(config: z.infer<typeof Hmac> | z.infer<typeof Ed25519>): ConfigIssue[] {
  if (config.scheme === 'ed25519') return []
  const { secret, secret_encoding } = config
  const message = `not ${secret_encoding}, as secret_encoding says`
  return secret.flatMap((text, i) => {
    const key = keyDecoders[secret_encoding](text)
    return key === null || key.length === 0 ? [{ path: `secret.${i}`, message }] : []
  })
}

const Config = z.discriminatedUnion('scheme', [Hmac, Ed25519]).transform((config, { issues }) => {
  // A transform, because a check would also see configs that are not of this shape.
  for (const { path, message } of [...signingProblems(config), ...secretProblems(config)]) {
    issues.push({ code: 'custom', path: path.split('.'), message, input: config })
  }
  return config
})
type Config = z.infer<typeof Config>

function problemOf(request: SourceRequest, config: Config, world: World): Promise<Refusal | null> {
  if (config.scheme === 'ed25519') {
    const keys = config.public_key.map(publicKeyOf).filter((key) => key !== null)
    return ed25519Problem(request, signingOf(config), keys, world)
  }
  const decode = keyDecoders[config.secret_encoding]
  const keys = config.secret.map(decode).filter((key) => key !== null)
  return hmacProblem(request, signingOf(config), config.algorithm, keys, world)
}

/** Any signed sender, its scheme as data. Type and dedupe stand where the config says; without `id`, the signed id. */
export const hmac = defineSource({
  title: 'Signed webhooks (HMAC or Ed25519)',
  documentation: 'https://www.rfc-editor.org/rfc/rfc2104',
  config: Config,
  secrets: secretPaths('secret'),
  proofHeaders: [],
  configuredProofHeaders: ({ header }) => [header],
  methods: ['POST', 'PUT', 'PATCH'],
  typeIs: 'where `config.type` says',
  dedupeKeyIs: 'where `config.id` says, else the signed id',
  eventTypes: [],
  steps: [
    "Enter this source's URL at the sender.",
    "Set header, algorithm, encoding and what is signed as the sender's documentation says.",
    "Copy the sender's secret, or its public key, into this source.",
  ],

  async verify(request, config, world) {
    const problem = await problemOf(request, config, world)
    if (problem !== null) return err(problem)
    const { type, id, id_header } = config
    const idAt = id ?? (id_header === undefined ? undefined : `header:${id_header}`)
    return ok({
      type: typeFrom(locate(request, type)),
      dedupeKey: keyFrom(idAt === undefined ? null : locate(request, idAt)),
    })
  },
})
