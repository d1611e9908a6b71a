import { setTimeout as pause } from 'node:timers/promises'
import { nowUs } from './clock.ts'
import { signedPush } from './github.ts'
import type { Pace, Paced } from './load.ts'
import { ask } from './post.ts'

export async function pace({ url, secret, perSecond, seconds }: Pace): Promise<Paced> {
  const total = Math.round(perSecond * seconds)
  const answeredMs: number[] = []
  const open: Promise<void>[] = []
  const startedUs = nowUs()
  while (open.length < total) {
    const due = Math.min(total, Math.ceil(((nowUs() - startedUs) / 1e6) * perSecond))
    while (open.length < due) open.push(one(url, secret, answeredMs))
    await pause(1)
  }
  await Promise.all(open)
  return { count: total, answeredMs }
}

async function one(url: string, secret: string, answeredMs: number[]): Promise<void> {
  const sentUs = nowUs()
  await ask(url, { method: 'POST', ...signedPush(secret, { sentUs }) })
  answeredMs.push((nowUs() - sentUs) / 1000)
}
