import * as z from 'zod'
import { defineDestination } from './destination.ts'

/** Takes everything and keeps nothing: to try routes with, and to measure the router alone. */
export const sink = defineDestination({
  title: 'Sink',
  description: 'Takes every event and keeps nothing. Nothing leaves Switchyard.',
  config: z.strictObject({}),
  secrets: [],
  signing: () => null,
  rateLimit: null,
  addresses: () => [],
  mapping: [],
  steps: ['Connect it, and read in the deliveries what would have been sent.'],
  deliver: () =>
    Promise.resolve({
      outcome: { kind: 'delivered' },
      duration_ms: 0,
      status: 204,
      request_headers: {},
    }),
})
