import type { EventHead } from '../../model/event.ts'
import type { Json } from '../../model/json.ts'
import { aboutAnything } from './about-anything.ts'
import { aboutGithub } from './about-github.ts'
import { aboutJira } from './about-jira.ts'
import { aboutLinear } from './about-linear.ts'
import { aboutProducts } from './about-products.ts'
import { aboutStripe } from './about-stripe.ts'
import type { Card, Words } from './telling.ts'

/** Asked in turn: the first that knows the event says it. */
const kinds: readonly Words[] = [aboutProducts, aboutGithub, aboutStripe, aboutLinear, aboutJira]

/** The card of an event without a mapping. Never throws, whatever the data is. */
export function wordsFor(event: Pick<EventHead, 'type' | 'source'>, data: Json | undefined): Card {
  for (const words of kinds) {
    const card = data === undefined ? null : words(event, data)
    if (card !== null) return card
  }
  return aboutAnything(event, data)
}
