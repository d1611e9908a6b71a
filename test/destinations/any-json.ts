import * as fc from 'fast-check'
import type { Json } from '../../src/model/json.ts'

/** Any JSON, in which these values and these members of objects are likely. */
export function anyJson(values: readonly Json[], members: string): fc.Arbitrary<Json> {
  const { json } = fc.letrec<{ json: Json }>((tie) => ({
    json: fc.oneof(
      { depthSize: 'small' },
      fc.string({ unit: 'binary' }),
      fc.double(),
      fc.boolean(),
      fc.constantFrom(...values),
      fc.array(tie('json'), { maxLength: 3 }),
      fc.dictionary(fc.oneof(fc.string(), fc.constantFrom(...members.split(' '))), tie('json'), {
        maxKeys: 6,
      }),
    ),
  }))
  return json
}
