import { expect, it } from 'vitest'
import { maskedHeaders } from '../../src/pipeline/masked-headers.ts'

it.each([
  ['authorization', 'Basic dXNlcjpwYXNz', '••••'],
  ['authorization', 'Bearer sesam', '••••'],
  ['authorization', 'Bearer  0123456789ab', '••••89ab'],
  ['x-proof', '0123456789ab', '••••89ab'],
  ['x-other', 'Bearer sesam', 'Bearer sesam'],
])('keeps %s: %j as %j', (name, value, kept) => {
  expect(maskedHeaders(new Headers({ [name]: value }), ['x-proof'])).toEqual({ [name]: kept })
})
