import type { Page } from '../model/page.ts'

/** Conditions and what they bind, collected for one query. */
export class Where {
  readonly conditions: string[] = []
  readonly bindings: SqlStorageValue[] = []

  add(condition: string, ...bindings: SqlStorageValue[]): void {
    this.conditions.push(condition)
    this.bindings.push(...bindings)
  }

  /** Adds the condition where there is something to bind. */
  given(condition: string, value: string | number | null): void {
    if (value !== null) this.add(condition, value)
  }

  get text(): string {
    return this.conditions.length === 0 ? '1' : this.conditions.join(' AND ')
  }
}

/** A page from what one row more than the page was asked for. */
export function pageOf<T extends { id: string }>(found: T[], limit: number): Page<T> {
  const data = found.slice(0, limit)
  return { data, next_cursor: found.length > limit ? (data.at(-1)?.id ?? null) : null }
}
