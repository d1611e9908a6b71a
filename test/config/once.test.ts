import { describe, expect, it } from 'vitest'
import type { StoredAnswer } from '../../src/config/config.ts'
import { aConfiguration, aTenant, masterKey } from './a-configuration.ts'

const created: StoredAnswer = { status: 201, body: '{"id":1}', contentType: 'application/json' }

function counted(answer: StoredAnswer = created) {
  const runs = { count: 0, execute: async () => (runs.count++, answer) }
  return runs
}

describe('once', () => {
  it('runs one of twenty that come at the same time, and gives its answer to all', async () => {
    const { configuration, id } = await aTenant()
    let runs = 0
    const execute = async () => ({ ...created, body: `run ${++runs}` })
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, () => configuration.once(id, 'key', 'same', execute)),
    )
    expect(runs).toBe(1)
    expect(new Set(outcomes.map((outcome) => JSON.stringify(outcome)))).toEqual(
      new Set([JSON.stringify({ kind: 'answer', answer: { ...created, body: 'run 1' } })]),
    )
  })

  it('answers a repeat with the first answer, for a day', async () => {
    const { configuration, id, clock } = await aTenant()
    const first = counted()
    const start = clock.now
    await configuration.once(id, 'key', 'same', first.execute)
    const second = counted({ ...created, body: 'second' })
    clock.now = start + 86_400_000 - 1000
    const repeated = await configuration.once(id, 'key', 'same', second.execute)
    expect(repeated).toEqual({ kind: 'answer', answer: created })
    clock.now = start + 86_400_000 + 1000
    const later = await configuration.once(id, 'key', 'same', second.execute)
    expect(later).toMatchObject({ answer: { body: 'second' } })
    expect([first.count, second.count]).toEqual([1, 1])
  })

  it('is a conflict with another fingerprint, before and after the answer', async () => {
    const { configuration, id } = await aTenant()
    const during: unknown[] = []
    await configuration.once(id, 'key', 'one', async () => {
      during.push(await configuration.once(id, 'key', 'two', counted().execute))
      return created
    })
    const after = await configuration.once(id, 'key', 'two', counted().execute)
    expect([...during, after]).toEqual([{ kind: 'conflict' }, { kind: 'conflict' }])
  })

  it('keeps keys of different scopes apart', async () => {
    const { configuration, id } = await aTenant()
    const other = await aTenant()
    const all = counted()
    await configuration.once(id, 'key', 'one', all.execute)
    await configuration.once(other.id, 'key', 'two', all.execute)
    expect(all.count).toBe(2)
  })

  it.each([500, 503])('does not keep an answer of %i', async (status) => {
    const { configuration, id } = await aTenant()
    await configuration.once(id, 'key', 'f', counted({ ...created, status }).execute)
    const again = counted()
    await configuration.once(id, 'key', 'f', again.execute)
    expect(again.count).toBe(1)
  })

  it('keeps refusals', async () => {
    const { configuration, id } = await aTenant()
    const refusal = { ...created, status: 422 }
    await configuration.once(id, 'key', 'f', counted(refusal).execute)
    const again = await configuration.once(id, 'key', 'f', counted().execute)
    expect(again).toEqual({ kind: 'answer', answer: refusal })
  })

  it('lets the next one run when the first throws', async () => {
    const { configuration, id } = await aTenant()
    const broken = configuration.once(id, 'key', 'f', () => Promise.reject(new Error('broken')))
    await expect(broken).rejects.toThrow('broken')
    const again = counted()
    await configuration.once(id, 'key', 'f', again.execute)
    expect(again.count).toBe(1)
  })

  it('waits ten seconds for an answer, then says that it is busy', async () => {
    const waits: number[] = []
    const { configuration, id, clock } = await aTenant(
      {},
      {
        wait: async (ms) => {
          waits.push(ms)
          clock.now += ms
        },
      },
    )
    const late = counted()
    await configuration.once(id, 'key', 'f', async () => {
      expect(await configuration.once(id, 'key', 'f', late.execute)).toEqual({ kind: 'busy' })
      return created
    })
    const waited = waits.reduce((sum, ms) => sum + ms, 0)
    expect(waited).toBeGreaterThan(9000)
    expect(waited).toBeLessThan(11_000)
    expect(late.count).toBe(0)
  })

  it('takes over from a request that died a minute ago, whose late answer is not heard', async () => {
    const { configuration, id, clock } = await aTenant()
    const second = counted({ ...created, body: 'second' })
    await configuration.once(id, 'key', 'f', async () => {
      clock.now += 60_001
      const conflict = await configuration.once(id, 'key', 'other', second.execute)
      expect(conflict).toEqual({ kind: 'conflict' })
      await configuration.once(id, 'key', 'f', second.execute)
      return created
    })
    expect(second.count).toBe(1)
    const repeated = await configuration.once(id, 'key', 'f', counted().execute)
    expect(repeated).toMatchObject({ answer: { body: 'second' } })
  })

  it('recognizes a request after the master key was rotated', async () => {
    const { configuration, id } = await aTenant()
    await configuration.once(id, 'key', 'f', counted().execute)
    const rotated = aConfiguration({ masterKey: `another-master-key,${masterKey}` })
    const again = await rotated.configuration.once(id, 'key', 'f', counted().execute)
    expect(again).toEqual({ kind: 'answer', answer: created })
  })
})
