import { nowUs } from './clock.ts'
import type { Sequence } from './load.ts'
import { ask } from './post.ts'

export async function sequence({ url, count, ...asked }: Sequence): Promise<number[]> {
  const tookMs: number[] = []
  for (let i = 0; i < count; i++) {
    const startedUs = nowUs()
    await ask(url, asked)
    tookMs.push((nowUs() - startedUs) / 1000)
  }
  return tookMs
}
