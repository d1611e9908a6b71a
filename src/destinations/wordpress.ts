import * as z from 'zod'
import { isJsonObject, parseJson } from '../model/json.ts'
import type { Json } from '../model/json.ts'
import { mappingOf } from '../model/mapping.ts'
import type { Outcome } from '../model/outcome.ts'
import { err, ok } from '../model/result.ts'
import type { Result } from '../model/result.ts'
import { utf8 } from '../signing/bytes.ts'
import { toBase64 } from '../signing/encodings.ts'
import { BaseUrl } from './base-url.ts'
import { defineDestination } from './destination.ts'
import type { ReceivedResponse } from './destination.ts'
import { jsonRequest } from './json-request.ts'
import { firstTextAt } from './mapping/look.ts'
import { outcomeBy } from './outcome-table.ts'
import type { OutcomeRow } from './outcome-table.ts'
import { postFields, postOf } from './wordpress-post.ts'

const Ids = z.array(z.int().min(1)).max(100).optional()

const Config = z.strictObject({
  base_url: BaseUrl.unwrap(),
  username: z
    .string()
    .max(60)
    .regex(/^[^:\p{Cc}]+$/u, 'a user name, without a colon'),
  application_password: z.string().min(1).max(200),
  post_type: z.enum(['posts', 'pages']).default('posts'),
  status: z.enum(['publish', 'draft', 'pending', 'private']).default('publish'),
  embed: z.enum(['block', 'shortcode', 'link']).default('block'),
  on_found: z.enum(['keep', 'update']).default('keep'),
  categories: Ids,
  tags: Ids,
  author: z.int().min(1).optional(),
  mapping: mappingOf([
    'title',
    'text',
    'link',
    'link_text',
    'image',
    'fields',
    'embed',
    'content',
    'excerpt',
    'slug',
    'meta',
  ]),
})
type Config = z.output<typeof Config>

/** https://developer.wordpress.org/rest-api/reference/posts/ */
const table: readonly OutcomeRow[] = [
  // A page in front of the site, or a site whose REST API is not there: no post has been made.
  { status: [200, 299], code: ['no_post'], is: 'retry' },
  { status: 401, is: 'credentials' },
  { code: ['incorrect_password', 'invalid_username', 'rest_not_logged_in'], is: 'credentials' },
]

interface Answer {
  outcome: Outcome
  error?: string
}

interface Found {
  id: number
}

const idIn = (json: Json | undefined): number | null =>
  isJsonObject(json) && typeof json['id'] === 'number' ? json['id'] : null

/** What the site says of the post that was to be written. */
function writtenOutcome(response: ReceivedResponse, nowMs: number): Outcome {
  const json = parseJson(response.body)
  const code = firstTextAt(json, ['code']) ?? ''
  return outcomeBy(table, response, nowMs, idIn(json) === null ? [code, 'no_post'] : [])
}

/** The post with this very slug: WordPress makes `-2` of one that is taken, and never refuses it. */
function foundIn(
  response: ReceivedResponse,
  slug: string,
  nowMs: number,
): Result<Found | null, Answer> {
  const json = parseJson(response.body)
  if (response.status === 200 && Array.isArray(json)) {
    const post = json.find((one) => isJsonObject(one) && one['slug'] === slug)
    const id = idIn(post)
    return ok(id === null ? null : { id })
  }
  const codes = [firstTextAt(json, ['code']) ?? '', 'no_post']
  return err({ outcome: outcomeBy(table, response, nowMs, codes) })
}

const credentialsOf = ({ username, application_password }: Config): Record<string, string> => ({
  authorization: `Basic ${toBase64(utf8(`${username}:${application_password}`))}`,
})

/** A post or page of a WordPress site: https://developer.wordpress.org/rest-api/ */
export const wordpress = defineDestination({
  title: 'WordPress',
  description:
    'Writes a post or page for each event, made of blocks, with its video embedded. Its slug is made of the delivery, and a retry looks for it first, ' +
    'so a post is not written twice; only where an attempt that was cut off is still at work inside WordPress while the retry looks may there be two. ' +
    'With a slug of your own by mapping, it looks before every write.',
  config: Config,
  secrets: ['application_password'],
  signing: () => null,
  rateLimit: null,
  addresses: ({ base_url }) => [{ path: 'base_url', url: base_url }],
  mapping: postFields,
  steps: [
    'In WordPress, make a user of the role Author or Editor for Switchyard; a Contributor cannot publish, nor name the slug of a pending post.',
    'As that user, open Users → Profile → Application Passwords, name it "Switchyard", and copy the password that is shown once.',
    'Settings → Permalinks must be anything but "Plain", so that /wp-json answers.',
    'Enter the address of the site, as visitors see it and with https, the user name and the application password.',
  ],
  async converse(message, { config }, talk) {
    const post = postOf(message, config)
    if (!post.ok) return post.error
    const { slug, slugIsOwn, ...fields } = post.value
    const url = `${config.base_url}/wp-json/wp/v2/${config.post_type}`
    const headers = credentialsOf(config)

    let found: Found | null = null
    if (message.attempt > 1 || slugIsOwn) {
      const query = `slug=${slug}&status=any&context=edit&_fields=id,slug`
      const looked = await talk.call(async () => ok(jsonRequest(`${url}?${query}`, headers, null)))
      if (!looked.ok) return looked.error
      const answer = foundIn(looked.value, slug, talk.now())
      if (!answer.ok) return answer.error
      found = answer.value
    }
    if (found !== null && config.on_found === 'keep') return { outcome: { kind: 'delivered' } }

    // An update leaves the status: somebody may have taken the post back.
    const { status, ...content } = fields
    const [place, body] =
      found === null ? [url, { ...content, status, slug }] : [`${url}/${found.id}`, content]
    const written = await talk.call(async () =>
      ok(jsonRequest(`${place}?_fields=id,slug,status,link`, headers, body)),
    )
    if (!written.ok) return written.error
    return { outcome: writtenOutcome(written.value, talk.now()) }
  },
})
