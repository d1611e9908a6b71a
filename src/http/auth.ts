import type { Principal } from '../config/config.ts'
import { err, ok, type Result } from '../model/result.ts'
import type { Role } from '../model/tenant.ts'
import type { Services } from '../pipeline/bound-services.ts'
import { tenantLedger } from '../pipeline/shards.ts'
import { notFound, problem } from './problem.ts'
import type { Access, Acting, Call, Poster, Route } from './route.ts'

/** What each role may do, as the access that routes ask for. */
const may: Record<Role, readonly Access[]> = {
  owner: ['owner', 'operator', 'viewer', 'publisher'],
  operator: ['operator', 'viewer', 'publisher'],
  viewer: ['viewer'],
  publisher: ['publisher'],
}

const tenantHeader = 'switchyard-tenant'

/** 401, in the same words for every key that is not one. */
export const unauthorized = (): Response =>
  problem('unauthorized', 'Send a valid key as “Authorization: Bearer <key>”.', {
    headers: { 'www-authenticate': 'Bearer' },
  })

const forbidden = (needed: Access): Response =>
  problem(
    'forbidden',
    needed === 'instance'
      ? 'Only the instance’s key may do this.'
      : `This takes a key with the role “${needed}” or more.`,
  )

const bearerOf = (headers: Headers): string | null =>
  /^bearer +(\S+) *$/i.exec(headers.get('authorization') ?? '')?.[1] ?? null

/** The tenant that the request is about, where the caller is the instance; the caller's own, else. */
function tenantIdOf(
  principal: Principal,
  headers: Headers,
  inPath: string | null,
): Result<string, Response> {
  const named = inPath ?? headers.get(tenantHeader)
  if (principal.kind === 'instance') {
    if (named !== null) return ok(named)
    const detail = 'The instance’s key acts in a tenant: name it in the header Switchyard-Tenant.'
    return err(problem('tenant_required', detail))
  }
  if (named !== null && named !== principal.tenantId) return err(notFound('tenant'))
  return ok(principal.tenantId)
}

/** Who calls, of those that the route lets in; or the 401, 403, 400 or 404 that the caller gets. */
export async function guard(
  services: Services,
  { access, tenantInPath }: Pick<Route, 'access' | 'tenantInPath'>,
  headers: Headers,
  params: Record<string, string>,
): Promise<Result<Call['as'], Response>> {
  if (access === 'public') return ok(null)
  const bearer = bearerOf(headers)
  if (bearer === null) return err(unauthorized())
  if (access === 'publisher') return guardPoster(services, bearer, headers)
  const principal = await services.configuration.authenticate(bearer)
  if (principal === null) return err(unauthorized())
  if (principal.kind === 'tenant' && !may[principal.role].includes(access)) {
    return err(forbidden(access))
  }
  if (access === 'instance') return ok(null)
  const tenantId = tenantIdOf(principal, headers, tenantInPath ? (params['id'] ?? null) : null)
  if (!tenantId.ok) return tenantId
  return actingIn(services, tenantId.value, principal.kind === 'instance')
}

async function actingIn(
  services: Services,
  tenantId: string,
  byInstance: boolean,
): Promise<Result<Acting, Response>> {
  const tenant = await services.configuration.tenants.get(tenantId)
  if (tenant === null) return err(notFound('tenant'))
  const config = services.configuration.of(tenant.id)
  return ok({ tenant, config, ledger: tenantLedger(services, tenant), byInstance })
}

/**
 * Posting events reads no database: the key is looked up in the tenant's compiled configuration. That may be
 * older than a revocation, so `post` looks again when the ledger knows of a newer one.
 */
async function guardPoster(
  services: Services,
  bearer: string,
  headers: Headers,
): Promise<Result<Poster, Response>> {
  const { configuration } = services
  const known = await principalInSnapshot(services, bearer)
  const principal = known ?? (await configuration.authenticate(bearer))
  if (principal === null) return err(unauthorized())
  if (principal.kind === 'tenant' && !may[principal.role].includes('publisher')) {
    return err(forbidden('publisher'))
  }
  const tenantId = tenantIdOf(principal, headers, null)
  if (!tenantId.ok) return tenantId
  if (principal.kind === 'tenant') {
    return ok({ tenantId: tenantId.value, keyHash: configuration.hashOfKey(bearer) })
  }
  if ((await services.snapshots.get(tenantId.value)) === null) return err(notFound('tenant'))
  return ok({ tenantId: tenantId.value, keyHash: null })
}

async function principalInSnapshot(
  { configuration, snapshots, now }: Services,
  bearer: string,
): Promise<Principal | null> {
  const tenantId = configuration.tenantOfKey(bearer)
  if (tenantId === null) return null
  const snapshot = await snapshots.get(tenantId)
  const key = snapshot?.keys.get(configuration.hashOfKey(bearer))
  if (key === undefined || (key.expires_at !== null && key.expires_at <= now())) return null
  return { kind: 'tenant', tenantId, role: key.role }
}
