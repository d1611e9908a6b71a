export const deliveryStates = [
  'held',
  'sending',
  'waiting',
  'delivered',
  'dead',
  'canceled',
] as const

export type DeliveryState = (typeof deliveryStates)[number]

/** What may hold a delivery back. `queue`: all gates are open and it is on its way to a sender. */
export const gates = [
  'disabled',
  'paused',
  'circuit',
  'order',
  'rate',
  'concurrency',
  'queue',
] as const

export type Gate = (typeof gates)[number]
