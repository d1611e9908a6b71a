import { describe, expect, it } from 'vitest'
import { Alarm } from '../../src/ledger/alarm.ts'

const s = 1000
const day = 86_400 * s
/** When the retention of what is stored ends: nothing else is due. */
const retention = 30 * day
const lease = 35 * s

/** An event that is accepted at `at` and settled at once; where the alarm was set to, in ms after the accept. */
function event(alarm: Alarm, at: number): (number | null)[] {
  const moved = [alarm.move(at + lease, at), alarm.move(retention, at + 10)]
  return moved.map((to) => (to === null || to === retention ? to : to - at))
}

describe('the alarm', () => {
  it('of an event alone is at the end of its lease, and gone from there when it is settled', () => {
    const alarm = new Alarm(retention)
    expect(event(alarm, day)).toEqual([lease, retention])
    expect(event(alarm, day + 3600 * s)).toEqual([lease, retention])
  })

  it('is left to ring where events come more often than it would', () => {
    const alarm = new Alarm(retention)
    event(alarm, day)
    expect(event(alarm, day + 5 * s)).toEqual([lease, null])
    expect(event(alarm, day + 10 * s)).toEqual([null, null])
    alarm.rang()
    expect(alarm.move(retention, day + 40 * s)).toBe(retention)
  })

  it('is moved away once a hundred commits have paid for it', () => {
    const alarm = new Alarm(retention)
    const set = Array.from({ length: 500 }, (_, i) => event(alarm, day + i * 100)).flat()
    expect(set.filter((to) => to === retention)).toHaveLength(10)
    expect(set.filter((to) => to === lease)).toHaveLength(11)
  })

  it('is never behind what is due', () => {
    const alarm = new Alarm(null)
    expect(alarm.move(day, 0)).toBe(day)
    for (let at = 0; at < 300; at++) expect(alarm.move(day + at, at)).toBeNull()
    expect(alarm.move(day - 1, 300)).toBe(day - 1)
  })

  it('that rang, or is not known of, is set anew', () => {
    const alarm = new Alarm(day)
    alarm.rang()
    expect(alarm.move(2 * day, day)).toBe(2 * day)
    expect(alarm.move(null, day)).toBeNull()
  })
})
