import { type Result, err, ok } from '../model/result.ts'
import { type UnitTest, unitTest } from './regex-unit.ts'

export type Node =
  | { kind: 'unit'; test: UnitTest }
  | { kind: 'sequence'; parts: Node[] }
  | { kind: 'choice'; options: Node[] }
  | { kind: 'group'; index: number; body: Node }
  | {
      kind: 'repeat'
      body: Node
      min: number
      max: number
      lazy: boolean
      groups: [number, number]
    }
  | { kind: 'look'; body: Node; negative: boolean; groups: [number, number] }
  | { kind: 'back'; index: number }
  | { kind: 'start' | 'end' | 'boundary' | 'inside' }

class Unsupported extends Error {}

const quantifier = /^(?:([*+?])|\{(\d+)(,?)(\d*)\})(\??)/
/** One unit written as an escape, a class or itself. */
const unit =
  /^(?:\\(?:x[\dA-Fa-f]{2}|u[\dA-Fa-f]{4}|c[A-Za-z]|0[0-7]{0,2}|[^])|\[(?:\\[^]|[^\]\\])*\]|[^])/

/**
 * Reads the source of a regular expression that the engine has already found to be valid (without
 * the flags `u` and `v`). Look-behind and named groups are not supported and said to be so.
 */
export function parseRegex(
  source: string,
  ignoreCase: boolean,
): Result<{ root: Node; groups: number }, string> {
  let at = 0
  let groups = 0
  const captures = countGroups(source)

  function choice(): Node {
    const options = [sequence()]
    while (source[at] === '|') {
      at++
      options.push(sequence())
    }
    const [only] = options
    return only !== undefined && options.length === 1 ? only : { kind: 'choice', options }
  }

  function sequence(): Node {
    const parts: Node[] = []
    while (at < source.length && source[at] !== '|' && source[at] !== ')') parts.push(quantified())
    return { kind: 'sequence', parts }
  }

  function quantified(): Node {
    const before = groups
    const body = atom()
    const found = quantifier.exec(source.slice(at, at + 40))
    if (found === null) return body
    at += found[0].length
    const [, sign, least, comma, most, lazy] = found
    const min = sign === undefined ? Number(least) : sign === '+' ? 1 : 0
    const open = sign === undefined ? comma === ',' && most === '' : sign !== '?'
    const max = open ? Infinity : sign === '?' ? 1 : Number(most === '' ? least : most)
    return { kind: 'repeat', body, min, max, lazy: lazy === '?', groups: [before + 1, groups] }
  }

  function atom(): Node {
    if (source[at] === '(') return group()
    if (source[at] === '^') return skip({ kind: 'start' }, 1)
    if (source[at] === '$') return skip({ kind: 'end' }, 1)
    if (source.startsWith('\\b', at)) return skip({ kind: 'boundary' }, 2)
    if (source.startsWith('\\B', at)) return skip({ kind: 'inside' }, 2)
    const back = /^\\([1-9]\d*)/.exec(source.slice(at, at + 10))
    if (back !== null && Number(back[1]) <= captures) {
      return skip({ kind: 'back', index: Number(back[1]) }, back[0].length)
    }
    if (back !== null || source.startsWith('\\k', at)) throw new Unsupported('that reference')
    const text = unit.exec(source.slice(at))?.[0] ?? ''
    return skip({ kind: 'unit', test: unitTest(text, ignoreCase) }, text.length)
  }

  function group(): Node {
    if (source.startsWith('(?<', at)) throw new Unsupported('look-behind or a named group')
    const look = source.startsWith('(?=', at) || source.startsWith('(?!', at)
    const plain = source.startsWith('(?:', at)
    if (!look && !plain && source.startsWith('(?', at))
      throw new Unsupported('a group of that kind')
    const negative = source.startsWith('(?!', at)
    at += look || plain ? 3 : 1
    const index = look || plain ? 0 : ++groups
    const before = groups
    const body = choice()
    at++
    if (look) return { kind: 'look', body, negative, groups: [before + 1, groups] }
    return plain ? body : { kind: 'group', index, body }
  }

  function skip(node: Node, length: number): Node {
    at += length
    return node
  }

  try {
    return ok({ root: choice(), groups })
  } catch (error) {
    if (error instanceof Unsupported) return err(`A regular expression uses ${error.message}`)
    throw error
  }
}

/** A `\2` is a reference only where there are two groups, even if they come later. */
const countGroups = (source: string): number =>
  source.replaceAll(/\\[^]|\[(?:\\[^]|[^\]\\])*\]/g, '').match(/\((?!\?)/g)?.length ?? 0
