/** What an event is said in, and what says it. */

import type { EventHead } from '../../model/event.ts'
import type { Json } from '../../model/json.ts'

export interface CardField {
  name: string
  value: string
}

export const tones = ['neutral', 'good', 'bad'] as const
export type Tone = (typeof tones)[number]

export interface Card {
  title: string
  text: string | null
  /** Where to read on. */
  link: string | null
  linkText: string
  image: string | null
  fields: readonly CardField[]
  tone: Tone
}

/** How the events of one kind are said: `null` where this one is not of that kind, or lacks what would be said. */
export type Words = (event: Pick<EventHead, 'type' | 'source'>, data: Json) => Card | null
