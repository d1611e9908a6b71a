/** One page of a list, newest first unless asked otherwise. `next_cursor` is `null` at the end. */
export interface Page<T> {
  data: T[]
  next_cursor: string | null
}
