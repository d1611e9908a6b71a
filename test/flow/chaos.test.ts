import { expect, it } from 'vitest'
import { account, type Arrival } from '../chaos/account.ts'
import { runChaos } from '../chaos/run.ts'

it('loses nothing and keeps each key in order while it is killed three times', async () => {
  const result = await runChaos({ events: 150, kills: 3, seed: 1 })
  expect(result).toMatchObject({ accepted: 150, kills: 3, violations: [] })
})

const accepted = new Map([['k', ['evt_1', 'evt_2', 'evt_3']]])
const kills = [{ from: 5000, until: 5100 }]
const arrival = (n: number, at: number, status = 200): Arrival => {
  return { id: `evt_${n}`, key: 'k', n, sequence: String(n), at, answered: at + 10, status }
}

it.each([
  ['nothing where all arrived in order', [1, 2, 3], []],
  ['nothing where a kill met the first attempt', [1, 2, 2, 3], [], 5000],
  ['an event that was lost', [1, 2], ['k 3: lost']],
  [
    'a repeat that no kill explains',
    [1, 1, 2, 3],
    ['k 1: sent again although no kill interrupted it'],
  ],
  ['an overtaking', [1, 3, 2], ['k 3: arrived before 2 was delivered', 'k 2: arrived after 3']],
])('the account names %s', (_case, order, violations, start = 0) => {
  const arrivals = order.map((n, i) => arrival(n, start + i * 20))
  expect(account(accepted, arrivals, kills).violations).toEqual(violations)
})

it('the account takes an attempt that failed for no delivery', () => {
  const arrivals = [arrival(1, 0, 500), arrival(1, 1000), arrival(2, 1020), arrival(3, 1040, 500)]
  expect(account(accepted, arrivals, kills)).toMatchObject({
    duplicates: 0,
    violations: ['k 3: lost'],
  })
})
