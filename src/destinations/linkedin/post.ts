import type { JsonObject } from '../../model/json.ts'
import { ok } from '../../model/result.ts'
import type { Result } from '../../model/result.ts'
import type { MappingField, Message, Stopped } from '../destination.ts'
import { cardOf } from '../mapping/card.ts'
import { cut } from '../mapping/cut.ts'
import { textField } from '../mapping/fields.ts'

const mostCommentary = 3000
const mostTitle = 400

export const linkedinFields: readonly MappingField[] = [
  { name: 'commentary', is: 'what the post says: a text, cut where it exceeds 3,000 characters' },
  { name: 'title', is: 'the headline, and what the link is called: a text' },
  { name: 'text', is: 'what stands below the headline: a text, or null for none' },
  { name: 'link', is: 'the article: an http(s) URL, or null for none' },
]

/** https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/little-text-format */
const escaped = (text: string): string => text.replaceAll(/[\\|{}@[\]()<>#*_~]/g, '\\$&')

/** Plain text as LinkedIn reads it, within `most` as it is written: what is cut is cut before it is escaped. */
function littleText(text: string, most: number): string {
  let kept = cut(text, most)
  let written = escaped(kept)
  while (written.length > most) {
    // A character is written as two at most: so never more is cut than has to be.
    kept = cut(kept, Math.max(kept.length - Math.ceil((written.length - most) / 2), 1))
    written = escaped(kept)
  }
  return written
}

const tagsOf = (hashtags: readonly string[]): string =>
  hashtags.length === 0 ? '' : `\n\n${hashtags.map((tag) => `{hashtag|\\#|${tag}}`).join(' ')}`

export interface PostSettings {
  author: string
  visibility: string
  hashtags: readonly string[]
}

/** The post that tells of the event, as `POST /rest/posts` takes it. */
export function linkedinPost(
  message: Message,
  { author, visibility, hashtags }: PostSettings,
): Result<JsonObject, Stopped> {
  const card = cardOf(message)
  if (!card.ok) return card
  const { title, text, link } = card.value
  const said = textField(message, 'commentary', text === null ? title : `${title}\n\n${text}`)
  if (!said.ok) return said
  const tags = tagsOf(hashtags)
  return ok({
    author,
    commentary: littleText(said.value ?? title, mostCommentary - tags.length) + tags,
    visibility,
    distribution: {
      feedDistribution: 'MAIN_FEED',
      targetEntities: [],
      thirdPartyDistributionChannels: [],
    },
    ...(link === null
      ? {}
      : { content: { article: { source: link, title: cut(title, mostTitle) } } }),
    lifecycleState: 'PUBLISHED',
    isReshareDisabledByAuthor: false,
  })
}
