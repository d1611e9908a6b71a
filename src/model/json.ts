/** What `JSON.parse` can answer. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

export type JsonObject = { [key: string]: Json }

export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })

/** Reads UTF-8 JSON from bytes; `undefined` where the bytes are not that. The bytes stay as they are. */
export function parseJson(bytes: Uint8Array): Json | undefined {
  try {
    return JSON.parse(decoder.decode(bytes)) as Json // `JSON.parse` answers nothing but Json.
  } catch {
    return undefined
  }
}

export type JsonPath = readonly (string | number)[]

/** What stands at `path`, own members only; `undefined` where there is nothing. */
export function valueAt(json: Json | undefined, path: JsonPath): Json | undefined {
  let value = json
  for (const step of path) {
    if (typeof step === 'number' && Array.isArray(value)) value = value[step]
    else if (isJsonObject(value) && Object.hasOwn(value, step)) value = value[step]
    else return undefined
  }
  return value
}
