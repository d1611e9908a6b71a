/** Atlassian Document Format: https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/ */

import type { Json, JsonObject } from '../../model/json.ts'
import type { Card } from '../mapping/card.ts'
import { cut } from '../mapping/cut.ts'

/** Jira counts the stored text; the document's JSON is never shorter than that. */
export const mostText = 32_767

const mostFields = 40
const mostName = 100
const mostValue = 400

type Node = JsonObject

const text = (value: string, ...marks: Node[]): Node[] =>
  // A text node without a character makes the whole document invalid.
  value === '' ? [] : [{ type: 'text', text: value, ...(marks.length === 0 ? {} : { marks }) }]

const strong: Node = { type: 'strong' }
const link = (href: string): Node => ({ type: 'link', attrs: { href } })

function lines(paragraph: string): Node[] {
  const [first = [], ...others] = paragraph.split(/\r\n?|\n/).map((line) => text(line))
  return [...first, ...others.flatMap((line) => [{ type: 'hardBreak' }, line].flat())]
}

const paragraph = (content: Node[]): Node[] =>
  content.length === 0 ? [] : [{ type: 'paragraph', content }]

const paragraphs = (value: string): Node[] =>
  value.split(/(?:\r\n?|\n){2,}/).flatMap((one) => paragraph(lines(one)))

function fieldList(fields: Card['fields']): Node[] {
  const items = fields.slice(0, mostFields).map(({ name, value }) => ({
    type: 'listItem',
    content: [
      {
        type: 'paragraph',
        content: [...text(`${cut(name, mostName)}: `, strong), ...lines(cut(value, mostValue))],
      },
    ],
  }))
  return items.length === 0 ? [] : [{ type: 'bulletList', content: items }]
}

function documentOf(card: Card, body: string): Node {
  const { fields, image, linkText } = card
  const content = [
    ...paragraphs(body),
    ...fieldList(fields),
    ...(card.link === null ? [] : paragraph(text(linkText, link(card.link)))),
    ...(image === null ? [] : paragraph(text('Picture', link(image)))),
  ]
  return {
    type: 'doc',
    version: 1,
    content: content.length === 0 ? [{ type: 'paragraph' }] : content,
  }
}

const fits = (document: Json): boolean => JSON.stringify(document).length <= mostText

/** What an event says, without its title. The text is cut where Jira would refuse the whole for its length. */
export function adfOf(card: Card): Node {
  const body = card.text ?? ''
  const whole = documentOf(card, body)
  if (body.length <= mostText && fits(whole)) return whole
  let [kept, tooMuch] = [0, Math.min(body.length, mostText) + 1]
  while (tooMuch - kept > 1) {
    const middle = (kept + tooMuch) >> 1
    // Two characters less than fit: the ellipsis is one, and half of a pair is written as six.
    if (fits(documentOf(card, `${body.slice(0, middle)}………`))) kept = middle
    else tooMuch = middle
  }
  return documentOf(card, kept === 0 ? '' : cut(body, kept))
}
