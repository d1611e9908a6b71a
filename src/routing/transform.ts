import type { EventView } from '../model/event.ts'
import { type Result, err, ok } from '../model/result.ts'
import { maxResultBytes } from './budget.ts'
import type { Expression } from './expression.ts'

const encoder = new TextEncoder()

/** The new body, as JSON in UTF-8. A result of nothing is an error; `null` is a body like others. */
export async function transform(
  expression: Expression,
  view: EventView,
): Promise<Result<Uint8Array, string>> {
  const result = await expression.evaluate(view)
  if (!result.ok) return result
  if (result.value === undefined) return err('The transform yielded nothing')
  const body = encoder.encode(JSON.stringify(result.value))
  if (body.length > maxResultBytes) {
    return err(`The result is larger than ${maxResultBytes} bytes`)
  }
  return ok(body)
}
