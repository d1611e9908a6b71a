import { createApp } from './http/app.ts'
import type { Pointer } from './ledger/protocol.ts'
import { consume } from './pipeline/consume.ts'
import { servicesOf } from './env.ts'

export { Ledger } from './ledger/ledger.ts'

const app = createApp(servicesOf)

/** HTTP and nothing else: what a port is opened to, for whoever reaches a handler by RPC may call all that stands beside it. */
export const door = {
  fetch: (request, env, ctx) => app.fetch(request, env, ctx),
} satisfies ExportedHandler<Env>

export default {
  ...door,
  queue: (batch, env, ctx) => consume(servicesOf(env, ctx), batch),
} satisfies ExportedHandler<Env, Pointer>
