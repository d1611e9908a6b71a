import * as z from 'zod'
import { isWebUrl } from '../../../destinations/mapping/fields.ts'
import { videoOf } from '../../../destinations/mapping/people.ts'
import { parseJson } from '../../../model/json.ts'
import { whole } from '../../lists.ts'
import { NewEvent } from '../../posted-event.ts'
import { invalid, notFound } from '../../problem.ts'
import { json, type Route, route } from '../../route.ts'
import { PostedShape } from '../posts.ts'
import { type Configurable, configureRoute } from './configure.ts'
import { embedOf } from './embed.ts'
import { bytesAt, eventFrom, posterOf, tell } from './posting.ts'

const tag = 'Integrations: CMS'

const WebUrl = z.url({ protocol: /^https?$/ }).max(2048)

const Content = z.strictObject({
  title: z.string().min(1).max(500),
  text: z.string().max(100_000).optional(),
  html: z.string().max(500_000).optional().meta({ description: 'The whole content instead.' }),
  excerpt: z.string().max(5000).optional(),
  slug: z.string().max(200).optional(),
  url: WebUrl.optional().meta({ description: 'Where to read on, or to watch.' }),
  embed_url: WebUrl.optional().meta({ description: 'A video, to be embedded.' }),
  image: WebUrl.optional(),
  product_id: z.string().max(100).optional().meta({ description: 'Shopify: whose media it is.' }),
})

const Publication = z
  .strictObject({
    content: Content.optional(),
    event: NewEvent.pick({ type: true, data: true, id: true }).optional(),
  })
  .superRefine(({ content, event }, context) => {
    if ((content === undefined) === (event === undefined)) {
      context.addIssue({ code: 'custom', path: ['content'], message: 'give content or event' })
    }
  })

const systems = {
  wordpress: {
    kind: 'wordpress',
    title: 'WordPress',
    mapping: {
      title: 'data.content.title',
      text: 'data.content.text',
      content: 'data.content.html',
      excerpt: 'data.content.excerpt',
      slug: 'data.content.slug',
      link: 'data.content.url',
      embed: 'data.content.embed_url',
      image: 'data.content.image',
    },
    example: {
      base_url: 'https://blog.example.com',
      username: 'switchyard',
      application_password: 'abcd efgh ijkl mnop',
      events: ['video.completed'],
    },
  },
  shopify: {
    kind: 'shopify',
    title: 'Shopify',
    mapping: {
      title: 'data.content.title',
      text: 'data.content.text',
      description: 'data.content.html',
      link: 'data.content.url',
      media_url: 'data.content.embed_url',
      image: 'data.content.image',
      product_id: 'data.content.product_id',
    },
    example: {
      shop: 'my-shop.myshopify.com',
      access_token: 'shpat_0123456789abcdef',
      product_id: '632910392',
      events: ['video.completed'],
    },
  },
} as const satisfies Record<string, Omit<Configurable, 'tag' | 'path'>>

const routesOf = (name: keyof typeof systems): Route[] => {
  const system = systems[name]
  const path = `/api/integrations/cms/${name}`
  return [
    configureRoute({ ...system, tag, path: `${path}/configure` }),
    route({
      method: 'POST',
      path: `${path}/publish`,
      // A page's key is of the role publisher, and nobody who reads a page is to speak in the tenant's name.
      access: 'operator',
      tag,
      summary: `Publish content or an event to ${system.title} alone`,
      description:
        'An ordinary event with one delivery, `content.published` for content. With `event.id`, the same twice is published once.',
      body: Publication,
      examples: [
        {
          summary: 'A page about a video',
          value: {
            content: {
              title: 'Welcome, Ada',
              text: 'A personal welcome.',
              embed_url: 'https://vimeo.com/76979871',
            },
          },
        },
      ],
      answers: {
        202: { description: 'Stored, and on its way.', schema: PostedShape },
        200: { description: 'Seen before: the first one’s id.', schema: PostedShape },
      },
      problems: ['event_conflict', 'rate_limited', 'unavailable'],
      async handle({ services, as, bytes, body: { content, event } }) {
        const data = bytesAt(bytes, ['event', 'data'])
        const said = { type: 'content.published', data: { content } }
        const told = event === undefined ? said : { ...event, data: data ?? event.data }
        return tell(services, posterOf(as), name, eventFrom(told))
      },
    }),
  ]
}

const Embedded = z.strictObject({
  url: WebUrl.optional().meta({ description: 'Where the video is watched, or its file.' }),
  embed_url: WebUrl.optional().meta({ description: 'Its player, for the iframe.' }),
  event_id: z.string().max(100).optional().meta({ description: 'A stored event of a video.' }),
  title: z.string().min(1).max(200).optional(),
  width: whole(100, 4000, 'In pixels.').default(640),
  height: whole(100, 4000, 'In pixels.').default(360),
})

const embedRoute = route({
  method: 'GET',
  path: '/api/integrations/cms/wordpress/embed',
  access: 'viewer',
  tag,
  summary: 'See a video as WordPress embeds it',
  description: 'As HTML, as a shortcode and as a block: of a URL, or of a stored event’s video.',
  query: Embedded,
  answers: {
    200: {
      description: 'To be pasted.',
      schema: z.object({ html: z.string(), shortcode: z.string(), block: z.string() }),
    },
  },
  async handle({ as, query }) {
    const { event_id, width, height } = query
    const stored = event_id === undefined ? null : await as.ledger.payload(event_id)
    if (event_id !== undefined && stored === null) return notFound('event')
    const video = videoOf(stored === null ? undefined : parseJson(stored.body))
    // A stored event says what it likes: only the web's own URLs are embedded.
    const webUrl = (text: string | null): string | null =>
      text !== null && isWebUrl(text) ? text : null
    const embedUrl = query.embed_url ?? webUrl(video.embedUrl)
    const url = query.url ?? webUrl(video.url) ?? embedUrl
    if (url === null) {
      return invalid([
        { path: 'url', message: 'required: a video’s URL, or an event that has one' },
      ])
    }
    const title = query.title ?? video.title ?? 'Video'
    return json(embedOf({ url, embedUrl, title, width, height }))
  },
})

export const cmsRoutes: readonly Route[] = [
  embedRoute,
  ...(['wordpress', 'shopify'] as const).flatMap(routesOf),
]
