import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { wordsFor } from '../../src/destinations/mapping/words.ts'
import { catalogue, describeCatalogue, sampleOf } from '../../src/model/catalogue.ts'

const ajv = new Ajv2020({ strict: false, validateFormats: false })

describe.each(describeCatalogue())('$type', ({ type, sample, data_schema }) => {
  it('has a sample that its own schema takes, as ajv reads it too', () => {
    expect(catalogue[type as keyof typeof catalogue].data.safeParse(sample).success).toBe(true)
    expect(ajv.validate(data_schema as object, sample)).toBe(true)
  })

  it('is said in words of its own, not as any event is', () => {
    const { title, fields } = wordsFor({ type, source: null }, sample)
    expect(title).toMatch(/Ada|session/i)
    expect(fields.length).toBeGreaterThan(0)
  })
})

it('has no sample for what it does not know, and none from an object’s own ancestors', () => {
  expect(sampleOf('order.paid')).toBeUndefined()
  expect(sampleOf('constructor')).toBeUndefined()
})
