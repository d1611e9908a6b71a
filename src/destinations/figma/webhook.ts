import { parseJson } from '../../model/json.ts'
import type { JsonObject } from '../../model/json.ts'
import { err, ok } from '../../model/result.ts'
import type { Result } from '../../model/result.ts'
import type { Message, Stopped, Talk, Target } from '../destination.ts'
import { cut } from '../mapping/cut.ts'
import { mappingInvalid, textField, urlField } from '../mapping/fields.ts'
import { at } from '../mapping/look.ts'
import { delivered, figmaCall, figmaOutcome, notRead } from './calls.ts'
import type { Conclusion } from './calls.ts'
import { hookEvents } from './config.ts'
import type { FigmaConfig } from './config.ts'

const contexts = ['team', 'project', 'file'] as const
const mostDescription = 150
const manyBytes = 1_048_576

interface Hook {
  event_type: string
  context: string
  context_id: string
  endpoint: string
}

function hookOf(message: Message, config: FigmaConfig): Result<Hook, Stopped> {
  const event = textField(message, 'event_type', config.event_type)
  if (!event.ok) return event
  const context = textField(message, 'context', config.context)
  if (!context.ok) return context
  const contextId = textField(message, 'context_id', config.context_id ?? null)
  if (!contextId.ok) return contextId
  const endpoint = urlField(message, 'endpoint', config.endpoint ?? null)
  if (!endpoint.ok) return endpoint
  if (!hookEvents.some((one) => one === event.value))
    return err(mappingInvalid('event_type', `must be one of ${hookEvents.join(', ')}`))
  if (!contexts.some((one) => one === context.value))
    return err(mappingInvalid('context', 'must be team, project or file'))
  if (contextId.value === null) return err(mappingInvalid('context_id', 'must be an id'))
  if (endpoint.value === null || endpoint.value.length > 2048)
    return err(mappingInvalid('endpoint', 'must be a URL of up to 2048 characters'))
  return ok({
    event_type: event.value ?? config.event_type,
    context: context.value ?? config.context,
    context_id: contextId.value,
    endpoint: endpoint.value,
  })
}

/** https://developers.figma.com/docs/rest-api/webhooks-endpoints#post-webhook-endpoint */
export async function registerWebhook(
  message: Message,
  target: Target<FigmaConfig>,
  talk: Talk,
): Promise<Conclusion> {
  const hook = hookOf(message, target.config)
  if (!hook.ok) return hook.error
  const { event_type, context, context_id, endpoint } = hook.value
  const query = new URLSearchParams({ context, context_id }).toString()
  const listed = await figmaCall(talk, target, `/v2/webhooks?${query}`, null, manyBytes)
  if (!listed.ok) return listed.error
  const hooks = at(parseJson(listed.value.body), ['webhooks'])
  if (listed.value.status !== 200 || !Array.isArray(hooks)) return notRead(listed.value, talk.now())
  const isThere = hooks.some(
    (one) =>
      at(one, ['event_type']) === event_type &&
      at(one, ['endpoint']) === endpoint &&
      at(one, ['context_id']) === context_id,
  )
  if (isThere) return delivered
  const body: JsonObject = {
    ...hook.value,
    passcode: target.config.passcode ?? '',
    description: cut(`Switchyard: ${message.event.type}`, mostDescription),
  }
  const answer = await figmaCall(talk, target, '/v2/webhooks', body)
  return answer.ok ? figmaOutcome(answer.value, talk.now()) : answer.error
}
