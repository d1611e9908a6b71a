import { randomBytes } from 'node:crypto'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The key kept in the state folder under `name`; made on the first call, readable by its owner only. */
export function keptKey(stateDir: string, name: string): { key: string; made: boolean } {
  const path = join(stateDir, name)
  const kept = readOrNull(path)?.trim()
  if (kept) return { key: kept, made: false }
  const key = randomBytes(32).toString('base64')
  writeFileSync(path, `${key}\n`, { mode: 0o600 })
  return { key, made: true }
}

/**
 * Takes the state folder for this process until it exits: two runtimes on one set of SQLite files would
 * each believe to be alone. Answers who has it already. A lock left by a process that was killed is taken over.
 */
export function lockState(stateDir: string): { ok: true } | { ok: false; pid: number } {
  const path = join(stateDir, 'lock')
  const mine = `${process.pid} ${bornAt(process.pid)}\n`
  for (;;) {
    try {
      writeFileSync(path, mine, { flag: 'wx' })
      process.once('exit', () => {
        if (readOrNull(path) === mine) rmSync(path, { force: true })
      })
      return { ok: true }
    } catch (error) {
      if (!isCode(error, 'EEXIST')) throw error
      const [pid = 0, born = ''] = (readOrNull(path) ?? '').trim().split(' ')
      if (isRunning(Number(pid), born)) return { ok: false, pid: Number(pid) }
      rmSync(path, { force: true })
    }
  }
}

/** A process id is used again, above all in containers; the same id born at another time is another process. */
function isRunning(pid: number, born: string): boolean {
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    return isCode(error, 'EPERM')
  }
  return born === '' || bornAt(pid) === born
}

/** The 22nd field of Linux's /proc/pid/stat (counted after the name, which may hold spaces); elsewhere ''. */
function bornAt(pid: number): string {
  const stat = readOrNull(`/proc/${pid}/stat`)
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}

export const isCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code
