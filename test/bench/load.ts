/** What the load process can be asked for, as the cases see it. */
import type { Child } from './child.ts'

export interface Post {
  method: 'POST'
  path: string
  headers: Record<string, string>
  body: string
}

/** As fast as the answers come, over `connections`; ends after `seconds` or after `amount` posts. */
export interface Flood {
  url: string
  /** Each connection goes round them, beginning at another one. `[<id>]` in them is replaced by a new id each time. */
  posts: Post[]
  connections: number
  seconds?: number
  amount?: number
}

export interface Flooded {
  /** Answers of 2xx a second. */
  rps: number
  count: number
  startedUs: number
}

/**
 * Evenly, whatever the answers do: a slow answer delays no later post. A secret of GitHub's signs each post as it leaves,
 * with the time in its body.
 */
export interface Pace {
  url: string
  secret: string
  perSecond: number
  seconds: number
}

export interface Paced {
  count: number
  /** From the post to its answer. */
  answeredMs: number[]
}

/** One after the other over one connection. */
export interface Sequence {
  url: string
  method: 'GET' | 'POST'
  headers: Record<string, string>
  body?: string
  count: number
}

const limitMs = (seconds: number) => seconds * 1000 + 60_000

export const flood = (load: Child, question: Flood): Promise<Flooded> =>
  load.ask('flood', question, limitMs(question.seconds ?? 120))

export const pace = (load: Child, question: Pace): Promise<Paced> =>
  load.ask('pace', question, limitMs(question.seconds))

/** Answers how long each took, in ms. */
export const sequence = (load: Child, question: Sequence): Promise<number[]> =>
  load.ask('sequence', question, 180_000)
