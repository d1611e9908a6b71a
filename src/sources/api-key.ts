import * as z from 'zod'
import { err } from '../model/result.ts'
import { utf8 } from '../signing/bytes.ts'
import { acceptUnknown } from './schemes/body-type.ts'
import { sameCredential } from './schemes/credential.ts'
import { headerOf } from './schemes/claim.ts'
import { HeaderName, Secret, secretPaths } from './settings.ts'
import { defineSource } from './source.ts'

const Config = z
  .strictObject({
    header: HeaderName.default('x-api-key'),
    key: Secret.optional(),
    /** The same under the name that it has for other senders. */
    secret: Secret.optional(),
    /** In front of the key: `Bearer `. */
    prefix: z.string().max(100).default(''),
  })
  .transform(({ key, secret, ...where }, { issues }) => {
    const [one, other] = [key, secret].filter((given) => given !== undefined)
    if (one !== undefined && other === undefined) return { ...where, key: one }
    issues.push({ code: 'custom', path: ['key'], message: 'a key, or a secret', input: key })
    return z.NEVER
  })

/** Type: `type` or `event` of a JSON body. Dedupe: `Idempotency-Key`. */
export const apiKey = defineSource({
  title: 'API key',
  documentation: 'https://swagger.io/docs/specification/v3_0/authentication/api-keys/',
  config: Config,
  secrets: [...secretPaths('key'), ...secretPaths('secret')],
  proofHeaders: ['x-api-key', 'authorization'],
  configuredProofHeaders: ({ header }) => [header],
  methods: ['POST', 'PUT', 'PATCH'],
  typeIs: '`type` or `event` of the JSON body',
  dedupeKeyIs: 'the header Idempotency-Key',
  eventTypes: [],
  steps: ["Enter this source's URL at the sender, and its key as a header of every request."],

  verify(request, { header, key, prefix }) {
    const value = headerOf(request, header)
    if (!value.ok) return value
    // RFC 9110, 11.1: a scheme such as `Bearer` is written in any case.
    const hasPrefix = value.value.slice(0, prefix.length).toLowerCase() === prefix.toLowerCase()
    const given = value.value.slice(prefix.length)
    if (!hasPrefix || given === '') return err({ reason: 'malformed_header', header })
    const known = key.some((one) => sameCredential(utf8(given), utf8(one)))
    return known ? acceptUnknown(request) : err({ reason: 'credentials_mismatch' })
  },
})
