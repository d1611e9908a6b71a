import type * as z from 'zod'
import type { TenantConfig, Tenant } from '../config/config.ts'
import type { Role } from '../model/tenant.ts'
import type { Services } from '../pipeline/bound-services.ts'
import type { TenantLedger } from '../pipeline/shards.ts'
import type { ProblemCode } from './problem.ts'

/**
 * Who may call a route: the instance's key, or a tenant's with at least this role. The instance's key may do
 * all that an owner may, in the tenant that it names.
 */
export type Access = 'public' | 'instance' | Role

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE' | 'ANY'

/** The tenant in which a request acts, and the only way to what is the tenant's. */
export interface Acting {
  tenant: Tenant
  config: TenantConfig
  ledger: TenantLedger
  /** Whether it is the instance's key that acts. */
  byInstance: boolean
}

/** Who posts events. The key's hash is checked again where the configuration turns out to be old. */
export interface Poster {
  tenantId: string
  keyHash: string | null
}

type ActorOf<A extends Access> = A extends 'public' | 'instance'
  ? null
  : A extends 'publisher'
    ? Poster
    : Acting

type ParamsOf<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? { [K in Name]: string } & ParamsOf<Rest>
  : unknown

/** What a handler is given: everything is checked, nothing is the framework's. */
export interface Call<
  A extends Access = Access,
  Params = unknown,
  Query = unknown,
  Body = unknown,
> {
  services: Services
  request: Request
  url: URL
  params: Params
  query: Query
  body: Body
  /** The body as it came; empty where the route takes none. */
  bytes: Uint8Array
  as: ActorOf<A>
}

export interface Example {
  summary: string
  value: unknown
}

/** One possible answer, for the description. */
export interface Answer {
  description: string
  schema?: z.ZodType
  contentType?: string
}

/** Everything about one route: what registers it, guards it, checks its input and describes it. */
export interface Route {
  method: Method
  /** As in OpenAPI: `/api/v1/events/{id}`. */
  path: string
  access: Access
  /** Where the tenant's id stands in the path, instead of the `Switchyard-Tenant` header. */
  tenantInPath?: boolean
  tag: string
  summary: string
  description?: string
  query?: z.ZodType
  body?: z.ZodType
  /** `raw`: the handler reads the bytes itself (and `body` only describes them). `stream`: the whole request. */
  reads?: 'json' | 'raw' | 'stream'
  examples?: readonly Example[]
  /** Content types other than JSON in which a `raw` body may come. */
  alsoReads?: Readonly<Record<string, z.ZodType>>
  /** `own`: the handler gives `Idempotency-Key` its meaning. */
  idempotency?: 'own'
  answers: Readonly<Record<number, Answer>>
  /** Whether pages of any origin may call it: it is for browsers. */
  cors?: boolean
  /** What can go wrong here beside what can go wrong on every such route. */
  problems?: readonly ProblemCode[]
  handle(call: Call): Promise<Response> | Response
}

type Definition<
  P extends string,
  A extends Access,
  Q extends z.ZodType,
  B extends z.ZodType,
> = Omit<Route, 'path' | 'access' | 'query' | 'body' | 'handle'> & {
  path: P
  access: A
  query?: Q
  body?: B
  handle(call: Call<A, ParamsOf<P>, z.output<Q>, z.output<B>>): Promise<Response> | Response
}

/** A route whose handler knows the types of its parameters, query, body and caller. */
export const route = <
  const P extends string,
  const A extends Access,
  Q extends z.ZodType = z.ZodType<Record<string, never>>,
  B extends z.ZodType = z.ZodType<Record<string, never>>,
>(
  definition: Definition<P, A, Q, B>,
): Route => definition

/** Whether answering twice could do twice. */
export const writes = ({ method }: Pick<Route, 'method'>): boolean =>
  method === 'POST' || method === 'PATCH' || method === 'DELETE'

/** An answer in JSON. */
export const json = (value: unknown, status = 200): Response => Response.json(value, { status })

export const noContent = (): Response => new Response(null, { status: 204 })
