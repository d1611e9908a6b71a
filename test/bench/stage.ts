import { startRouter, type Router } from '../support/router.ts'
import { type Child, startChild } from './child.ts'

/** The processes of one benchmark, each started when a case first asks for it. */
export interface Stage {
  /** Where all load comes from. */
  load(): Promise<Child>
  receiver(): Promise<Child>
  receiverUrl(): Promise<string>
  /** `npm start`'s own program, with state of its own under each name. */
  router(name?: string): Promise<Router>
  /**
   * A Worker of this folder on the same runtime, behind Miniflare's own front. `direct`: on a socket of its own. `whole`: on one
   * too, and with the production bindings.
   */
  runtime(program: string, kind?: 'direct' | 'whole'): Promise<Runtime>
  /** What holds for the whole benchmark, made once. */
  once<T>(name: string, make: () => Promise<T>): Promise<T>
  end(): Promise<void>
}

export interface Runtime {
  child: Child
  url: string
  /** Miniflare's own front, which leads to the same Worker. */
  front: string
  adminKey: string
}

export function newStage(): Stage {
  const made = new Map<string, Promise<unknown>>()
  const ends: (() => Promise<unknown>)[] = []

  const once = <T>(name: string, make: () => Promise<T>): Promise<T> => {
    const known = made.get(name) as Promise<T> | undefined // Made under this name by the same call.
    if (known !== undefined) return known
    const making = make()
    made.set(name, making)
    return making
  }
  const child = (program: string, ...args: string[]) =>
    once([program, ...args].join(' '), async () => {
      const started = await startChild(program, ...args)
      ends.push(() => started.stop())
      return started
    })

  return {
    once,
    load: () => child('load-process.ts'),
    receiver: () => child('receiver-process.ts'),
    receiverUrl: async () => (await child('receiver-process.ts')).ask<string>('url'),
    router: (name = 'router') =>
      once(name, async () => {
        const router = await startRouter()
        ends.push(() => router.close())
        return router
      }),
    async runtime(program, kind) {
      const runtime = await child('runtime-process.ts', program, ...(kind ? [kind] : []))
      const at = await runtime.ask<Omit<Runtime, 'child'>>('at')
      return { child: runtime, ...at }
    },
    async end() {
      await Promise.allSettled(ends.splice(0).map((stop) => stop()))
    },
  }
}
