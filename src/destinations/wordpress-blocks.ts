/** Post content as the block editor writes it: https://developer.wordpress.org/block-editor/explanations/architecture/key-concepts/ */

import type { JsonObject } from '../model/json.ts'
import { anchor, escapeHtml, paragraphsOf, plainUrl } from './html.ts'
import type { Card } from './mapping/card.ts'

export { escapeHtml }

/** As WordPress's own `serialize_block_attributes`: nothing in it can end the comment that it stands in. */
const attributesOf = (attributes: JsonObject): string =>
  JSON.stringify(attributes)
    .replaceAll('\\\\', '\\u005c')
    .replaceAll('--', '\\u002d\\u002d')
    .replaceAll('<', '\\u003c')
    .replaceAll('>', '\\u003e')
    .replaceAll('&', '\\u0026')
    .replaceAll('\\"', '\\u0022')

function block(name: string, html: string, attributes: JsonObject | null = null): string {
  const opening = attributes === null ? name : `${name} ${attributesOf(attributes)}`
  return `<!-- wp:${opening} -->\n${html}\n<!-- /wp:${name} -->`
}

const paragraph = (html: string): string => block('paragraph', `<p>${html}</p>`)

const isVideoFile = (url: string): boolean =>
  /\.(?:mp4|m4v|webm|ogv|mov)$/i.test(URL.parse(url)?.pathname ?? '')

/** Those whose block the editor styles as a player. */
const players: readonly (readonly [slug: string, host: RegExp])[] = [
  ['youtube', /(?:^|\.)(?:youtube\.com|youtu\.be)$/],
  ['vimeo', /(?:^|\.)vimeo\.com$/],
]

function embedBlock(given: string): string {
  const url = plainUrl(given)
  if (isVideoFile(url)) {
    const video = `<video controls src="${escapeHtml(url)}"></video>`
    return block('video', `<figure class="wp-block-video">${video}</figure>`)
  }
  const host = URL.parse(url)?.hostname ?? ''
  const player = players.find(([, pattern]) => pattern.test(host))?.[0]
  const known = player === undefined ? {} : { type: 'video', providerNameSlug: player }
  const classes =
    player === undefined ? '' : ` is-type-video is-provider-${player} wp-block-embed-${player}`
  const inner = `<div class="wp-block-embed__wrapper">\n${escapeHtml(url)}\n</div>`
  const figure = `<figure class="wp-block-embed${classes}">${inner}</figure>`
  return block('embed', figure, { url, ...known })
}

function shortcode(given: string): string {
  const url = plainUrl(given)
  return block('shortcode', isVideoFile(url) ? `[video src="${url}"]` : `[embed]${url}[/embed]`)
}

/** How a video stands in a post. */
export type EmbedAs = 'block' | 'shortcode' | 'link'

const embedded: Record<EmbedAs, (url: string, text: string) => string> = {
  block: embedBlock,
  shortcode,
  link: (url, text) => paragraph(anchor(url, text)),
}

const pictureOf = (url: string): string =>
  block(
    'image',
    `<figure class="wp-block-image"><img src="${escapeHtml(plainUrl(url))}" alt=""/></figure>`,
  )

function listOf(fields: Card['fields']): string {
  const items = fields.map(({ name, value }) =>
    block('list-item', `<li><strong>${escapeHtml(name)}</strong>: ${escapeHtml(value)}</li>`),
  )
  return block('list', `<ul class="wp-block-list">${items.join('\n\n')}</ul>`)
}

/** A card as a post: the video or the picture, the text, the fields, and where to read on. */
export function contentOf(card: Card, embed: string | null, as: EmbedAs): string {
  const { text, fields, link, linkText, image } = card
  return [
    ...(embed !== null
      ? [embedded[as](embed, linkText)]
      : image !== null
        ? [pictureOf(image)]
        : []),
    ...(text === null ? [] : paragraphsOf(text).map(paragraph)),
    ...(fields.length === 0 ? [] : [listOf(fields)]),
    ...(link === null || link === embed ? [] : [paragraph(anchor(link, linkText))]),
  ].join('\n\n')
}
