import { expect, it } from 'vitest'
import { checkedConfig } from '../../src/http/resources/destination-shape.ts'
import { nameIn } from '../../src/http/resources/integrations/face.ts'
import { routes } from '../../src/http/routes.ts'
import { isDestinationType } from '../../src/destinations/index.ts'

const configuring = routes.filter(({ path }) => path.endsWith('/configure'))

it.each(configuring.map((route) => [route.path, route] as const))(
  '%s has an example that its type takes',
  (path, { examples = [] }) => {
    const type = path.split('/').at(-2) ?? ''
    const [example] = examples
    // An example is an object, as its route's body is.
    const { events, webhook_url, ...config } = (example?.value ?? {}) as Record<string, unknown>
    const hook =
      webhook_url === undefined ? {} : { [nameIn(type, ['webhook_url', 'url'])]: webhook_url }
    if (!isDestinationType(type)) throw new Error(`there is no type ${type}`)
    expect(events).toBeDefined()
    expect(checkedConfig(type, { ...config, ...hook }, [])).toMatchObject({ ok: true })
  },
)

it('every example of every route is what the route takes', () => {
  const wrong = routes.flatMap(({ method, path, body, examples = [] }) =>
    examples
      .filter(({ value }) => body?.safeParse(value).success === false)
      .map(({ summary }) => `${method} ${path}: ${summary}`),
  )
  expect(wrong.filter((one) => one.includes('/integrations/'))).toEqual([])
})

it('no two routes answer the same', () => {
  const all = routes.map(({ method, path }) => `${method} ${path}`)
  expect(all.filter((one, i) => all.indexOf(one) !== i)).toEqual([])
})
