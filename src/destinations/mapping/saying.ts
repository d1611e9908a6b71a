import type { Card, CardField } from './telling.ts'

/** A card of which only this is worth saying. */
export const said = (parts: Partial<Card> & Pick<Card, 'title'>): Card => ({
  text: null,
  link: null,
  linkText: 'Open',
  image: null,
  fields: [],
  tone: 'neutral',
  ...parts,
})

/** The fields that have a value, in their order. */
export const fieldsFrom = (
  values: Readonly<Record<string, string | null | undefined>>,
): CardField[] =>
  Object.entries(values).flatMap(([name, value]) =>
    value === null || value === undefined || value === '' ? [] : [{ name, value }],
  )

/** `payment_failed` as `payment failed`. */
export const spaced = (text: string): string => text.replaceAll(/[._-]+/g, ' ').trim()

export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
