import { expect, it } from 'vitest'
import type { DestinationRecord, TenantConfig } from '../../src/config/config.ts'
import { unknownFields } from '../../src/http/resources/connection-errors.ts'

const of = (type: string | null): Pick<TenantConfig['destinations'], 'get'> => ({
  // Nothing but its type is asked for.
  get: () => Promise.resolve(type === null ? null : ({ type } as DestinationRecord)),
})

const unknown = (type: string | null, mapping: Record<string, string>) =>
  unknownFields(of(type), 'dst_1', { mapping })

it('finds the fields that the destination’s type does not have', async () => {
  expect(await unknown('queue', { data: '1', title: '2', subject: '3' })).toEqual([
    { path: 'config.mapping.title', message: 'queue has no such field; it has data, message' },
    { path: 'config.mapping.subject', message: 'queue has no such field; it has data, message' },
  ])
  expect(await unknown('sink', { data: '1' })).toEqual([
    { path: 'config.mapping.data', message: 'sink has no such field; it has none' },
  ])
})

it('finds nothing where there is nothing to find', async () => {
  expect(await unknown('slack', { title: '1', blocks: '2' })).toEqual([])
  expect(await unknown('sink', {})).toEqual([])
  expect(await unknown(null, { title: '1' })).toEqual([])
})
