import { isJsonObject } from '../../model/json.ts'
import type { Json, JsonObject } from '../../model/json.ts'
import { err, ok } from '../../model/result.ts'
import type { Result } from '../../model/result.ts'
import type { Message, Stopped } from '../destination.ts'
import { cardOf, dataOf } from '../mapping/card.ts'
import { cut } from '../mapping/cut.ts'
import { mappingInvalid, textField, urlField } from '../mapping/fields.ts'
import { firstTextAt } from '../mapping/look.ts'
import { videoOf } from '../mapping/people.ts'

const hosted = /(?:^|\.)(?:youtube\.com|youtu\.be|youtube-nocookie\.com|vimeo\.com)$/
const videoFile = /\.(?:mp4|m4v|webm|ogv|mov|avi|m3u8)$/i

/** What Shopify fetches from a URL: videos of YouTube and Vimeo, and pictures. Video files it takes by staged upload only. */
function mediaKind(text: string | null): 'EXTERNAL_VIDEO' | 'IMAGE' | null {
  const url = text === null ? null : URL.parse(text)
  if (url === null) return null
  if (hosted.test(url.hostname)) return 'EXTERNAL_VIDEO'
  return videoFile.test(url.pathname) ? null : 'IMAGE'
}

const mostAlt = 512

export interface Media {
  [member: string]: Json
  alt: string
  originalSource: string
  mediaContentType: 'EXTERNAL_VIDEO' | 'IMAGE'
}

/** The video where Shopify can show it, else its picture. */
export function mediaOf(message: Message): Result<Media, Stopped> {
  const card = cardOf(message)
  if (!card.ok) return card
  const video = videoOf(dataOf(message))
  const shown = [video.url, video.embedUrl].find((url) => mediaKind(url) === 'EXTERNAL_VIDEO')
  const source = urlField(message, 'media_url', shown ?? card.value.image)
  if (!source.ok) return source
  const alt = textField(message, 'alt', video.title ?? card.value.title)
  if (!alt.ok) return alt
  if (source.value === null) {
    return err(
      mappingInvalid('media_url', 'the event has no picture, and no video of YouTube or Vimeo'),
    )
  }
  const mediaContentType = mediaKind(source.value)
  if (mediaContentType === null) {
    return err(mappingInvalid('media_url', 'must be a picture, or a video of YouTube or Vimeo'))
  }
  return ok({
    alt: cut(alt.value ?? card.value.title, mostAlt),
    originalSource: source.value,
    mediaContentType,
  })
}

/** Clocks differ, and an event may have waited for its source. */
const earlyMs = 300_000

/** Whether an attempt before this one has added the media: the like of it, since the event came. */
export function hasMedia(product: JsonObject, media: Media, receivedAt: number): boolean {
  const connection = product['media']
  const nodes = isJsonObject(connection) ? connection['nodes'] : null
  return (Array.isArray(nodes) ? nodes : []).some(
    (node) =>
      isJsonObject(node) &&
      node['alt'] === media.alt &&
      node['mediaContentType'] === media.mediaContentType &&
      Date.parse(firstTextAt(node, ['createdAt']) ?? '') >= receivedAt - earlyMs,
  )
}
