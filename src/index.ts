import { createApp } from './http/app.ts'
import type { Pointer } from './ledger/protocol.ts'
import { consume } from './pipeline/consume.ts'
import { servicesOf } from './env.ts'

export { Ledger } from './ledger/ledger.ts'

const app = createApp(servicesOf)

export default {
  fetch: (request, env, ctx) => app.fetch(request, env, ctx),
  queue: (batch, env, ctx) => consume(servicesOf(env, ctx), batch),
} satisfies ExportedHandler<Env, Pointer>
