import type { SQL } from 'drizzle-orm'
import { and, eq, isNotNull, ne, sql } from 'drizzle-orm'
import type { Order } from '../model/connection.ts'
import { newId } from '../model/ids.ts'
import { err, ok } from '../model/result.ts'
import type { ConnectionRecord, ConnectionRefusal, TenantConfig } from './config.ts'
import { pageOf, pageQuery } from './paging.ts'
import { existsIn, insertRow, mine, removeRow, rounds, updateRow, withChange } from './rows.ts'
import { connections, destinations, sources, tenants } from './schema.ts'
import type { Store } from './store.ts'

type Row = typeof connections.$inferSelect
type Checked = Pick<Row, 'id' | 'tenant_id' | 'source_id' | 'destination_id' | 'order'>

const limit = 500

export function connectionOf(row: Row): ConnectionRecord {
  const { tenant_id: _tenant, revision: _revision, name, ...record } = row
  return { ...record, ...(name !== null && { name }) }
}

const always = sql`1`

const sourceThere = ({ tenant_id, source_id }: Checked): SQL =>
  source_id === null ? always : existsIn(sources, mine(sources, tenant_id, source_id))

const destinationThere = ({ tenant_id, destination_id }: Checked): SQL =>
  existsIn(destinations, mine(destinations, tenant_id, destination_id))

/** An event lives in one shard, which its order key chose: two keys could ask for two. */
function orderKeyFits({ id, tenant_id, order }: Checked): SQL {
  if (order === null) return always
  const sharded = and(eq(tenants.id, tenant_id), sql`${tenants.shards} > 1`)
  const another = and(
    eq(connections.tenant_id, tenant_id),
    ne(connections.id, id),
    isNotNull(connections.order),
    sql`json_extract(${connections.order}, '$.key') is not ${keyOf(order)}`,
  )
  return sql`not (${existsIn(tenants, sharded)} and ${existsIn(connections, another)})`
}

const keyOf = (order: Order): string | null => order.key ?? null

const allFit = (row: Checked): SQL | undefined =>
  and(sourceThere(row), destinationThere(row), orderKeyFits(row))

async function refusalOf({ db }: Store, row: Checked): Promise<ConnectionRefusal | null> {
  const [fits] = await db.all<{ source: number; destination: number; order_key: number }>(
    sql`select ${sourceThere(row)} as source, ${destinationThere(row)} as destination, ${orderKeyFits(row)} as order_key`,
  )
  if (fits?.source === 0) return 'unknown_source'
  if (fits?.destination === 0) return 'unknown_destination'
  return fits?.order_key === 0 ? 'order_key_conflict' : null
}

export function connectionRecords(store: Store, tenantId: string): TenantConfig['connections'] {
  const { db } = store

  const read = (id: string): Promise<Row | undefined> =>
    db
      .select()
      .from(connections)
      .where(mine(connections, tenantId, id))
      .get()

  return {
    async create({ name, ...connection }) {
      const now = store.now()
      const row: Row = {
        ...connection,
        name: name ?? null,
        id: newId('connection', now, store.random(16)),
        tenant_id: tenantId,
        revision: 1,
        created_at: now,
        updated_at: now,
      }
      for (let round = 0; round < rounds; round++) {
        const inserted = await insertRow(store, connections, row, limit, allFit(row))
        if (inserted.ok) return ok(connectionOf(row))
        if (inserted.error !== 'refused') return err(inserted.error)
        const refused = await refusalOf(store, row)
        if (refused !== null) return err(refused)
        // What it lacked is there by now.
      }
      throw new Error(`What a connection needs came and went ${rounds} times`)
    },
    async update(id, change) {
      const updated = await updateRow(store, connections, tenantId, {
        read: () => read(id),
        next: async (row) => ok(withChange(row, change)),
        write: (row, where) =>
          db
            .update(connections)
            .set(row)
            .where(and(where, allFit(row))),
        refusal: (row) => refusalOf(store, row),
      })
      return updated.ok ? ok(connectionOf(updated.value)) : updated
    },
    async list(request) {
      const { where, orderBy, limit: most } = pageQuery(connections, request)
      const own = and(eq(connections.tenant_id, tenantId), where)
      const rows = await db.select().from(connections).where(own).orderBy(orderBy).limit(most)
      return pageOf(rows.map(connectionOf), request)
    },
    async get(id) {
      const row = await read(id)
      return row === undefined ? null : connectionOf(row)
    },
    remove: (id) => removeRow(store, connections, tenantId, id),
  }
}
