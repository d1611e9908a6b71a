import { contentOf, escapeHtml } from '../../../destinations/wordpress-blocks.ts'
import type { Card } from '../../../destinations/mapping/card.ts'

export interface EmbeddedVideo {
  /** Where it is watched, or the file. */
  url: string
  /** The player, for an iframe; the page itself where there is none. */
  embedUrl: string | null
  title: string
  width: number
  height: number
}

/** A video in the three forms in which a WordPress page can hold it. */
export interface Embed {
  html: string
  shortcode: string
  /** For the block editor. */
  block: string
}

const noCard: Card = {
  title: '',
  text: null,
  link: null,
  linkText: '',
  image: null,
  fields: [],
  tone: 'neutral',
}

/** A block is its opening comment, its inside and its closing comment, each on lines of their own. */
const insideOf = (block: string): string => block.split('\n').slice(1, -1).join('\n')

export function embedOf({ url, embedUrl, title, width, height }: EmbeddedVideo): Embed {
  const sized = insideOf(contentOf(noCard, url, 'shortcode')).replace(
    /^\[(embed|video)/,
    `[$1 width="${width}" height="${height}"`,
  )
  const src = escapeHtml(URL.parse(embedUrl ?? url)?.href ?? '')
  return {
    html: `<iframe src="${src}" width="${width}" height="${height}" title="${escapeHtml(title)}" loading="lazy" allow="fullscreen; picture-in-picture" referrerpolicy="strict-origin-when-cross-origin" style="border:0;max-width:100%"></iframe>`,
    shortcode: sized,
    block: contentOf(noCard, url, 'block'),
  }
}
