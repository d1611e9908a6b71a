import type * as z from 'zod'
import type { FieldError } from './problem.ts'

type Issue = z.core.$ZodIssue
type Step = PropertyKey

const plain = /^[A-Za-z_$][\w$-]*$/

/** `['events', 3, 'type']` as `events[3].type`. */
export function pathText(steps: readonly Step[]): string {
  let text = ''
  for (const step of steps) {
    if (typeof step === 'number') text += `[${step}]`
    else if (plain.test(String(step))) text += text === '' ? String(step) : `.${String(step)}`
    else text += `[${JSON.stringify(String(step))}]`
  }
  return text
}

function messageOf(issue: Issue): string {
  if (issue.code !== 'invalid_type' || !issue.message.endsWith('received undefined')) {
    return issue.message
  }
  return issue.expected === 'nonoptional' ? 'required' : `required: ${issue.expected}`
}

/** Of a union's branches, the one that the caller most likely meant: the least is wrong with it. */
function nearest(branches: readonly (readonly Issue[])[]): readonly Issue[] {
  const weight = (issues: readonly Issue[]): number =>
    issues.reduce(
      (sum, issue) => sum + (issue.code === 'unrecognized_keys' ? issue.keys.length : 1),
      0,
    )
  return [...branches].sort((a, b) => weight(a) - weight(b))[0] ?? []
}

/** Zod's issues as the API tells them: each unknown key at its own path, unions as their nearest branch. */
export function fieldErrors(issues: readonly Issue[], under: readonly Step[] = []): FieldError[] {
  return issues.flatMap((issue): FieldError[] => {
    const at = [...under, ...issue.path]
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({ path: pathText([...at, key]), message: 'unknown field' }))
    }
    if (issue.code === 'invalid_union' && issue.errors.length > 0) {
      return fieldErrors(nearest(issue.errors), at)
    }
    return [{ path: pathText(at), message: messageOf(issue) }]
  })
}

/** The same errors, found in something that stands at `under` (`config`) in the request. */
export const errorsUnder = (under: string, errors: readonly FieldError[]): FieldError[] =>
  errors.map(({ path, message }) => ({
    path: path === '' ? under : path.startsWith('[') ? under + path : `${under}.${path}`,
    message,
  }))
