import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Commits } from '../../src/ledger/commits.ts'
import { Traffic } from '../../src/ledger/traffic.ts'

beforeEach(() => vi.useFakeTimers({ now: 1_000_000 }))
afterEach(() => vi.useRealTimers())

const other = {}

/** A ledger's commits, with what each transaction wrote; `before`: calls that another ledger has just had. */
function ledger(before = 0) {
  const transactions: string[][] = []
  let undone = 0
  let open: string[] | null = null
  const traffic = new Traffic()
  for (let call = 0; call < before; call++) traffic.note(other, Date.now())
  const commits = new Commits({
    transaction(work) {
      open = []
      work()
      transactions.push(open)
    },
    undone: () => void (undone += 1),
    traffic,
    now: () => Date.now(),
  })
  const call = (name: string, patienceMs?: number) =>
    commits.commit(() => {
      if (name === 'bad') throw new Error(name)
      open?.push(name)
      return name
    }, patienceMs)
  return { call, transactions, undone: () => undone }
}

describe('a commit', () => {
  it('of a call that comes alone waits for nothing', async () => {
    const { call, transactions } = ledger()
    expect(await call('a')).toBe('a')
    expect(await call('b')).toBe('b')
    expect(transactions).toEqual([['a'], ['b']])
  })

  it('is shared by the calls of one turn', async () => {
    const { call, transactions } = ledger()
    expect(await Promise.all([call('a'), call('b')])).toEqual(['a', 'b'])
    expect(transactions).toEqual([['a', 'b']])
  })

  it('is shared by the calls of two milliseconds where they come thick, also for other ledgers', async () => {
    const { call, transactions } = ledger(4)
    const first = call('a')
    await vi.advanceTimersByTimeAsync(1)
    expect(transactions).toEqual([])
    const second = call('b')
    await vi.advanceTimersByTimeAsync(1)
    expect(await Promise.all([first, second])).toEqual(['a', 'b'])
    expect(transactions).toEqual([['a', 'b']])
  })

  it('is shared by the calls of a turn of the loop where they come thick for one ledger', async () => {
    const { call, transactions } = ledger()
    for (const name of ['a', 'b', 'c', 'd']) await call(name)
    const last = [call('e'), call('f')]
    await vi.advanceTimersByTimeAsync(0)
    expect(await Promise.all(last)).toEqual(['e', 'f'])
    expect(transactions.at(-1)).toEqual(['e', 'f'])
  })

  it('is made as soon as the least patient call asks, with all that wait', async () => {
    const { call, transactions } = ledger(4)
    const patient = call('a')
    const hasty = call('b', 0)
    await vi.advanceTimersByTimeAsync(0)
    expect(await Promise.all([patient, hasty])).toEqual(['a', 'b'])
    await vi.advanceTimersByTimeAsync(10)
    expect(transactions).toEqual([['a', 'b']])
  })

  it('is undone for the call that throws, and for no other', async () => {
    const { call, transactions, undone } = ledger()
    const answers = await Promise.allSettled([call('a'), call('bad'), call('b')])
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(transactions).toEqual([['a'], ['b']])
    expect(undone()).toBe(2)
  })
})

it('traffic is thick from the fifth call within four milliseconds, and shared while another ledger has some of it', () => {
  const traffic = new Traffic()
  const own = {}
  const calls = (...times: number[]) => times.map((at) => traffic.note(own, at))
  expect(calls(100, 101, 102, 103)).toEqual(['thin', 'thin', 'thin', 'thin'])
  expect(calls(104, 200, 201)).toEqual(['thick', 'thin', 'thin'])
  expect(traffic.note({}, 201)).toBe('thin')
  expect(calls(202, 202, 203, 203, 204)).toEqual(['thin', 'shared', 'shared', 'shared', 'thick'])
})
