import type { Json } from '../../model/json.ts'
import { at, firstTextAt, textAt } from './look.ts'
import { capital, fieldsFrom, said } from './saying.ts'
import type { CardField, Words } from './telling.ts'

/** `https://team.atlassian.net/rest/api/2/issue/10001` as the page that people open. */
function pageOf(issue: Json | undefined): string | null {
  const key = textAt(issue, ['key'])
  const [, site] = /^(https?:\/\/.+?)\/rest\//.exec(textAt(issue, ['self']) ?? '') ?? []
  return site === undefined || key === undefined
    ? null
    : `${site}/browse/${encodeURIComponent(key)}`
}

/** What an update has changed: `status: To Do → Done`. Long texts are only named. */
function changesIn(data: Json): CardField[] {
  const items = at(data, ['changelog', 'items'])
  if (!Array.isArray(items)) return []
  return items.slice(0, 10).flatMap((item) => {
    const name = textAt(item, ['field'])
    const [from = '–', to = '–'] = [textAt(item, ['fromString']), textAt(item, ['toString'])]
    if (name === undefined) return []
    const value = from.length + to.length > 200 ? 'changed' : `${from} → ${to}`
    return [{ name: capital(name), value }]
  })
}

/** Jira's issues and their comments: https://developer.atlassian.com/cloud/jira/platform/webhooks/ */
export const aboutJira: Words = ({ type }, data) => {
  const [, noun, verb] = /^(?:jira:)?(issue|comment)_(\w+)$/.exec(type) ?? []
  const issue = at(data, ['issue'])
  const key = textAt(issue, ['key'])
  if (noun === undefined || verb === undefined || key === undefined) return null
  const field = (...path: string[]) => textAt(issue, ['fields', ...path])
  const summary = field('summary')
  const status = at(data, ['changelog', 'items'])
  const moved =
    Array.isArray(status) && status.some((item) => textAt(item, ['field']) === 'status')
      ? field('status', 'name')
      : undefined
  const what =
    noun === 'comment'
      ? `Comment ${verb} on ${key}`
      : `${key} ${moved === undefined ? verb : `moved to ${moved}`}`
  return said({
    title: `${what}${summary === undefined ? '' : `: ${summary}`}`,
    text: (noun === 'comment' ? textAt(data, ['comment', 'body']) : field('description')) ?? null,
    link: pageOf(issue),
    linkText: 'Open in Jira',
    fields: [
      ...fieldsFrom({
        Project: field('project', 'name'),
        Type: field('issuetype', 'name'),
        Status: field('status', 'name'),
        Priority: field('priority', 'name'),
        Assignee: field('assignee', 'displayName'),
        By: firstTextAt(
          data,
          ['user', 'displayName'],
          ['comment', 'updateAuthor', 'displayName'],
          ['comment', 'author', 'displayName'],
        ),
      }),
      ...changesIn(data),
    ],
    tone: field('status', 'statusCategory', 'key') === 'done' ? 'good' : 'neutral',
  })
}
