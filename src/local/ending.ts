const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const

/** The end of this process, from its first moment on: the first signal ends it cleanly, the second at once. */
export class Ending {
  #stop: () => Promise<void> = () => Promise.resolve()
  #asked = false
  readonly #end = (): void => {
    if (this.#asked) process.exit(130)
    this.#asked = true
    this.#stop().then(
      () => process.exit(0),
      () => process.exit(1),
    )
  }

  constructor() {
    for (const signal of SIGNALS) process.on(signal, this.#end)
    if (process.env['npm_lifecycle_event'] === 'start') this.#endWithShell()
  }

  /** npm sends a signal to the shell that it runs a script in, and that shell ends without passing it on. */
  #endWithShell(): void {
    const shell = process.ppid
    const watch = setInterval(() => {
      if (process.ppid === shell) return
      clearInterval(watch)
      if (!this.#asked) this.#end()
    }, 200)
    watch.unref()
  }

  get asked(): boolean {
    return this.#asked
  }

  /**
   * From now on `stop` is the clean end. Miniflare brings handlers that would end this process before it, and with
   * another code: they are taken off. Ours stays on throughout, or a signal on its way to it would be lost.
   */
  by(stop: () => Promise<void>): void {
    this.#stop = stop
    for (const signal of SIGNALS)
      for (const other of process.listeners(signal))
        if (other !== this.#end) process.removeListener(signal, other)
  }
}
