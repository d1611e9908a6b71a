import { Hono } from 'hono'
import { type Log, logToConsole } from '../log.ts'
import type { Services } from '../pipeline/bound-services.ts'
import { drain } from './drain.ts'
import { problem, unavailable } from './problem.ts'
import type { Route } from './route.ts'
import { routes } from './routes.ts'
import { serve } from './serve.ts'

interface Bound {
  Bindings: Env
}

/** `{id}` as Hono writes it. */
const honoPath = (path: string): string => path.replaceAll(/\{(\w+)\}/g, ':$1')

const byPath = (all: readonly Route[]): Map<string, Route[]> => Map.groupBy(all, ({ path }) => path)

/** The methods that a path takes, as `Allow` tells them. */
function allowed(routesHere: readonly Route[]): string {
  const methods = routesHere.map(({ method }) => method)
  const head = methods.includes('GET') ? ['HEAD'] : []
  return [...methods, ...head, 'OPTIONS'].join(', ')
}

/** https://fetch.spec.whatwg.org/#http-cors-protocol. A key stands in the request itself, so that any origin may send it. */
function corsHeaders(routesHere: readonly Route[]): Record<string, string> {
  const open = routesHere.filter(({ cors }) => cors === true)
  if (open.length === 0) return {}
  return {
    'access-control-allow-origin': '*',
    'access-control-allow-methods': open.map(({ method }) => method).join(', '),
    'access-control-allow-headers': 'content-type',
    'access-control-max-age': '86400',
  }
}

/** The request read to its end; and answers that depend on a key are nobody else's, and none is to be sniffed. */
async function finished(request: Request, answer: Response): Promise<Response> {
  await drain(request)
  const { headers } = answer
  if (!headers.has('cache-control')) headers.set('cache-control', 'no-store')
  headers.set('x-content-type-options', 'nosniff')
  return answer
}

/** https://developers.cloudflare.com/durable-objects/best-practices/error-handling/ */
const mayBeTriedAgain = (error: Error): boolean =>
  ('retryable' in error && error.retryable === true) ||
  ('overloaded' in error && error.overloaded === true)

/** The whole HTTP surface. `makeServices` binds one invocation's world; `log` hears of what nobody foresaw. */
export function createApp(
  makeServices: (env: Env, ctx: ExecutionContext) => Services,
  log: Log = logToConsole,
): Hono<Bound> {
  const app = new Hono<Bound>({ strict: false })
  for (const [path, here] of byPath(routes)) {
    for (const route of here) {
      const methods = route.method === 'ANY' ? 'ALL' : route.method
      app.on(methods, honoPath(path), async (c) => {
        // The context that Hono hands on is the one that the runtime gave to `fetch`.
        const ctx = c.executionCtx as ExecutionContext
        const services = makeServices(c.env, ctx)
        const answer = await serve(route, services, c.req.raw, c.req.param())
        if (route.cors === true) answer.headers.set('access-control-allow-origin', '*')
        return finished(c.req.raw, answer)
      })
    }
    const allow = allowed(here)
    app.all(honoPath(path), (c) =>
      finished(
        c.req.raw,
        c.req.method === 'OPTIONS'
          ? new Response(null, { status: 204, headers: { allow, ...corsHeaders(here) } })
          : problem('method_not_allowed', `Use one of: ${allow}.`, { headers: { allow } }),
      ),
    )
  }
  app.notFound((c) =>
    finished(c.req.raw, problem('not_found', 'There is no such route. See /openapi.json.')),
  )
  app.onError((error, c) => {
    log({ at: 'step.crashed', step: 'http', error: String(error) })
    const answer = mayBeTriedAgain(error)
      ? unavailable(1000)
      : problem('internal_error', 'The error is logged. Nothing of it is told here.')
    return finished(c.req.raw, answer)
  })
  return app
}
