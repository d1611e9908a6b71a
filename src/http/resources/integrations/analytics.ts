import { isJsonObject } from '../../../model/json.ts'
import { NewEvent } from '../../posted-event.ts'
import { type Route, route } from '../../route.ts'
import { PostedShape } from '../posts.ts'
import { browserRoutes } from './browser.ts'
import { type Configurable, configureRoute } from './configure.ts'
import { bytesAt, eventFrom, tell } from './posting.ts'

const tag = 'Integrations: analytics'

const trackers = {
  'google-analytics': {
    kind: 'google-analytics',
    title: 'Google Analytics',
    example: { measurement_id: 'G-ABCDE12345', api_secret: 'secret', events: ['video.*'] },
  },
  'meta-conversions': {
    kind: 'meta-conversions',
    title: 'Meta Conversions',
    // The id that the Pixel was given for the same event, so that Meta counts it once.
    mapping: { event_id: 'data.event_id' },
    example: {
      pixel_id: '1234567890',
      access_token: 'EAAB0123456789',
      events: ['user.registered'],
    },
  },
} as const satisfies Record<string, Omit<Configurable, 'tag' | 'path'>>

const Tracked = NewEvent.pick({ type: true, data: true, id: true })

/** An id of the caller's own is the one by which its browser told of it. */
const withEventId = (data: unknown, id: string): unknown =>
  isJsonObject(data) ? { event_id: id, ...data } : data

const routesOf = (name: keyof typeof trackers): Route[] => {
  const tracker = trackers[name]
  const path = `/api/integrations/analytics/${name}`
  return [
    configureRoute({ ...tracker, tag, path: `${path}/configure` }),
    route({
      method: 'POST',
      path: `${path}/track`,
      access: 'publisher',
      tag,
      summary: `Tell ${tracker.title} alone of an event`,
      description:
        'An ordinary event with one delivery. `id` is its `event_id`, so that what a browser told too is counted once.',
      body: Tracked,
      examples: [
        {
          summary: 'A registration',
          value: {
            type: 'user.registered',
            id: 'registration-1815',
            data: { user: { id: 'usr_1815', email: 'ada@example.com' } },
          },
        },
      ],
      answers: {
        202: { description: 'Stored, and on its way.', schema: PostedShape },
        200: { description: 'Seen before: the first one’s id.', schema: PostedShape },
      },
      problems: ['event_conflict', 'rate_limited', 'unavailable'],
      async handle({ services, as, bytes, body: { type, data, id } }) {
        const told = id === undefined ? (bytesAt(bytes, ['data']) ?? data) : withEventId(data, id)
        return tell(services, as, name, eventFrom({ type, id, data: told }))
      },
    }),
  ]
}

export const analyticsRoutes: readonly Route[] = [
  ...browserRoutes,
  ...(['google-analytics', 'meta-conversions'] as const).flatMap(routesOf),
]
