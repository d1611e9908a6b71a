import { isJsonObject } from '../model/json.ts'
import type { Json, JsonObject } from '../model/json.ts'
import { err, ok } from '../model/result.ts'
import type { Result } from '../model/result.ts'
import type { MappingField, Message, Stopped } from './destination.ts'
import { cardFields, cardOf, dataOf } from './mapping/card.ts'
import { cut } from './mapping/cut.ts'
import { mappedAt, mappingInvalid, textField, urlField } from './mapping/fields.ts'
import { at } from './mapping/look.ts'
import { videoOf } from './mapping/people.ts'
import { contentOf } from './wordpress-blocks.ts'
import type { EmbedAs } from './wordpress-blocks.ts'

/** What the column holds is more; a title of this length is no title. */
const mostTitle = 500
/** `post_name` is a varchar(200). */
const slugForm = /^(?=.{1,200}$)[a-z0-9_]+(?:-[a-z0-9_]+)*$/

export const postFields: readonly MappingField[] = [
  ...cardFields.filter(({ name }) => name !== 'tone'),
  {
    name: 'embed',
    is: 'the video to embed: the http(s) URL of its page or file, or null for none',
  },
  { name: 'content', is: 'the whole content instead: HTML or blocks, as WordPress takes them' },
  { name: 'excerpt', is: 'the excerpt: a text' },
  { name: 'slug', is: 'a slug of your own: up to 200 of a-z, 0-9, "_" and single "-"' },
  { name: 'meta', is: 'an object of meta fields that the site has registered for the REST API' },
]

export interface PostSettings {
  status: string
  embed: EmbedAs
  categories?: number[] | undefined
  tags?: number[] | undefined
  author?: number | undefined
}

export interface Post {
  [field: string]: Json
  title: string
  content: string
  status: string
  slug: string
  slugIsOwn: boolean
}

/** `<title>-<the end of the delivery's id>`: the same at every attempt, and no other post's. */
function slugOf(title: string, deliveryId: string): string {
  const words = title
    .slice(0, 200)
    .replaceAll('ß', 'ss')
    .normalize('NFKD')
    .replaceAll(/\p{M}+/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 80)
    .replace(/-$/, '')
  const id = deliveryId
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '')
    .slice(-12)
  return words === '' ? id : `${words}-${id}`
}

function embedOf(message: Message): string | null {
  const data = dataOf(message)
  const isVideo = message.event.type.startsWith('video.') || isJsonObject(at(data, ['video']))
  const { embedUrl, url } = videoOf(data)
  return isVideo ? (embedUrl ?? url) : null
}

const given = (fields: Record<string, Json | undefined>): JsonObject =>
  Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )

/** The post that tells of the event, as `POST /wp/v2/posts` takes it. */
export function postOf(message: Message, settings: PostSettings): Result<Post, Stopped> {
  const card = cardOf(message)
  if (!card.ok) return card
  const embed = urlField(message, 'embed', embedOf(message))
  if (!embed.ok) return embed
  const content = textField(message, 'content', null)
  if (!content.ok) return content
  const excerpt = textField(message, 'excerpt', null)
  if (!excerpt.ok) return excerpt
  const ownSlug = textField(message, 'slug', null)
  if (!ownSlug.ok) return ownSlug
  if (ownSlug.value !== null && !slugForm.test(ownSlug.value)) {
    return err(mappingInvalid('slug', 'must be up to 200 of a-z, 0-9, "_" and single "-"'))
  }
  const meta = mappedAt(message, 'meta')
  if (meta !== undefined && !isJsonObject(meta)) {
    return err(mappingInvalid('meta', 'must be an object'))
  }
  const title = cut(card.value.title, mostTitle)
  const { status, categories, tags, author } = settings
  return ok({
    title,
    content: content.value ?? contentOf(card.value, embed.value, settings.embed),
    status,
    slug: ownSlug.value ?? slugOf(title, message.deliveryId),
    slugIsOwn: ownSlug.value !== null,
    ...given({ excerpt: excerpt.value ?? undefined, meta, categories, tags, author }),
  })
}
