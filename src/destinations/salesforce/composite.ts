import { isJsonObject } from '../../model/json.ts'
import type { Json, JsonObject } from '../../model/json.ts'
import { err, ok } from '../../model/result.ts'
import type { Result } from '../../model/result.ts'
import type { Message, Stopped } from '../destination.ts'
import { mappedAt, mappingInvalid } from '../mapping/fields.ts'
import type { SalesforceConfig } from './config.ts'
import { leadOf, taskOf } from './records.ts'
import type { Sobject } from './sobject.ts'
import { bodyOf, externalIdIs, isExternalId, methodOf, pathOf } from './sobject.ts'

/** https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_composite.htm */
const mostRecords = 25

const apiName = /^[A-Za-z]\w{0,79}$/

function recordOf(value: Json, at: number): Result<Sobject, Stopped> {
  const wrong = (path: string, problem: string) =>
    err(mappingInvalid(`records[${at}]${path}`, problem))
  if (!isJsonObject(value)) return wrong('', 'must be an object')
  const { object, fields = {}, external_id_field, external_id, ref = `record_${at + 1}` } = value
  if (typeof object !== 'string' || !apiName.test(object)) {
    return wrong('.object', 'must be the API name of an object')
  }
  if (!isJsonObject(fields)) return wrong('.fields', 'must be an object')
  if (typeof ref !== 'string' || !apiName.test(ref)) {
    return wrong('.ref', 'must be letters, digits and _')
  }
  const made = { type: object, fields, ifNew: {}, ref }
  if (external_id_field === undefined || external_id_field === null) {
    return ok({ ...made, external: null })
  }
  if (typeof external_id_field !== 'string' || !apiName.test(external_id_field)) {
    return wrong('.external_id_field', 'must be the API name of a field')
  }
  const id = typeof external_id === 'number' ? String(external_id) : external_id
  return typeof id === 'string' && isExternalId(id)
    ? ok({ ...made, external: { field: external_id_field, value: id } })
    : wrong('.external_id', externalIdIs)
}

/** The mapping's records; without one, the lead and a task of it. */
export function recordsOf(message: Message, config: SalesforceConfig): Result<Sobject[], Stopped> {
  const mapped = mappedAt(message, 'records')
  if (mapped === undefined) {
    const lead = leadOf(message, config)
    // What `fields` and `description` say, they say of the lead.
    const { fields: _fields, description: _description, ...rest } = message.mapped
    const task = taskOf({ ...message, mapped: rest })
    if (!lead.ok) return lead
    if (!task.ok) return task
    return ok([
      lead.value,
      { ...task.value, fields: { WhoId: '@{lead.id}', ...task.value.fields } },
    ])
  }
  if (!Array.isArray(mapped) || mapped.length === 0 || mapped.length > mostRecords) {
    return err(mappingInvalid('records', `must be a list of 1 to ${mostRecords} records`))
  }
  const records: Sobject[] = []
  for (const [i, value] of mapped.entries()) {
    const record = recordOf(value, i)
    if (!record.ok) return record
    if (records.some(({ ref }) => ref === record.value.ref)) {
      return err(mappingInvalid(`records[${i}].ref`, 'is there twice'))
    }
    records.push(record.value)
  }
  return ok(records)
}

/** All or none: what is half done could not be tried again without doing the other half twice. */
export const compositeOf = (
  records: readonly Sobject[],
  version: string,
  isNew: boolean,
): JsonObject => ({
  allOrNone: true,
  compositeRequest: records.map((record) => ({
    method: methodOf(record),
    url: `/services/data/${version}${pathOf(record)}`,
    referenceId: record.ref,
    body: bodyOf(record, isNew),
  })),
})
