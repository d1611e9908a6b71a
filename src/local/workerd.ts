import { type ChildProcess, spawn } from 'node:child_process'
import { subscribe } from 'node:diagnostics_channel'

/**
 * Lets no workerd outlive this process. Miniflare ends it on every exit that can be seen from inside, but after
 * `kill -9` of this process alone it would keep serving the port. A shell waits on a pipe of which this process
 * holds the other end: whatever closes that end, the shell wakes and kills workerd.
 */
export function bindWorkerdToThisProcess(): void {
  subscribe('child_process', (message) => {
    const child = childOf(message)
    child?.once('spawn', () => {
      if (!/workerd(\.exe)?$/.test(child.spawnfile)) return
      const guard = spawn('/bin/sh', ['-c', `read -r _; kill -9 ${child.pid}`], {
        stdio: ['pipe', 'ignore', 'ignore'],
      })
      // No shell on this system: then there is no guard, and the next start says that the port is taken.
      guard.on('error', () => {})
      child.once('exit', () => guard.kill('SIGKILL'))
      guard.unref()
    })
  })
}

/** https://nodejs.org/api/diagnostics_channel.html#event-child_process */
function childOf(message: unknown): ChildProcess | undefined {
  if (typeof message !== 'object' || message === null || !('process' in message)) return undefined
  // The channel publishes nothing else under this name.
  return message.process as ChildProcess
}
