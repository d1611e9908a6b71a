import type { JsonObject } from '../../model/json.ts'
import { err, ok } from '../../model/result.ts'
import type { Result } from '../../model/result.ts'
import type { MappingField, Message, Stopped } from '../destination.ts'
import { cardOf, dataOf } from '../mapping/card.ts'
import { cut } from '../mapping/cut.ts'
import { mappingInvalid, textField, urlField } from '../mapping/fields.ts'
import { videoOf } from '../mapping/people.ts'

/** https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-user/media */
const mostCaption = 2200
const mostHashtags = 30
const mostMentions = 20

export const instagramFields: readonly MappingField[] = [
  { name: 'media_url', is: 'the video or picture: the http(s) URL of a file that is public' },
  {
    name: 'caption',
    is: 'a text, cut at 2,200 characters; at most 30 hashtags and 20 mentions, or null for none',
  },
  { name: 'cover_url', is: "a reel's cover: the http(s) URL of a JPEG" },
  { name: 'title', is: 'the headline: a text' },
  { name: 'text', is: 'what stands below it: a text, or null for none' },
]

function captionOf(message: Message, byDefault: string): Result<string | null, Stopped> {
  const caption = textField(message, 'caption', byDefault)
  if (!caption.ok || caption.value === null) return caption
  const text = cut(caption.value, mostCaption)
  const counted = (pattern: RegExp): number => text.match(pattern)?.length ?? 0
  if (counted(/#[\p{L}\p{N}_]/gu) > mostHashtags) {
    return err(mappingInvalid('caption', `has more than ${mostHashtags} hashtags`))
  }
  if (counted(/(?<![\w.])@[\w.]/g) > mostMentions) {
    return err(mappingInvalid('caption', `has more than ${mostMentions} mentions`))
  }
  return ok(text)
}

/** The container of the event's video or picture, as `POST /{ig-user-id}/media` takes it. */
export function containerOf(
  message: Message,
  media: 'REELS' | 'IMAGE',
): Result<JsonObject, Stopped> {
  const card = cardOf(message)
  if (!card.ok) return card
  const { title, text, image } = card.value
  const source = media === 'REELS' ? videoOf(dataOf(message)).url : image
  const url = urlField(message, 'media_url', source)
  if (!url.ok) return url
  if (url.value === null) {
    return err(
      mappingInvalid('media_url', `the event has no ${media === 'REELS' ? 'video' : 'picture'}`),
    )
  }
  const cover = urlField(message, 'cover_url', null)
  if (!cover.ok) return cover
  const caption = captionOf(message, text === null ? title : `${title}\n\n${text}`)
  if (!caption.ok) return caption
  return ok({
    ...(media === 'REELS' ? { media_type: media, video_url: url.value } : { image_url: url.value }),
    ...(media === 'REELS' && cover.value !== null ? { cover_url: cover.value } : {}),
    ...(caption.value === null ? {} : { caption: caption.value }),
  })
}
