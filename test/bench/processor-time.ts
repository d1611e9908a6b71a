import { readFileSync } from 'node:fs'

/**
 * The processor time so far, in ms, of the workerd that process `pid` has started, with all its threads; `null` where the system
 * does not say (it needs Linux's /proc).
 */
export function runtimeCpuMs(pid: number | undefined): number | null {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    for (const child of children.trim().split(' ')) {
      const stat = readFileSync(`/proc/${child}/stat`, 'utf8')
      if (!stat.includes('(workerd)')) continue
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      // utime and stime, in hundredths of a second: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
      return (Number(fields[11]) + Number(fields[12])) * 10
    }
  } catch {
    // Not Linux.
  }
  return null
}

/** Runs `work`, which says how much it has done, and answers the runtime's processor time for each of it, in µs. */
export async function cpuUsOf<T extends { count: number }>(
  cpuMs: () => number | null | Promise<number | null>,
  work: () => Promise<T>,
): Promise<T & { cpuUs: number | null }> {
  const before = await cpuMs()
  const done = await work()
  const after = await cpuMs()
  const known = before !== null && after !== null
  return { ...done, cpuUs: known ? ((after - before) * 1000) / done.count : null }
}
