import * as z from 'zod'
import { headerNameProblem, headerValueProblem } from './header-rules.ts'

const maxHeaders = 50

const url = z.url({ protocol: /^https?$/ }).max(2048)
const credential = z.string().min(1).max(4096)
/** What stands in a header as it is: no spaces, no control characters. */
const visible = credential.regex(/^[\x21-\x7e]+$/, 'visible ASCII characters without spaces')
// eslint-disable-next-line no-control-regex -- these are what it is about
const printable = credential.regex(/^[^\x00-\x1f\x7f]+$/, 'no control characters')

const headerName = z.string().superRefine((name, context) => {
  const problem = headerNameProblem(name)
  if (problem !== null) context.addIssue({ code: 'custom', message: problem })
})

const headerValue = z.string().superRefine((value, context) => {
  const problem = headerValueProblem(value)
  if (problem !== null) context.addIssue({ code: 'custom', message: problem })
})

const CustomHeaders = z.record(z.string(), headerValue).superRefine((headers, context) => {
  const names = Object.keys(headers)
  if (names.length > maxHeaders)
    context.addIssue({ code: 'custom', message: `At most ${maxHeaders} headers.` })
  const seen = new Set<string>()
  for (const name of names) {
    const twice = seen.has(name.toLowerCase()) ? 'This header is there twice.' : null
    const problem = headerNameProblem(name) ?? twice
    if (problem !== null) context.addIssue({ code: 'custom', path: [name], message: problem })
    seen.add(name.toLowerCase())
  }
})

/** https://www.rfc-editor.org/rfc/rfc6749#section-4.4 */
export const OAuth2 = z.strictObject({
  type: z.literal('oauth2_client_credentials'),
  token_url: url,
  client_id: printable,
  client_secret: printable,
  scope: printable.optional(),
  audience: printable.optional(),
  /** Where the client's credentials stand in the token request: RFC 6749 2.3.1. */
  client_auth: z.enum(['basic', 'body']).default('basic'),
})
export type OAuth2 = z.infer<typeof OAuth2>

const Auth = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('basic'),
    username: printable.regex(/^[^:]+$/, 'no ":" (RFC 7617 2)'),
    password: printable,
  }),
  z.strictObject({ type: z.literal('bearer'), token: visible }),
  z.strictObject({ type: z.literal('header'), name: headerName, value: headerValue.min(1) }),
  OAuth2,
])
export type Auth = z.infer<typeof Auth>

/** The header that carries the credentials, in lower case; `null`: there are none. */
export const authHeaderOf = (auth: Auth | undefined): string | null => {
  if (auth === undefined) return null
  return auth.type === 'header' ? auth.name.toLowerCase() : 'authorization'
}

export const WebhookConfig = z
  .strictObject({
    url,
    method: z.enum(['POST', 'PUT', 'PATCH']).default('POST'),
    headers: CustomHeaders.default({}),
    signing: z.enum(['hmac', 'ed25519', 'none']).default('hmac'),
    auth: Auth.optional(),
  })
  .superRefine(({ headers, auth }, context) => {
    const taken = authHeaderOf(auth)
    for (const name of Object.keys(headers)) {
      if (name.toLowerCase() !== taken) continue
      context.addIssue({
        code: 'custom',
        path: ['headers', name],
        message: '"auth" sets this header.',
      })
    }
  })
export type WebhookConfig = z.infer<typeof WebhookConfig>
