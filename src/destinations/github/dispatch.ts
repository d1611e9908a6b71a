import { isJsonObject } from '../../model/json.ts'
import type { Json, JsonObject } from '../../model/json.ts'
import { err, ok } from '../../model/result.ts'
import type { Result } from '../../model/result.ts'
import { toText, utf8 } from '../../signing/bytes.ts'
import type { Message, Stopped, Talk, Target } from '../destination.ts'
import { dataOf } from '../mapping/card.ts'
import { mappedAt, mappingInvalid, textField } from '../mapping/fields.ts'
import { githubCall, githubOutcome } from './calls.ts'
import type { GithubConfig } from './config.ts'
import type { Conclusion } from './issues.ts'

const mostName = 100
const mostMembers = 10
const mostBytes = 65_535

/** The event under names of its own, or what the mapping came to; what has too many members stands under `data`. */
function payloadOf(message: Message): Result<JsonObject, Stopped> {
  const { event, deliveryId, body } = message
  const mapped = mappedAt(message, 'client_payload')
  const whole: Json = mapped ?? {
    id: event.id,
    type: event.type,
    time: event.time,
    source: event.source,
    subject: event.subject,
    delivery: deliveryId,
    data: dataOf(message) ?? toText(body),
  }
  const isSmall = isJsonObject(whole) && Object.keys(whole).length <= mostMembers
  const payload: JsonObject = isSmall ? whole : { data: whole }
  return utf8(JSON.stringify(payload)).length <= mostBytes
    ? ok(payload)
    : err(mappingInvalid('client_payload', 'must be less than 64 kB'))
}

/** https://docs.github.com/en/rest/repos/repos#create-a-repository-dispatch-event */
export async function dispatch(
  message: Message,
  target: Target<GithubConfig>,
  talk: Talk,
): Promise<Conclusion> {
  const name = textField(message, 'event_type', message.event.type)
  if (!name.ok) return name.error
  // Workflows are chosen by the whole name: a cut one would choose none.
  if (name.value === null || name.value.length > mostName)
    return mappingInvalid('event_type', `must be a text of up to ${mostName} characters`)
  const payload = payloadOf(message)
  if (!payload.ok) return payload.error
  const body = { event_type: name.value, client_payload: payload.value }
  const answer = await githubCall(talk, target, '/dispatches', body)
  return answer.ok ? { outcome: githubOutcome(answer.value, talk.now()) } : answer.error
}
