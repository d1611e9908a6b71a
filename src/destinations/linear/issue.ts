import { parseJson } from '../../model/json.ts'
import type { JsonObject } from '../../model/json.ts'
import type { Outcome } from '../../model/outcome.ts'
import { err, ok } from '../../model/result.ts'
import type { Result } from '../../model/result.ts'
import type {
  Message,
  OutgoingRequest,
  ReceivedResponse,
  Stopped,
  Talk,
  Target,
} from '../destination.ts'
import { graphqlErrors, graphqlRequest } from '../graphql.ts'
import { cardOf } from '../mapping/card.ts'
import { cut } from '../mapping/cut.ts'
import { mappedAt, mappingInvalid, numberField, textField, valueField } from '../mapping/fields.ts'
import { textAt } from '../mapping/look.ts'
import { markdownOf } from '../markdown.ts'
import { connectedToken } from '../oauth-account.ts'
import { uuidOf } from '../uuid.ts'
import { linearUrl } from './config.ts'
import type { LinearConfig } from './config.ts'
import { linearOutcome } from './outcome.ts'

const mostTitle = 255
const mostDescription = 65_536

/** The names of IssueCreateInput, by what this config and its mapping call them. */
const ids = {
  team_id: 'teamId',
  state_id: 'stateId',
  project_id: 'projectId',
  assignee_id: 'assigneeId',
} as const

const create = `mutation createIssue($input: IssueCreateInput!) {
  issueCreate(input: $input) { success issue { id identifier url } }
}`

const read = 'query issue($id: String!) { issue(id: $id) { id } }'

function labelsOf(message: Message, { label_ids }: LinearConfig): Result<string[], Stopped> {
  const labels = valueField(message, 'label_ids', label_ids) ?? []
  const isText = (label: unknown): label is string => typeof label === 'string'
  return Array.isArray(labels) && labels.every(isText)
    ? ok(labels)
    : err(mappingInvalid('label_ids', 'must be a list of ids'))
}

async function inputOf(
  message: Message,
  config: LinearConfig,
): Promise<Result<JsonObject, Stopped>> {
  const card = cardOf(message)
  if (!card.ok) return card
  const labels = labelsOf(message, config)
  if (!labels.ok) return labels
  const priority = numberField(message, 'priority', config.priority ?? null)
  if (!priority.ok) return priority
  if (priority.value !== null && ![0, 1, 2, 3, 4].includes(priority.value))
    return err(mappingInvalid('priority', 'must be 0 (none), 1 (urgent), 2, 3 or 4 (low)'))
  const written = typeof mappedAt(message, 'text') === 'string'
  const input: JsonObject = {
    id: await uuidOf(message.deliveryId),
    title: cut(card.value.title.replaceAll(/\s+/g, ' ').trim(), mostTitle),
    description: markdownOf(card.value, { written, most: mostDescription }),
  }
  for (const name of ['team_id', 'state_id', 'project_id', 'assignee_id'] as const) {
    const found = textField(message, name, config[name] ?? null)
    if (!found.ok) return found
    if (found.value !== null) input[ids[name]] = found.value
  }
  if (input['teamId'] === undefined) return err(mappingInvalid('team_id', 'must be an id'))
  if (labels.value.length > 0) input['labelIds'] = labels.value
  if (priority.value !== null) input['priority'] = priority.value
  return ok(input)
}

/** An expired token is told by a 401, or by the errors of any other answer. */
const isAboutToken = (response: ReceivedResponse, nowMs: number): boolean => {
  const outcome = linearOutcome(response, nowMs)
  return response.status !== 401 && outcome.kind === 'refused' && outcome.cause === 'credentials'
}

async function call(
  talk: Talk,
  { config, destinationId }: Target<LinearConfig>,
  query: string,
  variables: JsonObject,
): Promise<Result<ReceivedResponse, Stopped>> {
  const { api_key, oauth } = config
  const url = `${linearUrl(config)}/graphql`
  const requestWith = (authorization: string, token?: string) =>
    ok(graphqlRequest(url, { authorization }, ['authorization'], { query, variables }, token))
  if (oauth === undefined) return talk.call(() => Promise.resolve(requestWith(api_key ?? '')))
  const refreshUrl = `${linearUrl(config)}/oauth/token`
  let used = ''
  const make = async (stale: string | null): Promise<Result<OutgoingRequest, Stopped>> => {
    const token = await connectedToken(destinationId, oauth, refreshUrl, 'body', talk, stale)
    if (!token.ok) return token
    used = token.value
    return requestWith(`Bearer ${used}`, used)
  }
  const answer = await talk.call(make)
  return answer.ok && isAboutToken(answer.value, talk.now())
    ? talk.call((stale) => make(stale ?? used))
    : answer
}

/** An id that is taken is refused: then the issue is there, or the refusal has another cause. */
export async function makeIssue(
  message: Message,
  target: Target<LinearConfig>,
  talk: Talk,
): Promise<{ outcome: Outcome; error?: string }> {
  const input = await inputOf(message, target.config)
  if (!input.ok) return input.error
  const made = await call(talk, target, create, { input: input.value })
  if (!made.ok) return made.error
  const outcome = linearOutcome(made.value, talk.now())
  const said = graphqlErrors(made.value.body)[0]?.message
  const refusal = {
    outcome,
    ...(said === undefined ? {} : { error: `Linear: ${cut(said, 300)}` }),
  }
  if (message.attempt === 1 || outcome.kind !== 'refused' || outcome.cause !== 'status')
    return refusal
  // The refusal of an id that is taken has no code of its own: whether the issue is there says it.
  const there = await call(talk, target, read, { id: input.value['id'] ?? '' })
  if (!there.ok) return there.error
  const found = textAt(parseJson(there.value.body), ['data', 'issue', 'id']) !== undefined
  if (found) return { outcome: { kind: 'delivered' } }
  // A look that came to nothing has not said that the issue is not there.
  const looked = linearOutcome(there.value, talk.now())
  return looked.kind === 'failed' ? { outcome: looked } : refusal
}
