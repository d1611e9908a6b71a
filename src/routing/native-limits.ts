import { type Budget, Stopped, maxText } from './budget.ts'
import { spendDeep } from './weigh.ts'

/** What a function does with its arguments beyond reading them once. */
type Check = (args: readonly unknown[], budget: Budget) => void

const longestPicture = 256
const longestDate = 64

/** Throws where a function of JSONata would work without bound for these arguments, or for them alone. */
export function checkArguments(name: string, args: readonly unknown[], budget: Budget): void {
  checks[name]?.(args, budget)
}

const checks: { [name: string]: Check | undefined } = {
  pad([text, width, fill]) {
    const most = Math.abs(numeric(width)) * Math.max(1, textual(fill).length)
    if (most + textual(text).length > maxText) throw new Stopped(`A text is longer than ${maxText}`)
  },
  replace([text, pattern, replacement, limit], budget) {
    const places = textual(text).length / Math.max(1, textual(pattern).length)
    const most = Math.min(places, limit === undefined ? Infinity : numeric(limit))
    budget.spend((most * (textual(replacement).length + 1)) / 64)
  },
  /** Indents every line. */
  string([value, pretty], budget) {
    if (pretty === true) spendDeep(value, { ...budget, spend: (cost) => budget.spend(cost * 8) })
  },
  /** Compares each with each. */
  distinct: ([values], budget) => budget.spend(lengthOf(values) ** 2 / 64),
  /** Copies what remains for each element that it takes. */
  sort: ([values], budget) => budget.spend(lengthOf(values) ** 2 / 512),
  formatNumber([, picture, options]) {
    checkPicture(picture)
    if (typeof options !== 'object' || options === null) return
    for (const option of Object.values(options)) {
      if (typeof option !== 'string' || option === '' || option.length > 16) {
        throw new Stopped('An option of $formatNumber is not a short text')
      }
    }
  },
  formatInteger([, picture]) {
    checkPicture(picture)
  },
  parseInteger([text, picture]) {
    checkPicture(picture)
    if (textual(text).length > longestPicture) throw new Stopped('The integer is too long to parse')
  },
  fromMillis([, picture, timezone]) {
    checkPicture(picture)
    checkPicture(timezone)
    checkWidths(textual(picture))
  },
  toMillis([text, picture]) {
    if (picture === undefined) return
    checkPicture(picture)
    checkWidths(textual(picture))
    checkParsing(textual(picture))
    if (textual(text).length > longestDate) throw new Stopped('The date is too long to parse')
  },
}

function checkPicture(picture: unknown): void {
  if (textual(picture).length > longestPicture) throw new Stopped('A picture is too long')
}

/** A marker like `[Y,1000000000]` is padded to that width. */
function checkWidths(picture: string): void {
  if (/,[^\]]*\d{3}/.test(picture.replaceAll(/\s/g, ''))) {
    throw new Stopped('A width in a picture is too large')
  }
}

/**
 * JSONata makes a regular expression of the picture. It has one way to match a text only if each
 * marker ends where the next thing begins: every component once, digits or names, no digits between.
 */
function checkParsing(picture: string): void {
  const markers = [...picture.matchAll(/\[([A-Za-z])([^\]]*)\]([^[]*)/g)]
  const components = new Set(markers.map(([, component]) => component))
  const clear = markers.every(([, , presentation = '', following = '']) => {
    return /^[\d#,*\-Nnto: ]*$/.test(presentation) && !/^\d/.test(following)
  })
  if (!clear || components.size < markers.length) {
    throw new Stopped('$toMillis cannot parse by this picture')
  }
}

const textual = (value: unknown): string => (typeof value === 'string' ? value : '')
const numeric = (value: unknown): number => (typeof value === 'number' ? value : 0)
const lengthOf = (value: unknown): number => (Array.isArray(value) ? value.length : 0)
