/** What products tell of their own: videos, users, sessions. */

import type { Json } from '../../model/json.ts'
import { firstTextAt } from './look.ts'
import { personOf, videoOf } from './people.ts'
import type { Card, CardField, Tone, Words } from './telling.ts'

const field = (name: string, value: string | number | null | undefined): CardField[] =>
  value === null || value === undefined ? [] : [{ name, value: String(value) }]

const seconds = (value: number): string =>
  value < 60 ? `${value} s` : `${Math.floor(value / 60)} min ${Math.round(value % 60)} s`

const who = (data: Json): string | null => {
  const { name, email } = personOf(data)
  return name ?? email
}

function video(verb: string, tone: Tone) {
  return (data: Json): Card => {
    const { id, title, description, url, thumbnailUrl, durationS, error } = videoOf(data)
    const user = firstTextAt(data, ['user', 'name'], ['user', 'email'])
    return {
      title: `${title ?? 'A video'} ${verb}`,
      text: tone === 'bad' ? (error ?? description) : description,
      link: url,
      linkText: 'Watch',
      image: thumbnailUrl,
      fields: [
        ...field('Video', id),
        ...field('Duration', durationS === null ? null : seconds(durationS)),
        ...field('User', user),
      ],
      tone,
    }
  }
}

function user(verb: string) {
  return (data: Json): Card => {
    const { id, email, phone, company } = personOf(data)
    return {
      title: `${who(data) ?? 'A user'} ${verb}`,
      text: null,
      link: firstTextAt(data, ['user', 'url'], ['url']) ?? null,
      linkText: 'Open profile',
      image: firstTextAt(data, ['user', 'avatar_url'], ['avatar_url']) ?? null,
      fields: [
        ...field('User', id),
        ...field('E-mail', email),
        ...field('Phone', phone),
        ...field('Company', company),
        ...field('Plan', firstTextAt(data, ['user', 'plan'], ['plan'])),
      ],
      tone: 'neutral',
    }
  }
}

function session(verb: string, tone: Tone) {
  return (data: Json): Card => {
    const at = (name: string) => firstTextAt(data, ['session', name], [name])
    const by = firstTextAt(data, ['user', 'name'], ['user', 'email'])
    return {
      title: by === undefined ? `A session ${verb}` : `${by}: session ${verb}`,
      text: at('summary') ?? null,
      link: at('url') ?? null,
      linkText: 'Open session',
      image: null,
      fields: [
        ...field('Session', firstTextAt(data, ['session', 'id'], ['session_id'], ['id'])),
        ...field('Duration', at('duration_s') === undefined ? null : `${at('duration_s')} s`),
      ],
      tone,
    }
  }
}

const cards: Readonly<Record<string, (data: Json) => Card>> = {
  'video.generated': video('was generated', 'good'),
  'video.completed': video('is complete', 'good'),
  'video.failed': video('failed', 'bad'),
  'user.registered': user('registered'),
  'user.updated': user('was updated'),
  'session.started': session('started', 'neutral'),
  'session.completed': session('is complete', 'good'),
}

export const aboutProducts: Words = ({ type }, data) =>
  Object.hasOwn(cards, type) ? (cards[type]?.(data) ?? null) : null
