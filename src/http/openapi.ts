import type * as z from 'zod'
import { Problem, problemAnswers } from './openapi-problems.ts'
import { isRecord, named, type Schema, schemaOf } from './openapi-schema.ts'
import { problems } from './problem.ts'
import { type Access, type Answer, type Route, writes } from './route.ts'
import { version } from './version.ts'

function answerOf({ description, schema, contentType = 'application/json' }: Answer): unknown {
  if (schema !== undefined) {
    return { description, content: { [contentType]: { schema: schemaOf(schema, 'output') } } }
  }
  return contentType === 'application/json'
    ? { description }
    : { description, content: { [contentType]: {} } }
}

function queryParameters(query: z.ZodType): unknown[] {
  const { properties, required } = schemaOf(query, 'input')
  const needed = Array.isArray(required) ? required : []
  return Object.entries(isRecord(properties) ? properties : {}).map(([name, schema]) => ({
    name,
    in: 'query',
    required: needed.includes(name),
    schema,
  }))
}

const parameterRefs = {
  tenant: { $ref: '#/components/parameters/Tenant' },
  idempotencyKey: { $ref: '#/components/parameters/IdempotencyKey' },
}

const inTenant = ({ access, tenantInPath }: Route): boolean =>
  access !== 'public' && access !== 'instance' && tenantInPath !== true

function parametersOf(route: Route): unknown[] {
  const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
  return [
    ...inPath,
    ...(route.query === undefined ? [] : queryParameters(route.query)),
    ...(inTenant(route) ? [parameterRefs.tenant] : []),
    ...(writes(route) ? [parameterRefs.idempotencyKey] : []),
  ]
}

function examplesOf({ examples }: Route): Schema {
  if (examples === undefined) return {}
  return { examples: Object.fromEntries(examples.map((example) => [example.summary, example])) }
}

function requestBodyOf(route: Route): Schema {
  const { body, alsoReads = {} } = route
  if (body === undefined) return {}
  const others = Object.entries(alsoReads).map(([contentType, schema]) => [
    contentType,
    { schema: schemaOf(schema, 'input') },
  ])
  const own = { schema: schemaOf(body, 'input'), ...examplesOf(route) }
  const required = !body.safeParse({}).success
  return {
    requestBody: { required, content: { 'application/json': own, ...Object.fromEntries(others) } },
  }
}

const who: Record<Access, string> = {
  public: 'For everyone, without a key.',
  instance: 'For the instance’s key.',
  owner: 'For owners.',
  operator: 'For operators and owners.',
  publisher: 'For publishers, operators and owners.',
  viewer: 'For viewers, operators and owners.',
}

function operationOf(route: Route, method: string): unknown {
  const { access, summary, description, tag, path, answers } = route
  return {
    operationId: `${method}${path.replaceAll(/\W+(\w)/g, (_, next: string) => next.toUpperCase()).replaceAll(/\W/g, '')}`,
    tags: [tag],
    summary,
    description: [description, who[access]].filter((text) => text !== undefined).join('\n\n'),
    'x-switchyard-access': access,
    security: access === 'public' ? [] : [{ key: [] }],
    parameters: parametersOf(route),
    ...requestBodyOf(route),
    responses: {
      ...Object.fromEntries(
        Object.entries(answers).map(([status, answer]) => [status, answerOf(answer)]),
      ),
      ...problemAnswers(route),
    },
  }
}

/** OpenAPI has no word for "any method": those by which providers come, then. */
const methodsOf = ({ method }: Route): string[] =>
  method === 'ANY' ? ['get', 'post', 'put'] : [method.toLowerCase()]

function pathsOf(routes: readonly Route[]): Record<string, Schema> {
  const paths: Record<string, Schema> = {}
  for (const route of routes) {
    const here = (paths[route.path] ??= {})
    for (const method of methodsOf(route)) here[method] = operationOf(route, method)
  }
  return paths
}

const components = () => ({
  securitySchemes: {
    key: { type: 'http', scheme: 'bearer', description: 'An API key, or the instance’s key.' },
  },
  parameters: {
    Tenant: {
      name: 'Switchyard-Tenant',
      in: 'header',
      description: 'The tenant in which the instance’s key acts. A tenant’s own key needs none.',
      schema: { type: 'string', examples: ['ten_…'] },
    },
    IdempotencyKey: {
      name: 'Idempotency-Key',
      in: 'header',
      description:
        'The same key and body again get the first answer again, with `Idempotent-Replayed: true`.',
      schema: { type: 'string', pattern: '^[\\x21-\\x7e]{1,255}$' },
    },
  },
  schemas: { Problem: schemaOf(Problem, 'output'), ...named },
})

let made: { routes: readonly Route[]; document: Schema } | null = null

/** The OpenAPI 3.1 document of these routes, made from the schemas that check their requests. Made once. */
export function openApi(routes: readonly Route[]): Schema {
  if (made?.routes !== routes) made = { routes, document: documentOf(routes) }
  return made.document
}

const documentOf = (routes: readonly Route[]): Schema => ({
  openapi: '3.1.0',
  info: {
    title: 'Switchyard',
    version,
    license: { name: 'MIT', identifier: 'MIT' },
    description:
      'A webhook router that runs at the edge: verifies, stores, routes and delivers every event, or says why not.',
  },
  servers: [{ url: '/' }],
  tags: [...new Set(routes.map(({ tag }) => tag))].map((name) => ({ name })),
  'x-switchyard-problems': Object.fromEntries(
    Object.entries(problems).map(([code, [status, title]]) => [code, { status, title }]),
  ),
  paths: pathsOf(routes),
  components: components(),
})
