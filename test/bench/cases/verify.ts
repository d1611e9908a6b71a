import type { Case, Readings } from '../case.ts'
import { nowUs } from '../clock.ts'

/** So many checks that they take a few tenths of a second. */
const sizes = [
  { name: '64b', bytes: 64, rounds: { noble: 32_000, webcrypto: 32_000 } },
  { name: '256b', bytes: 256, rounds: { noble: 16_000, webcrypto: 16_000 } },
  { name: '1kb', bytes: 1024, rounds: { noble: 8000, webcrypto: 16_000 } },
  { name: '100kb', bytes: 102_400, rounds: { noble: 80, webcrypto: 1600 } },
  { name: '1mb', bytes: 1_048_576, rounds: { noble: 8, webcrypto: 160 } },
]

export const verify: Case = {
  name: 'verify',
  keys: ['verify_us'],
  note: 'microseconds for one check of a GitHub signature inside workerd, timed from outside over many; Web Crypto has the key, as it has from the second check on',
  when: 'once',
  async run(stage) {
    const { url } = await stage.runtime('verify-worker.ts')
    const check = async (by: string, bytes: number, rounds: number) => {
      const startedUs = nowUs()
      const body = JSON.stringify({ by, bytes, rounds })
      const genuine = await (await fetch(url, { method: 'POST', body })).json<number>()
      if (genuine !== rounds) throw new Error(`${genuine} of ${rounds} were genuine`)
      return nowUs() - startedUs
    }
    const readings: Readings = {}
    for (const { name, bytes, rounds: each } of sizes) {
      for (const [by, rounds] of Object.entries(each)) {
        await check(by, bytes, rounds)
        const tookUs: number[] = []
        for (let time = 0; time < 5; time++) {
          // What is not the checks themselves is the same with few as with many.
          const few = await check(by, bytes, rounds / 4)
          const many = await check(by, bytes, rounds + rounds / 4)
          tookUs.push((many - few) / rounds)
        }
        readings[`verify_us.${by}_${name}`] = tookUs
      }
    }
    return readings
  },
}
