import type { Json } from '../../model/json.ts'
import { at, firstTextAt, numberAt, textAt } from './look.ts'
import { capital, fieldsFrom, said, spaced } from './saying.ts'
import type { Card, CardField, Tone, Words } from './telling.ts'

/** What an event is about: its noun, its member of the payload, and the member that this is a part of. */
interface Subject {
  noun: string
  at: string
  of?: string
}

/** https://docs.github.com/webhooks/webhook-events-and-payloads, where the name of the event does not say it. */
const subjects: Readonly<Record<string, Subject>> = {
  issues: { noun: 'Issue', at: 'issue' },
  issue_comment: { noun: 'Comment', at: 'comment', of: 'issue' },
  pull_request_review: { noun: 'Review', at: 'review', of: 'pull_request' },
  pull_request_review_comment: { noun: 'Review comment', at: 'comment', of: 'pull_request' },
  pull_request_review_thread: { noun: 'Review thread', at: 'thread', of: 'pull_request' },
  commit_comment: { noun: 'Commit comment', at: 'comment' },
  discussion_comment: { noun: 'Comment', at: 'comment', of: 'discussion' },
  check_run: { noun: 'Check', at: 'check_run' },
  code_scanning_alert: { noun: 'Code scanning alert', at: 'alert' },
  dependabot_alert: { noun: 'Dependabot alert', at: 'alert' },
}

const subjectOf = (event: string): Subject =>
  (Object.hasOwn(subjects, event) ? subjects[event] : undefined) ?? {
    noun: capital(spaced(event)),
    at: event,
  }

const tones: Readonly<Record<string, Tone>> = {
  merged: 'good',
  published: 'good',
  success: 'good',
  approved: 'good',
  failure: 'bad',
  error: 'bad',
  timed_out: 'bad',
  changes_requested: 'bad',
}

const toneOf = (...words: (string | undefined)[]): Tone =>
  words.flatMap((word) =>
    word !== undefined && Object.hasOwn(tones, word) ? (tones[word] ?? []) : [],
  )[0] ?? 'neutral'

/** `#7: Spelling` */
function nameOf(subject: Json | undefined): { number: string; name: string } {
  const number = numberAt(subject, ['number'])
  const name = firstTextAt(subject, ['title'], ['name'], ['tag_name'], ['display_title'])
  return {
    number: number === undefined ? '' : ` #${number}`,
    name: name === undefined ? '' : `: ${name}`,
  }
}

const whereAndWho = (data: Json): CardField[] =>
  fieldsFrom({
    Repository: textAt(data, ['repository', 'full_name']),
    Organization:
      at(data, ['repository']) === undefined ? textAt(data, ['organization', 'login']) : undefined,
    By: textAt(data, ['sender', 'login']),
  })

const mostCommits = 10

const commitLine = (commit: Json): string => {
  const id = (textAt(commit, ['id']) ?? '').slice(0, 7)
  const [first = ''] = (textAt(commit, ['message']) ?? '').split('\n', 1)
  return `${id} ${first}`.trim()
}

function push(data: Json): Card {
  const ref = textAt(data, ['ref']) ?? ''
  const tag = ref.startsWith('refs/tags/')
  const name = ref.replace(/^refs\/(?:heads|tags)\//, '')
  const listed = at(data, ['commits'])
  const commits = Array.isArray(listed) ? listed : []
  const who = firstTextAt(data, ['pusher', 'name'], ['sender', 'login']) ?? 'Somebody'
  const what =
    at(data, ['deleted']) === true
      ? 'deleted'
      : at(data, ['created']) === true && (tag || commits.length === 0)
        ? 'created'
        : `${at(data, ['forced']) === true ? 'force-pushed' : 'pushed'} ` +
          `${commits.length} ${commits.length === 1 ? 'commit' : 'commits'} to`
  const more = commits.length - mostCommits
  const lines = commits.slice(0, mostCommits).map(commitLine)
  return said({
    title: `${who} ${what} ${tag ? 'tag ' : ''}${name}`,
    text: [...lines, ...(more > 0 ? [`… and ${more} more`] : [])].join('\n') || null,
    link: firstTextAt(data, ['compare'], ['repository', 'html_url']) ?? null,
    linkText: 'Compare',
    fields: whereAndWho(data),
  })
}

function anything(event: string, action: string, data: Json): Card {
  const { noun, at: member, of } = subjectOf(event)
  const subject = at(data, [member])
  const whole = of === undefined ? undefined : at(data, [of])
  const conclusion = firstTextAt(subject, ['conclusion'], ['state'], ['status'])
  const merged = at(subject, ['merged']) === true && action === 'closed'
  const verb = merged ? 'merged' : action === 'synchronize' ? 'updated' : action
  const own = nameOf(subject)
  const outer = nameOf(whole)
  const on = whole === undefined ? own.name : ` on${outer.number}${outer.name}`
  const base = textAt(subject, ['base', 'ref'])
  const head = firstTextAt(subject, ['head', 'ref'], ['head_branch'])
  return said({
    title: `${noun}${own.number}${verb === '' ? '' : ` ${spaced(verb)}`}${on}`,
    text: firstTextAt(subject, ['body'], ['description'], ['summary']) ?? null,
    link:
      firstTextAt(subject, ['html_url']) ??
      firstTextAt(whole, ['html_url']) ??
      firstTextAt(data, ['repository', 'html_url'], ['organization', 'html_url']) ??
      null,
    linkText: 'Open on GitHub',
    fields: [
      ...whereAndWho(data),
      ...fieldsFrom({
        Branch: base === undefined || head === undefined ? head : `${head} → ${base}`,
        Result: textAt(subject, ['conclusion']),
      }),
    ],
    tone: toneOf(verb, conclusion),
  })
}

/** Events of GitHub, and of what speaks like it: the sender is named, and a repository, an organization or an app. */
export const aboutGithub: Words = ({ type }, data) => {
  const places = ['repository', 'organization', 'installation', 'hook', 'sponsorship', 'team']
  if (textAt(data, ['sender', 'login']) === undefined) return null
  if (!places.some((name) => at(data, [name]) !== undefined)) return null
  const [event = '', action = ''] = type.split('.', 2)
  if (event === 'push' && textAt(data, ['ref']) !== undefined) return push(data)
  if (event === 'create' || event === 'delete') {
    const what = `${textAt(data, ['ref_type']) ?? 'ref'} ${textAt(data, ['ref']) ?? ''}`.trim()
    return said({
      title: `${capital(what)} ${event}d`,
      link: textAt(data, ['repository', 'html_url']) ?? null,
      linkText: 'Open on GitHub',
      fields: whereAndWho(data),
    })
  }
  return anything(event, action, data)
}
