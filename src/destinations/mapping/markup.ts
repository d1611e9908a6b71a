/** An event's texts where the receiver reads markup: they may look like something, but lead nowhere and call nobody. */

import { cut } from './cut.ts'

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }

/**
 * `text` for Slack's mrkdwn, at most `most` long with its escapes: no link, no mention, no `<!channel>`.
 * https://docs.slack.dev/messaging/formatting-message-text#escaping
 */
export const mrkdwn = (text: string, most: number): string =>
  // What is cut may be half an escape.
  cut(
    text.slice(0, most + 64).replaceAll(/[&<>]/g, (one) => entities[one] ?? one),
    most,
  ).replace(/&(?:a|am|amp|l|lt|g|gt)?…$/, '…')

/** `text` for Markdown, in which `[words](address)` is a link that may say one thing and lead to another. */
export const withoutLinks = (text: string): string => text.replaceAll('](', ']\\(')
