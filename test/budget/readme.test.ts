import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { scripts } from '../../package.json'
import { destinationTypes } from '../../src/destinations/index.ts'
import { sources } from '../../src/sources/index.ts'

const root = resolve(import.meta.dirname, '../..')
const read = (page: string): string => readFileSync(join(root, page), 'utf8')

const pages = [
  'README.md',
  'SECURITY.md',
  'CONTRIBUTING.md',
  ...globSync('docs/**/*.md', { cwd: root }),
]

/** What stands in the first column of the table under `heading`, where that is one name as code. */
function namesIn(heading: string): string[] {
  const [, section = ''] = read('README.md').split(`\n## ${heading}\n`)
  const [table = ''] = /(?:^\|.*\n)+/m.exec(section) ?? []
  return [...table.matchAll(/^\| `([^`]+)` +\|/gm)].map(([, name]) => name ?? '')
}

describe('the README', () => {
  it('has a row for every source of the registry, and for no other', () => {
    expect(namesIn('Sources')).toEqual(Object.keys(sources).sort())
  })

  it('has a row for every destination type of the registry, and for no other', () => {
    expect(namesIn('Destinations')).toEqual(Object.keys(destinationTypes).sort())
  })
})

/** What the pages that show how to add something make up. */
const madeUp = /parcels|lanterns/

describe.each(pages)('%s', (page) => {
  const text = read(page)

  it('leads to nothing that is not there', () => {
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, to]) => to ?? '')
    const missing = links.filter((to) => !existsSync(resolve(root, dirname(page), to)))
    expect(missing).toEqual([])
  })

  it('names no file that is not there', () => {
    const named = [...text.matchAll(/`((?:src|test)\/[\w./*-]+)`/g)].map(([, path]) => path ?? '')
    const missing = named.filter(
      (path) => !madeUp.test(path) && globSync(path, { cwd: root }).length === 0,
    )
    expect(missing).toEqual([])
  })

  it('names no command that package.json does not have', () => {
    const named = [...text.matchAll(/npm run ([\w:-]+)/g)].map(([, script]) => script ?? '')
    expect(named.filter((script) => !Object.hasOwn(scripts, script))).toEqual([])
  })
})

it('SECURITY.md names a test for every threat', () => {
  const [, threats = ''] = /\n## Threats\n([\s\S]*?)\n## /.exec(read('SECURITY.md')) ?? []
  const [, ...sections] = threats.split('\n### ')
  expect(sections.length).toBeGreaterThan(20)
  const unguarded = sections.filter((section) => !/\nGuarded by: `test\//.test(section))
  expect(unguarded.map((section) => section.split('\n')[0])).toEqual([])
})
