import type { Services } from '../pipeline/bound-services.ts'

/** How many events a second the tenant may send, for the answer that says that it is too many. */
export const ingestLimitOf = async (
  { snapshots }: Services,
  tenantId: string,
): Promise<number | null> => (await snapshots.get(tenantId))?.tenant.limits.ingest_per_s ?? null
