/** What product events say of people and videos, wherever they say it. */

import type { Json } from '../../model/json.ts'
import { at, firstTextAt, numberAt } from './look.ts'

export interface Person {
  id: string | null
  email: string | null
  firstName: string | null
  lastName: string | null
  /** Whole, from its parts where only these are there. */
  name: string | null
  phone: string | null
  company: string | null
}

/** The user of an event: under `user` or `customer`, else the event itself. */
export function personOf(data: Json | undefined): Person {
  const inner = at(data, ['user']) ?? at(data, ['customer']) ?? data
  const text = (...names: string[]) => firstTextAt(inner, ...names.map((name) => [name])) ?? null
  const firstName = text('first_name', 'firstName', 'given_name', 'firstname')
  const lastName = text('last_name', 'lastName', 'family_name', 'lastname')
  const parts = [firstName, lastName].filter((part) => part !== null)
  return {
    id: text('id', 'user_id'),
    email: text('email', 'email_address'),
    firstName,
    lastName,
    name: text('name', 'full_name') ?? (parts.length === 0 ? null : parts.join(' ')),
    phone: text('phone', 'phone_number'),
    company: text('company', 'organization', 'company_name'),
  }
}

export interface Video {
  id: string | null
  title: string | null
  description: string | null
  url: string | null
  embedUrl: string | null
  thumbnailUrl: string | null
  durationS: number | null
  error: string | null
}

/** The video of an event: under `video`, else the event itself. */
export function videoOf(data: Json | undefined): Video {
  const inner = at(data, ['video']) ?? data
  const text = (...names: string[]) => firstTextAt(inner, ...names.map((name) => [name])) ?? null
  return {
    id: text('id', 'video_id'),
    title: text('title', 'name'),
    description: text('description'),
    url: text('url', 'video_url', 'share_url', 'watch_url'),
    embedUrl: text('embed_url', 'player_url'),
    thumbnailUrl: text('thumbnail_url', 'thumbnail', 'poster_url'),
    durationS: numberAt(inner, ['duration_s']) ?? numberAt(inner, ['duration']) ?? null,
    error: firstTextAt(inner, ['error'], ['error', 'message'], ['reason']) ?? null,
  }
}
