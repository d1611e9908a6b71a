import * as z from 'zod'
import { NewEvent } from '../../posted-event.ts'
import { invalid } from '../../problem.ts'
import { type Route, route } from '../../route.ts'
import { destinationActionRoutes } from '../destination-actions.ts'
import { configureRoute } from './configure.ts'
import { delegate, forIntegration } from './delegate.ts'
import { nameIn } from './face.ts'
import { PostedShape } from '../posts.ts'
import { bytesAt, eventFrom, posterOf, tell } from './posting.ts'

const tag = 'Integrations: messaging'

const messengers = { slack: 'Slack', teams: 'Microsoft Teams', discord: 'Discord' } as const
type Messenger = keyof typeof messengers

const hooks: Record<Messenger, string> = {
  slack: 'https://hooks.slack.com/services/T000/B000/XXXX',
  teams: 'https://example.logic.azure.com/workflows/1/triggers/manual/paths/invoke',
  discord: 'https://discord.com/api/webhooks/1/XXXX',
}

const fields = {
  webhook_url: z.string().max(2048).optional(),
  token: z.string().max(1000).optional().meta({ description: 'A bot’s, with `channel`.' }),
  channel: z.string().max(200).optional(),
}

/** How a text of `…/send` stands in its event, and so in the card. */
const mapping = { title: 'data.say.title', text: 'data.say.text' }

const Said = z
  .strictObject({
    text: z.string().min(1).max(10_000).optional(),
    title: z.string().min(1).max(150).optional(),
    event: NewEvent.pick({ type: true, data: true, id: true }).optional(),
  })
  .superRefine(({ text, event }, context) => {
    if ((text === undefined) === (event === undefined)) {
      context.addIssue({ code: 'custom', path: ['text'], message: 'give text or event' })
    }
  })

const mostTitle = 150

/** A text in a card: its first line is the headline, where it can be one. */
function sayOf(text: string, title: string | undefined) {
  if (title !== undefined) return { title, text }
  const [line = '', ...rest] = text.trim().split('\n')
  const below = rest.join('\n').trim()
  if (line.length > mostTitle) return { title: 'Message', text }
  return below === '' ? { title: line } : { title: line, text: below }
}

const routesOf = (kind: Messenger): Route[] => {
  const title = messengers[kind]
  const path = `/api/integrations/messaging/${kind}`
  return [
    configureRoute({
      kind,
      title,
      tag,
      path: `${path}/configure`,
      fields,
      renamed: { [nameIn(kind, ['webhook_url', 'url'])]: 'webhook_url' },
      mapping,
      replaces: true,
      example: { webhook_url: hooks[kind], events: ['video.*'] },
    }),
    delegate(destinationActionRoutes, 'POST', '/api/v1/destinations/{id}/test', {
      path: `${path}/test`,
      tag,
      summary: `Send a sample to ${title} and see what comes back`,
      prepare: forIntegration(kind),
    }),
    route({
      method: 'POST',
      path: `${path}/send`,
      // A page's key is of the role publisher, and nobody who reads a page is to speak in the tenant's name.
      access: 'operator',
      tag,
      summary: `Send a text or an event to ${title} alone`,
      description:
        'An ordinary event with one delivery: retried, listed and replayable like any other.',
      body: Said,
      examples: [{ summary: 'A text', value: { text: 'The render farm is back.' } }],
      answers: {
        202: { description: 'Stored, and on its way.', schema: PostedShape },
        200: { description: 'Seen before: the first one’s id.', schema: PostedShape },
      },
      problems: ['event_conflict', 'rate_limited', 'unavailable'],
      async handle({ services, as, body, bytes }) {
        const { text, title: headline, event } = body
        if (event !== undefined) {
          const data = bytesAt(bytes, ['event', 'data']) ?? event.data
          return tell(services, posterOf(as), kind, eventFrom({ ...event, data }))
        }
        if (text === undefined) return invalid([{ path: 'text', message: 'required' }])
        const said = { type: 'message', data: { say: sayOf(text, headline) } }
        return tell(services, posterOf(as), kind, eventFrom(said))
      },
    }),
  ]
}

const kinds = ['slack', 'teams', 'discord'] as const satisfies readonly Messenger[]

export const messagingRoutes: readonly Route[] = kinds.flatMap(routesOf)
