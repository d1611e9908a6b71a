import { integrationOf } from '../../../pipeline/integrations.ts'
import { problem } from '../../problem.ts'
import type { Acting, Call, Route } from '../../route.ts'

/** Who acts, on a route that is for a tenant's own keys. */
export const actingIn = ({ as }: Call): Acting | null => (as !== null && 'config' in as ? as : null)

export const paramOf = ({ params }: Call, name: string): string => {
  const value: unknown = Object(params)[name]
  return typeof value === 'string' ? value : ''
}

export const notConfigured = (): Response =>
  problem('not_found', 'The integration is not configured yet.')

interface Face {
  path: string
  tag: string
  summary?: string
  /** The call as the route is to see it, or the answer instead of the route's. */
  prepare: (call: Call) => Promise<Call | Response>
}

/** A route that stands already, under another path: it does what it does, and is described as it is. */
export function delegate(
  routes: readonly Route[],
  method: Route['method'],
  path: string,
  { prepare, ...face }: Face,
): Route {
  const found = routes.find((route) => route.method === method && route.path === path)
  if (found === undefined) throw new Error(`There is no route ${method} ${path}`)
  return {
    ...found,
    ...face,
    async handle(call) {
      const prepared = await prepare(call)
      return prepared instanceof Response ? prepared : found.handle(prepared)
    },
  }
}

/** The call of a destination's own route, for the one that is configured here. */
export const forIntegration =
  (kind: string) =>
  async (call: Call): Promise<Call | Response> => {
    const as = actingIn(call)
    const found = as === null ? null : await integrationOf(call.services, as.tenant.id, kind)
    return found === null ? notConfigured() : { ...call, params: { id: found.destination.id } }
  }
