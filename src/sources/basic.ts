import * as z from 'zod'
import { err } from '../model/result.ts'
import { utf8 } from '../signing/bytes.ts'
import { fromBase64 } from '../signing/encodings.ts'
import { acceptUnknown } from './schemes/body-type.ts'
import { sameCredential } from './schemes/credential.ts'
import { headerOf } from './schemes/claim.ts'
import { Secret, secretPaths } from './settings.ts'
import { defineSource } from './source.ts'

const header = 'authorization'
const colon = 0x3a

const Username = z
  .string()
  .min(1)
  .max(1000)
  .refine((name) => !name.includes(':'), { error: 'a name without a colon' })

/** Type: `type` or `event` of a JSON body. Dedupe: `Idempotency-Key`. */
export const basic = defineSource({
  title: 'Basic authentication',
  documentation: 'https://www.rfc-editor.org/rfc/rfc7617',
  config: z.strictObject({ username: Username, password: Secret }),
  secrets: secretPaths('password'),
  proofHeaders: [header],
  methods: ['POST', 'PUT', 'PATCH'],
  typeIs: '`type` or `event` of the JSON body',
  dedupeKeyIs: 'the header Idempotency-Key',
  eventTypes: [],
  steps: [
    "Enter this source's URL at the sender, with the user name and password of this source.",
    'Where the sender has only a URL field: https://user:password@….',
  ],

  verify(request, { username, password }) {
    const value = headerOf(request, header)
    if (!value.ok) return value
    const token = /^basic +([^ ]+)$/i.exec(value.value)?.[1]
    const given = token === undefined ? null : fromBase64(token)
    const split = given?.indexOf(colon) ?? -1
    // The first colon: a password may hold more of them.
    if (given === null || split < 0) return err({ reason: 'malformed_header', header })
    const isUser = sameCredential(given.subarray(0, split), utf8(username))
    const isPassword = password.some((one) => sameCredential(given.subarray(split + 1), utf8(one)))
    return isUser && isPassword ? acceptUnknown(request) : err({ reason: 'credentials_mismatch' })
  },
})
