import * as z from 'zod'
import type { Json } from './json.ts'

/** A product's own members beside those that are named here go along. */
const Video = z.looseObject({
  id: z.string(),
  title: z.string().optional(),
  description: z.string().optional(),
  url: z.url().optional().meta({ description: 'Where it is watched.' }),
  embed_url: z.url().optional().meta({ description: 'The player, for an iframe.' }),
  thumbnail_url: z.url().optional(),
  duration_s: z.number().min(0).optional(),
})

const User = z.looseObject({
  id: z.string(),
  email: z.email().optional(),
  first_name: z.string().optional(),
  last_name: z.string().optional(),
  phone: z.string().optional(),
  company: z.string().optional(),
  plan: z.string().optional(),
  url: z.url().optional().meta({ description: 'The profile.' }),
})

const Session = z.looseObject({
  id: z.string(),
  started_at: z.iso.datetime({ offset: true }).optional(),
  ended_at: z.iso.datetime({ offset: true }).optional(),
  duration_s: z.number().min(0).optional(),
  url: z.url().optional(),
  summary: z.string().optional(),
})

const AboutVideo = z.looseObject({ video: Video, user: User.optional() })
const AboutUser = z.looseObject({ user: User })
const AboutSession = z.looseObject({ session: Session, user: User.optional() })

const video = {
  id: 'vid_7Kx2',
  title: 'Welcome, Ada',
  description: 'A personal welcome for a new customer.',
  url: 'https://app.example.com/videos/vid_7Kx2',
  embed_url: 'https://app.example.com/embed/vid_7Kx2',
  thumbnail_url: 'https://app.example.com/videos/vid_7Kx2/thumbnail.jpg',
  duration_s: 42,
}

const user = {
  id: 'usr_1815',
  email: 'ada@example.com',
  first_name: 'Ada',
  last_name: 'Lovelace',
  phone: '+442079460018',
  company: 'Analytical Engines',
  plan: 'pro',
  url: 'https://app.example.com/users/usr_1815',
}

const session = {
  id: 'ses_0042',
  started_at: '2026-01-31T12:00:00.000Z',
  url: 'https://app.example.com/sessions/ses_0042',
}

interface Entry {
  title: string
  description: string
  /** What `data` holds. */
  data: z.ZodType
  /** As a product would send it. */
  sample: Json
}

const entry = <const E extends Entry>(entry: E): E => entry

/** The events that products send, by type: what is mapped, tried and typed without a word of configuration. */
export const catalogue = {
  'video.generated': entry({
    title: 'Video generated',
    description: 'A video is rendered and can be watched.',
    data: AboutVideo,
    sample: { video, user },
  }),
  'video.completed': entry({
    title: 'Video completed',
    description: 'A video has been watched to its end, or its production is finished.',
    data: AboutVideo,
    sample: { video, user },
  }),
  'video.failed': entry({
    title: 'Video failed',
    description: 'A video could not be made.',
    data: AboutVideo.extend({ video: Video.extend({ error: z.string().optional() }) }),
    sample: {
      video: { id: video.id, title: video.title, error: 'The script has no text.' },
      user,
    },
  }),
  'user.registered': entry({
    title: 'User registered',
    description: 'Somebody has made an account.',
    data: AboutUser,
    sample: { user },
  }),
  'user.updated': entry({
    title: 'User updated',
    description: 'Something about a user has changed.',
    data: AboutUser,
    sample: { user: { ...user, plan: 'enterprise' } },
  }),
  'session.started': entry({
    title: 'Session started',
    description: 'A user has begun a session.',
    data: AboutSession,
    sample: { session, user },
  }),
  'session.completed': entry({
    title: 'Session completed',
    description: 'A session has come to its end.',
    data: AboutSession,
    sample: {
      session: {
        ...session,
        ended_at: '2026-01-31T12:14:30.000Z',
        duration_s: 870,
        summary: 'Three videos watched, one shared.',
      },
      user,
    },
  }),
} satisfies Record<string, Entry>

export type CatalogueType = keyof typeof catalogue

/** What is sent as `data` for each type. */
export type CatalogueData = { [T in CatalogueType]: z.input<(typeof catalogue)[T]['data']> }

export const isCatalogueType = (type: string): type is CatalogueType =>
  Object.hasOwn(catalogue, type)

/** A realistic `data` for the type; `undefined` where the catalogue does not know it. */
export const sampleOf = (type: string): Json | undefined =>
  isCatalogueType(type) ? catalogue[type].sample : undefined

export interface CatalogueEvent {
  type: string
  title: string
  description: string
  sample: Json
}

const events: CatalogueEvent[] = Object.entries<Entry>(catalogue).map(
  ([type, { title, description, sample }]) => ({ type, title, description, sample }),
)

/** The catalogue as people and forms read it, with a sample of each. */
export const catalogueEvents = (): readonly CatalogueEvent[] => events

/** As `catalogueEvents`, with the JSON Schema of each `data`. */
export const describeCatalogue = (): (CatalogueEvent & { data_schema: unknown })[] =>
  events.map(({ type, title, description, sample }) => ({
    type,
    title,
    description,
    sample,
    data_schema: isCatalogueType(type) ? z.toJSONSchema(catalogue[type].data, { io: 'input' }) : {},
  }))
