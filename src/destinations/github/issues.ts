/** Issues and comments, with a mark by which a retry finds what it has written. */

import type { JsonObject } from '../../model/json.ts'
import type { Outcome } from '../../model/outcome.ts'
import { err, ok } from '../../model/result.ts'
import type { Result } from '../../model/result.ts'
import { toText } from '../../signing/bytes.ts'
import type { Message, Stopped, Talk, Target } from '../destination.ts'
import { cardOf, dataOf } from '../mapping/card.ts'
import type { Card } from '../mapping/card.ts'
import { cut } from '../mapping/cut.ts'
import { mappedAt, mappingInvalid, numberField, valueField } from '../mapping/fields.ts'
import { numberAt } from '../mapping/look.ts'
import { markdownOf, plain } from '../markdown.ts'
import { githubCall, githubOutcome } from './calls.ts'
import type { GithubConfig } from './config.ts'

const mostTitle = 256
const mostBody = 65_536

/** How far the clocks of Switchyard and GitHub may differ. */
const driftMs = 600_000
const mostPages = 3
const manyBytes = 4_194_304

export type Conclusion = { outcome: Outcome; error?: string }

const markOf = ({ deliveryId }: Message): string => `switchyard:${deliveryId}`

function marked(message: Message, text: string): string {
  const mark = `<!-- ${markOf(message)} -->`
  return text === '' ? mark : `${text}\n\n${mark}`
}

/** Nobody is called by the data of an event. */
const quote = (text: string): string =>
  // GitHub looks for names in what the Markdown has become, where a backslash no longer shows.
  plain(text).replaceAll('@', '@<!-- -->')

function bodyOf(message: Message, card: Card, headline = ''): string {
  const [written, most] = [isWritten(message), mostBody - marked(message, ' ').length]
  const rest = markdownOf(card, { written, most: most - headline.length - 2, quote })
  return marked(message, [headline, rest].filter((part) => part !== '').join('\n\n'))
}

const isWritten = (message: Message): boolean => typeof mappedAt(message, 'text') === 'string'

/**
 * Whether an earlier attempt has written: its mark stands in what has been written since the event came. Lists are read, for
 * search sees new things late.
 */
async function isThere(
  message: Message,
  target: Target<GithubConfig>,
  talk: Talk,
  list: string,
): Promise<Result<boolean, Conclusion>> {
  const since = new Date(message.event.received_at - driftMs).toISOString()
  for (let page = 1; page <= mostPages; page++) {
    const path = `${list}since=${since}&per_page=100&page=${page}`
    const answer = await githubCall(talk, target, path, null, manyBytes)
    if (!answer.ok) return answer
    const { status, headers, body } = answer.value
    const text = toText(body)
    // A list may be cut off, and still be looked through; what is none has told nothing.
    if (status !== 200 || !text.trimStart().startsWith('[')) {
      const outcome = githubOutcome(answer.value, talk.now())
      const error = 'GitHub did not tell whether this has been written already.'
      return err({
        outcome: outcome.kind === 'delivered' ? { kind: 'failed', cause: 'status' } : outcome,
        error,
      })
    }
    if (text.includes(markOf(message))) return ok(true)
    if (!(headers.get('link') ?? '').includes('rel="next"')) return ok(false)
  }
  return ok(false)
}

async function writeOnce(
  message: Message,
  target: Target<GithubConfig>,
  talk: Talk,
  path: string,
  list: string,
  body: JsonObject,
): Promise<Conclusion> {
  if (message.attempt > 1) {
    const there = await isThere(message, target, talk, list)
    if (!there.ok) return there.error
    if (there.value) return { outcome: { kind: 'delivered' } }
  }
  const answer = await githubCall(talk, target, path, body)
  return answer.ok ? { outcome: githubOutcome(answer.value, talk.now()) } : answer.error
}

function labelsOf(message: Message, config: GithubConfig): Result<string[], Stopped> {
  const labels = valueField(message, 'labels', config.labels) ?? []
  const isLabel = (label: unknown): label is string =>
    typeof label === 'string' && label !== '' && label.length <= 50
  return Array.isArray(labels) && labels.length <= 100 && labels.every(isLabel)
    ? ok(labels)
    : err(mappingInvalid('labels', 'must be a list of up to 100 texts of up to 50 characters'))
}

/** https://docs.github.com/en/rest/issues/issues#create-an-issue */
export async function makeIssue(
  message: Message,
  target: Target<GithubConfig>,
  talk: Talk,
): Promise<Conclusion> {
  const card = cardOf(message)
  if (!card.ok) return card.error
  const labels = labelsOf(message, target.config)
  if (!labels.ok) return labels.error
  return writeOnce(
    message,
    target,
    talk,
    '/issues',
    '/issues?state=all&sort=created&direction=desc&',
    {
      title: cut(card.value.title.replaceAll(/\s+/g, ' ').trim(), mostTitle),
      body: bodyOf(message, card.value),
      ...(labels.value.length === 0 ? {} : { labels: labels.value }),
    },
  )
}

/** Of GitHub's own events, the issue or pull request that they are about. */
function numberOf(message: Message, config: GithubConfig): Result<number, Stopped> {
  const data = dataOf(message)
  const byDefault =
    config.issue_number ??
    numberAt(data, ['issue', 'number']) ??
    numberAt(data, ['pull_request', 'number']) ??
    null
  const number = numberField(message, 'issue_number', byDefault)
  if (!number.ok) return number
  return number.value !== null && Number.isSafeInteger(number.value) && number.value > 0
    ? ok(number.value)
    : err(mappingInvalid('issue_number', 'must be the number of an issue or a pull request'))
}

/** https://docs.github.com/en/rest/issues/comments#create-an-issue-comment */
export async function comment(
  message: Message,
  target: Target<GithubConfig>,
  talk: Talk,
): Promise<Conclusion> {
  const card = cardOf(message)
  if (!card.ok) return card.error
  const number = numberOf(message, target.config)
  if (!number.ok) return number.error
  const title = cut(card.value.title.replaceAll(/\s+/g, ' ').trim(), mostTitle)
  const titled = mappedAt(message, 'title') !== undefined
  // Who has written the whole text wants no headline that he has not written.
  const headline = titled || !isWritten(message) ? `**${quote(title)}**` : ''
  const path = `/issues/${number.value}/comments`
  const body = { body: bodyOf(message, card.value, headline) }
  return writeOnce(message, target, talk, path, `${path}?`, body)
}
