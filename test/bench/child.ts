/** Programs of their own, each in its own process group, that answer questions over Node's IPC channel. */
import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'

export interface Child {
  /** Resolves to what the child's answer of that name resolves to, within `timeoutMs`. */
  ask<T>(name: string, question?: unknown, timeoutMs?: number): Promise<T>
  stop(): Promise<void>
}

interface Reply {
  id: number
  value?: unknown
  error?: string
}

/** The reply to no question: the program serves. */
const isReady = 0

const running = new Set<ChildProcess>()

/** Starts `program` of this folder and waits until it serves. */
export async function startChild(program: string, ...args: string[]): Promise<Child> {
  const child = fork(join(import.meta.dirname, program), args, {
    detached: true,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  running.add(child)
  const waiting = new Map<number, (reply: Reply) => void>()
  const ended = Promise.withResolvers<void>()
  let last = 0
  child.on('message', (reply: Reply) => waiting.get(reply.id)?.(reply))
  child.once('exit', (code) => {
    running.delete(child)
    ended.resolve()
    const error = `${program} ended with code ${code}`
    for (const [id, answer] of waiting) answer({ id, error })
  })

  const reply = <T>(id: number, name: string, timeoutMs: number): Promise<T> => {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    const hear = (reply: Reply) => {
      clearTimeout(timer)
      waiting.delete(id)
      if (reply.error === undefined) resolve(reply.value as T) // What that answer returns.
      else reject(new Error(reply.error))
    }
    const late = () => hear({ id, error: `${program} did not ${name} within ${timeoutMs} ms` })
    const timer = setTimeout(late, timeoutMs)
    waiting.set(id, hear)
    return promise
  }
  const ask = <T>(name: string, question: unknown = null, timeoutMs = 60_000): Promise<T> => {
    const id = ++last
    child.send({ id, name, question })
    return reply<T>(id, name, timeoutMs)
  }

  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.disconnect()
    const hard = setTimeout(() => killGroup(child), 5000)
    await ended.promise
    clearTimeout(hard)
  }

  await reply(isReady, 'start', 60_000)
  return { ask, stop }
}

type Answers = Record<string, (question: never) => unknown>

/** Called by the program itself: answers its parent until that lets go of it, then runs `end` and exits. */
export function answerParent(answers: Answers, end: () => Promise<void> = async () => {}): void {
  const answer = async ({ id, name, question }: Question) => {
    try {
      process.send?.({ id, value: (await answers[name]?.(question as never)) ?? null })
    } catch (error) {
      process.send?.({ id, error: `${name}: ${String(error)}` })
    }
  }
  process.on('message', (question: Question) => void answer(question))
  process.send?.({ id: isReady })
  process.once('disconnect', () => void end().finally(() => process.exit(0)))
}

interface Question {
  id: number
  name: string
  question: unknown
}

function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // It ended by itself just now.
  }
}

// A benchmark that is interrupted leaves nothing running.
process.once('exit', () => {
  for (const child of running) killGroup(child)
})
