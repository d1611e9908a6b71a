import { isJsonObject, parseJson } from '../../model/json.ts'
import type { JsonObject } from '../../model/json.ts'
import type { Outcome } from '../../model/outcome.ts'
import { err, ok } from '../../model/result.ts'
import type { Result } from '../../model/result.ts'
import type { Message, Stopped, Talk, Target } from '../destination.ts'
import { cardOf } from '../mapping/card.ts'
import { cut } from '../mapping/cut.ts'
import { mappedAt, mappingInvalid, textField, valueField } from '../mapping/fields.ts'
import { at } from '../mapping/look.ts'
import { adfOf } from './adf.ts'
import { delivered, jiraCall, jiraOutcome, notRead } from './calls.ts'
import type { Conclusion } from './calls.ts'
import type { JiraConfig } from './config.ts'

/** https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/#api-rest-api-3-issue-post */
const mostSummary = 255

/** Search sees a new issue "a few seconds to minutes" late: developer.atlassian.com/cloud/jira/platform/search-and-reconcile */
const indexedMs = 60_000

const labelOf = ({ deliveryId }: Message): string => `switchyard-${deliveryId}`

const byIdOr = (name: 'key' | 'name', value: string): JsonObject =>
  /^\d+$/.test(value) ? { id: value } : { [name]: value }

function labelsField(message: Message, config: JiraConfig): Result<string[], Stopped> {
  const labels = valueField(message, 'labels', config.labels) ?? []
  const list = typeof labels === 'string' ? [labels] : labels
  const isLabel = (label: unknown): label is string =>
    typeof label === 'string' && /^\S{1,255}$/.test(label)
  if (!Array.isArray(list) || !list.every(isLabel)) {
    return err(mappingInvalid('labels', 'must be a list of texts without spaces, of up to 255'))
  }
  return ok(config.delivery_label ? [...list, labelOf(message)] : list)
}

function fieldsOf(message: Message, config: JiraConfig): Result<JsonObject, Stopped> {
  const card = cardOf(message)
  if (!card.ok) return card
  const project = textField(message, 'project', config.project ?? null)
  if (!project.ok) return project
  const type = textField(message, 'issue_type', config.issue_type)
  if (!type.ok) return type
  const labels = labelsField(message, config)
  if (!labels.ok) return labels
  if (project.value === null) return err(mappingInvalid('project', 'must be a key or an id'))
  const more = mappedAt(message, 'jira_fields') ?? {}
  if (!isJsonObject(more)) return err(mappingInvalid('jira_fields', 'must be an object'))
  return ok({
    project: byIdOr('key', project.value),
    issuetype: byIdOr('name', type.value ?? config.issue_type),
    // A line break in it is refused.
    summary: cut(card.value.title.replaceAll(/\s+/g, ' ').trim(), mostSummary),
    description: adfOf(card.value),
    ...(labels.value.length === 0 ? {} : { labels: labels.value }),
    ...more,
  })
}

/** Whether an earlier attempt has made the issue; a conclusion where that cannot be told. */
async function isThere(
  message: Message,
  target: Target<JiraConfig>,
  talk: Talk,
): Promise<Result<boolean, Conclusion>> {
  const jql = `labels = "${labelOf(message)}"`
  const answer = await jiraCall(talk, target, '/search/jql', { jql, fields: ['id'], maxResults: 1 })
  if (!answer.ok) return answer
  const issues = at(parseJson(answer.value.body), ['issues'])
  if (answer.value.status === 200 && Array.isArray(issues)) return ok(issues.length > 0)
  return err(notRead(answer.value, talk.now(), 'whether the issue has been made already'))
}

/** After a write of which nobody knows what came of it, the next look must wait until it could see it. */
function afterDoubt(outcome: Outcome, { delivery_label }: JiraConfig): Outcome {
  if (!delivery_label || outcome.kind !== 'failed' || outcome.cause === 'rate_limited')
    return outcome
  return { ...outcome, retry_after_ms: Math.max(outcome.retry_after_ms ?? 0, indexedMs) }
}

export async function makeIssue(
  message: Message,
  target: Target<JiraConfig>,
  talk: Talk,
): Promise<Conclusion> {
  const { config } = target
  const fields = fieldsOf(message, config)
  if (!fields.ok) return fields.error
  if (message.attempt > 1 && config.delivery_label) {
    const there = await isThere(message, target, talk)
    if (!there.ok) return there.error
    if (there.value) return delivered
  }
  const answer = await jiraCall(talk, target, '/issue', { fields: fields.value })
  if (!answer.ok) {
    return { ...answer.error, outcome: afterDoubt(answer.error.outcome, config) }
  }
  return { outcome: afterDoubt(jiraOutcome(answer.value, talk.now()), config) }
}
