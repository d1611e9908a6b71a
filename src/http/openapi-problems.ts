import * as z from 'zod'
import { type ProblemCode, problems, problemType } from './problem.ts'
import { type Route, writes } from './route.ts'

/** The body of every answer that is not what was asked for. */
export const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.enum(Object.keys(problems)),
  detail: z.string(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
})

const problemContent = { [problemType]: { schema: { $ref: '#/components/schemas/Problem' } } }

/** What can go wrong on a route for what it is, beside what its own line says. */
function problemsOf(route: Route): ProblemCode[] {
  const { access, path, query, reads = 'json' } = route
  const guarded = access !== 'public'
  const inTenant = guarded && access !== 'instance' && route.tenantInPath !== true
  const takesBody = writes(route) && reads !== 'stream'
  return [
    ...(guarded ? (['unauthorized', 'forbidden'] as const) : []),
    ...(inTenant ? (['tenant_required', 'not_found'] as const) : []),
    ...(guarded && path.includes('{') ? (['not_found'] as const) : []),
    ...(takesBody ? (['malformed_json', 'payload_too_large', 'validation_failed'] as const) : []),
    ...(query === undefined ? [] : (['validation_failed', 'invalid_cursor'] as const)),
    ...(takesBody && route.idempotency !== 'own'
      ? (['idempotency_conflict', 'idempotency_in_progress'] as const)
      : []),
    ...(route.problems ?? []),
    'internal_error',
  ]
}

/** Those answers of a route, by status. */
export function problemAnswers(route: Route): Record<number, unknown> {
  const codes = Map.groupBy(new Set(problemsOf(route)), (code) => problems[code][0])
  return Object.fromEntries(
    [...codes].map(([status, here]) => [
      status,
      { description: here.map((code) => `\`${code}\``).join(', '), content: problemContent },
    ]),
  )
}
