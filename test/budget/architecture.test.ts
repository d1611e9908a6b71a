import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const src = resolve(import.meta.dirname, '../../src')

/** The ground plan. A room may import only from the rooms and packages on its line. */
const plan: Record<string, { rooms: string; packages: string }> = {
  model: { rooms: '', packages: 'zod' },
  signing: { rooms: '', packages: '@noble/hashes' },
  routing: { rooms: 'model', packages: 'jsonata' },
  sources: { rooms: 'model signing', packages: 'zod @rgrove/parse-xml' },
  destinations: { rooms: 'model signing', packages: 'zod' },
  client: { rooms: 'model signing', packages: '' },
  ledger: { rooms: 'model', packages: 'cloudflare:workers' },
  config: { rooms: 'model signing', packages: 'drizzle-orm' },
  pipeline: {
    rooms: 'model signing routing sources destinations ledger config log.ts',
    packages: '',
  },
  http: {
    rooms: 'model signing routing sources destinations ledger config pipeline log.ts',
    packages: 'hono zod',
  },
}

/** Rooms whose decisions are pure: no clock, no dice, no network, no bindings. */
const pure = ['model', 'signing', 'routing', 'sources']

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))

const importsOf = (file: string): string[] =>
  [...readFileSync(file, 'utf8').matchAll(/(?:from|import)\s+'([^']+)'/g)].map(
    ([, specifier]) => specifier ?? '',
  )

const roomOf = (file: string): string => relative(src, file).split('/')[0] ?? ''

describe.each(Object.entries(plan))('src/%s', (room, { rooms, packages }) => {
  const files = filesIn(join(src, room))

  it('imports only from the rooms below it', () => {
    const others = files.flatMap((file) =>
      importsOf(file)
        .filter((specifier) => specifier.startsWith('.'))
        .map((specifier) => roomOf(resolve(dirname(file), specifier)))
        .filter((other) => other !== room && !rooms.split(' ').includes(other))
        .map((other) => `${relative(src, file)} → ${other}`),
    )
    expect(others).toEqual([])
  })

  it('uses only its own packages', () => {
    const allowed = packages.split(' ').filter((name) => name !== '')
    const others = files.flatMap((file) =>
      importsOf(file)
        .filter((specifier) => !specifier.startsWith('.'))
        .filter(
          (specifier) =>
            !allowed.some((name) => specifier === name || specifier.startsWith(`${name}/`)),
        )
        .map((specifier) => `${relative(src, file)} → ${specifier}`),
    )
    expect(others).toEqual([])
  })
})

it.each(pure)('src/%s has no clock, no dice, no network and no bindings of its own', (room) => {
  const reached = filesIn(join(src, room)).filter((file) =>
    /Date\.now\(|new Date\(\)|Math\.random\(|getRandomValues|[^.\w]fetch\(|\benv\./.test(
      readFileSync(file, 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, ''),
    ),
  )
  expect(reached.map((file) => relative(src, file))).toEqual([])
})

it('has no file of more than 300 lines', () => {
  const long = filesIn(src)
    .map((file) => ({
      file: relative(src, file),
      lines: readFileSync(file, 'utf8').split('\n').length,
    }))
    .filter(({ lines }) => lines > 300)
  expect(long).toEqual([])
})

it('has no folder or file whose name says nothing', () => {
  const named = filesIn(src)
    .map((file) => relative(src, file))
    .filter((file) =>
      /(?:^|\/)(?:lib|utils?|helpers?|common|misc|managers?|services?)\//.test(file),
    )
  expect(named).toEqual([])
})

it('never bundles the locales of zod', () => {
  const careless = filesIn(src).filter((file) =>
    /import (?!\* as|type \* as)[^\n]* from 'zod'/.test(readFileSync(file, 'utf8')),
  )
  expect(careless.map((file) => relative(src, file))).toEqual([])
})
