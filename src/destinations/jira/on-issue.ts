/** What is done to an issue that is there: a comment, or a move to another status. */

import { isJsonObject, parseJson } from '../../model/json.ts'
import type { Json } from '../../model/json.ts'
import { err, ok } from '../../model/result.ts'
import type { Result } from '../../model/result.ts'
import type { Message, Stopped, Talk, Target } from '../destination.ts'
import { cardOf, dataOf } from '../mapping/card.ts'
import { mappingInvalid, textField } from '../mapping/fields.ts'
import { at, firstTextAt, textAt } from '../mapping/look.ts'
import { adfOf } from './adf.ts'
import { delivered, jiraCall, jiraOutcome, notRead } from './calls.ts'
import type { Conclusion } from './calls.ts'
import type { JiraConfig } from './config.ts'

const propertyKey = 'switchyard'
/** A hundred comments, each as long as Jira takes them. */
const manyBytes = 8_388_608

/** Of Jira's own events, the issue that they are about. */
function issueOf(message: Message): Result<string, Stopped> {
  const byDefault = firstTextAt(dataOf(message), ['issue', 'key'], ['issue_key'], ['key']) ?? null
  const issue = textField(message, 'issue', byDefault)
  if (!issue.ok) return issue
  return issue.value !== null && /^(?:[A-Za-z][A-Za-z0-9_]*-)?\d+$/.test(issue.value)
    ? ok(issue.value)
    : err(mappingInvalid('issue', 'must be the key or the id of an issue'))
}

const isMine = (comment: Json, deliveryId: string): boolean => {
  const properties = at(comment, ['properties'])
  return (
    Array.isArray(properties) &&
    properties.some(
      (one) =>
        textAt(one, ['key']) === propertyKey && textAt(one, ['value', 'delivery']) === deliveryId,
    )
  )
}

/** Reads the newest comments, and then their properties: only this call is documented to tell them. */
async function hasCommented(
  message: Message,
  issue: string,
  target: Target<JiraConfig>,
  talk: Talk,
): Promise<Result<boolean, Conclusion>> {
  const what = 'whether the comment has been written already'
  const query = 'orderBy=-created&maxResults=100'
  const listed = await jiraCall(talk, target, `/issue/${issue}/comment?${query}`, null, manyBytes)
  if (!listed.ok) return listed
  const comments = at(parseJson(listed.value.body), ['comments'])
  if (listed.value.status !== 200 || !Array.isArray(comments))
    return err(notRead(listed.value, talk.now(), what))
  const ids = comments.map((one) => Number(textAt(one, ['id']))).filter(Number.isSafeInteger)
  if (ids.length === 0) return ok(false)
  const path = '/comment/list?expand=properties'
  const read = await jiraCall(talk, target, path, { ids }, manyBytes)
  if (!read.ok) return read
  const values = at(parseJson(read.value.body), ['values'])
  return read.value.status === 200 && Array.isArray(values)
    ? ok(values.some((comment) => isMine(comment, message.deliveryId)))
    : err(notRead(read.value, talk.now(), what))
}

/** https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-comments/ */
export async function comment(
  message: Message,
  target: Target<JiraConfig>,
  talk: Talk,
): Promise<Conclusion> {
  const card = cardOf(message)
  if (!card.ok) return card.error
  const issue = issueOf(message)
  if (!issue.ok) return issue.error
  if (message.attempt > 1) {
    const done = await hasCommented(message, issue.value, target, talk)
    if (!done.ok) return done.error
    if (done.value) return delivered
  }
  const { title, text } = card.value
  const said = { ...card.value, text: text === null ? title : `${title}\n\n${text}` }
  const answer = await jiraCall(talk, target, `/issue/${issue.value}/comment`, {
    body: adfOf(said),
    properties: [{ key: propertyKey, value: { delivery: message.deliveryId } }],
  })
  return answer.ok ? { outcome: jiraOutcome(answer.value, talk.now()) } : answer.error
}

const isCalled = (value: Json | undefined, name: string): boolean =>
  typeof value === 'string' && value.toLowerCase() === name.toLowerCase()

/**
 * https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/#api-rest-api-3-issue-issueidorkey-transitions-post
 * An issue that already is where it is to go counts as moved.
 */
export async function transition(
  message: Message,
  target: Target<JiraConfig>,
  talk: Talk,
): Promise<Conclusion> {
  const issue = issueOf(message)
  if (!issue.ok) return issue.error
  const named = textField(message, 'transition', target.config.transition ?? null)
  if (!named.ok) return named.error
  const wanted = named.value
  if (wanted === null) return mappingInvalid('transition', 'must be a name or an id')
  let id = /^\d+$/.test(wanted) ? wanted : null
  if (id === null || message.attempt > 1) {
    const path = `/issue/${issue.value}?fields=status&expand=transitions`
    const read = await jiraCall(talk, target, path, null, manyBytes)
    if (!read.ok) return read.error
    const body = parseJson(read.value.body)
    const transitions = at(body, ['transitions'])
    const status = at(body, ['fields', 'status'])
    if (read.value.status !== 200 || !Array.isArray(transitions) || !isJsonObject(status))
      return notRead(read.value, talk.now(), 'where the issue may go')
    const found = transitions.find(
      (one) =>
        textAt(one, ['id']) === id ||
        isCalled(at(one, ['name']), wanted) ||
        isCalled(at(one, ['to', 'name']), wanted),
    )
    const leadsHere = found !== undefined && textAt(found, ['to', 'id']) === textAt(status, ['id'])
    if (isCalled(status['name'], wanted) || (message.attempt > 1 && leadsHere)) return delivered
    id ??= textAt(found, ['id']) ?? null
    if (id === null) {
      const error = 'From its status, the issue has no transition of this name or to this status.'
      return { outcome: { kind: 'refused', cause: 'status' }, error }
    }
  }
  const body = { transition: { id } }
  const answer = await jiraCall(talk, target, `/issue/${issue.value}/transitions`, body)
  return answer.ok ? { outcome: jiraOutcome(answer.value, talk.now()) } : answer.error
}
