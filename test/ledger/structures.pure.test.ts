import { describe, expect, it } from 'vitest'
import { Heap } from '../../src/ledger/heap.ts'
import { Lane } from '../../src/ledger/lane.ts'
import { before, newDelivery, type OpenDelivery } from '../../src/ledger/open-delivery.ts'
import { Timers } from '../../src/ledger/timers.ts'
import {
  deliveryIdOf,
  eventIdOf,
  eventIdOfDelivery,
  firstSeqOf,
  nextSeq,
  placeOfDelivery,
  placeOfEvent,
  timeOfSeq,
} from '../../src/model/event-id.ts'

const delivery = (seq: number, rest: Partial<OpenDelivery> = {}): OpenDelivery => ({
  ...newDelivery({
    seq,
    index: 0,
    id: `dlv_${seq}`,
    eventId: `evt_${seq}`,
    connectionId: 'con_1',
    destinationId: 'dst_1',
    priority: 'normal',
    lane: 'con_1:a',
    sequence: seq,
  }),
  ...rest,
})

const shuffled = (count: number): number[] =>
  Array.from({ length: count }, (_, i) => (i * 7919 + 13) % count)

describe('a heap', () => {
  it.each([0, 1, 2, 3, 10, 1000])('gives %i things back in order', (count) => {
    const heap = new Heap<number>((a, b) => a < b)
    for (const item of shuffled(count)) heap.push(item)
    expect(heap.size).toBe(count)
    const popped = Array.from({ length: count }, () => heap.pop())
    expect(popped).toEqual(Array.from({ length: count }, (_, i) => i))
    expect([heap.peek(), heap.pop()]).toEqual([undefined, undefined])
  })

  it('keeps its order while things come and go', () => {
    const heap = new Heap<number>((a, b) => a < b)
    const kept: number[] = []
    for (const item of shuffled(500)) {
      heap.push(item)
      kept.push(item)
      if (item % 3 !== 0) continue
      const least = Math.min(...kept)
      expect(heap.pop()).toBe(least)
      kept.splice(kept.indexOf(least), 1)
    }
  })
})

describe('deliveries', () => {
  it('go by priority, then by age, then by their number in the event', () => {
    const all = [
      delivery(1, { priority: 'low' }),
      delivery(2),
      delivery(3, { priority: 'high', index: 1 }),
      delivery(3, { priority: 'high' }),
      delivery(1, { index: 5 }),
    ]
    const sorted = [...all].sort((a, b) => (before(a, b) ? -1 : 1))
    expect(sorted.map(({ seq, index }) => [seq, index])).toEqual([
      [3, 0],
      [3, 1],
      [1, 5],
      [2, 0],
      [1, 0],
    ])
  })
})

describe('a lane', () => {
  it('moves on when its head leaves, past those that left before', () => {
    const lane = new Lane()
    const [a, b, c, d] = [1, 2, 3, 4].map((seq) => delivery(seq))
    for (const one of [a, b, c, d]) lane.append(one!)
    expect(lane.remove(c!)).toBeNull()
    expect(lane.remove(b!)).toBeNull()
    expect(lane.head).toBe(a)
    expect(lane.remove(a!)).toBe(d)
    expect(lane.remove(d!)).toBeNull()
    expect(lane.isEmpty).toBe(true)
  })

  it('forgets those that have left, however many', () => {
    const lane = new Lane()
    const all = Array.from({ length: 1000 }, (_, i) => delivery(i))
    for (const one of all) lane.append(one)
    for (const [i, one] of all.entries()) expect(lane.remove(one)).toBe(all[i + 1] ?? null)
    lane.append(all[0]!)
    expect(lane.head).toBe(all[0])
  })

  it.each([0, 1, 2])('gives a replay the place of number %i', (at) => {
    const lane = new Lane()
    const all = [1, 2, 3].map((seq) => delivery(seq))
    const replay = delivery(9)
    for (const one of all) lane.append(one)
    lane.replace(all[at]!, replay)
    all[at] = replay
    for (const one of all) {
      expect(lane.head).toBe(one)
      lane.remove(one)
    }
    expect(lane.isEmpty).toBe(true)
  })
})

describe('timers', () => {
  it('run what is due and alive, in order', () => {
    const timers = new Timers()
    const ran: string[] = []
    timers.set(
      30,
      () => true,
      () => ran.push('c'),
    )
    timers.set(
      10,
      () => false,
      () => ran.push('dead'),
    )
    timers.set(
      20,
      () => true,
      () => ran.push('b'),
    )
    expect(timers.next()).toBe(20)
    timers.run(25)
    expect([ran, timers.next()]).toEqual([['b'], 30])
  })

  it('run what becomes due while they run, and come to an end', () => {
    const timers = new Timers()
    const ran: number[] = []
    const again = (at: number) =>
      timers.set(
        at,
        () => true,
        (now) => {
          ran.push(at)
          if (at < now) again(at + 1)
        },
      )
    again(1)
    timers.run(3)
    expect([ran, timers.next()]).toEqual([[1, 2, 3], null])
  })

  it('are due at whole milliseconds, as the alarm is', () => {
    const timers = new Timers()
    timers.set(
      10.2,
      () => true,
      () => {},
    )
    expect(timers.next()).toBe(11)
  })
})

describe("an event's place", () => {
  const random = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8])

  it('grows with each event, and with the clock where that has moved on', () => {
    const first = nextSeq(0, 5)
    expect(timeOfSeq(first)).toBe(5)
    expect(nextSeq(first, 5)).toBe(first + 1)
    expect(nextSeq(first, 4)).toBe(first + 1)
    expect(nextSeq(first, 6)).toBe(firstSeqOf(6))
    expect(timeOfSeq(firstSeqOf(6) - 1)).toBe(5)
  })

  it.each([
    [0, 0, 0],
    [1, 63, 1023],
    [firstSeqOf(1_795_288_252_787) + 1023, 31, 32],
    [firstSeqOf(8_000_000_000_000), 1, 33],
  ])('comes back from its ids (%i, %i, %i)', (seq, shard, index) => {
    const event = eventIdOf({ seq, shard }, random)
    const id = deliveryIdOf(event, index)
    expect(placeOfEvent(event)).toEqual({ seq, shard })
    expect(placeOfDelivery(id)).toEqual({ seq, shard, index })
    expect(eventIdOfDelivery(id)).toBe(event)
  })

  it('sorts as its ids do', () => {
    const places = shuffled(200).map((i) => ({
      seq: firstSeqOf(1_795_288_252_787) + i * 37,
      shard: i % 3,
    }))
    const byId = [...places].sort((a, b) => (eventIdOf(a, random) < eventIdOf(b, random) ? -1 : 1))
    expect(byId).toEqual([...places].sort((a, b) => a.seq - b.seq || a.shard - b.shard))
  })

  it.each([
    '',
    'evt_',
    'dlv_',
    'evt_1m7zr8qyb0600kqynf0axu',
    'evt_1m7zr8qyb0600kqynf0a',
    'src_1m7zr8qyb0600kqynf0ax',
  ])('is not in %j', (id) => {
    expect([placeOfEvent(id), placeOfDelivery(id)]).toEqual([null, null])
  })
})
