import type { Json } from '../../model/json.ts'
import { isJsonObject } from '../../model/json.ts'
import { at, firstTextAt, textAt } from './look.ts'
import { capital, fieldsFrom, said, spaced } from './saying.ts'
import type { Tone, Words } from './telling.ts'

const verbs: Readonly<Record<string, string>> = {
  create: 'created',
  update: 'updated',
  remove: 'removed',
  restore: 'restored',
}

const tones: Readonly<Record<string, Tone>> = { completed: 'good' }

/** `updatedFrom` names what an update has changed; of `stateId` people say "state". */
function changesIn(data: Json): string | null {
  const before = at(data, ['updatedFrom'])
  if (!isJsonObject(before)) return null
  const names = Object.keys(before).filter((name) => !/^(?:updatedAt|sortOrder)$/.test(name))
  const words = names.map((name) =>
    name
      .replace(/Ids?$/, '')
      .replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
      .trim(),
  )
  return words.length === 0 ? null : words.slice(0, 10).join(', ')
}

/** Linear's data change events: https://linear.app/developers/webhooks#data-change-events-payload */
export const aboutLinear: Words = ({ type }, data) => {
  const [, noun = '', action = ''] = /^([A-Z]\w*)\.(\w+)$/.exec(type) ?? []
  const about = at(data, ['data'])
  const verb = Object.hasOwn(verbs, action) ? verbs[action] : undefined
  if (verb === undefined || textAt(data, ['type']) !== noun || !isJsonObject(about)) return null
  const state = textAt(about, ['state', 'name'])
  const moved = state !== undefined && at(data, ['updatedFrom', 'stateId']) !== undefined
  const identifier = textAt(about, ['identifier'])
  const on = firstTextAt(about, ['issue', 'identifier'], ['project', 'name'])
  const subject =
    identifier ?? capital(spaced(noun.replaceAll(/(?<=[a-z])[A-Z]/g, ' $&').toLowerCase()))
  const name = firstTextAt(about, ['title'], ['name'], ['issue', 'title'])
  const stateType = textAt(about, ['state', 'type']) ?? ''
  return said({
    title:
      `${subject} ${moved ? `moved to ${state}` : verb}` +
      (identifier === undefined && on !== undefined ? ` on ${on}` : '') +
      (name === undefined ? '' : `: ${name}`),
    text: firstTextAt(about, ['description'], ['body']) ?? null,
    link: firstTextAt(data, ['url'], ['data', 'url']) ?? null,
    linkText: 'Open in Linear',
    fields: fieldsFrom({
      State: state,
      Priority: textAt(about, ['priorityLabel']),
      Assignee: textAt(about, ['assignee', 'name']),
      Team: firstTextAt(about, ['team', 'name'], ['team', 'key']),
      By: firstTextAt(data, ['actor', 'name'], ['data', 'user', 'name']),
      Changed: changesIn(data),
    }),
    tone: (Object.hasOwn(tones, stateType) ? tones[stateType] : undefined) ?? 'neutral',
  })
}
