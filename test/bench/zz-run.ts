import { startChild } from './child.ts'
import { openAccount, wire, wirePaused } from './account.ts'
import { pushesTo } from './echo.ts'
import { flood } from './load.ts'
import { reset, until } from './receiver.ts'
const p = await startChild('zz-profile.ts', '9339')
const load = await startChild('load-process.ts')
const receiver = await startChild('receiver-process.ts')
const at: any = await p.ask('at')
const to = await receiver.ask<string>('url')
for (const kind of ['accept', 'drain']) {
  const { path, secret } =
    kind === 'accept'
      ? await wirePaused(await openAccount(at), to)
      : await wire(await openAccount(at), to)
  const posts = pushesTo([path], secret)
  await flood(load, { url: at.url, posts, connections: 32, seconds: 2 })
  if (kind === 'drain') await new Promise((r) => setTimeout(r, 3000))
  await p.ask('start')
  const n = kind === 'accept' ? 5000 : 3000
  await reset(receiver)
  const t = performance.now()
  const f = await flood(load, { url: at.url, posts, connections: 32, amount: n })
  if (kind === 'drain') await until(receiver, n)
  console.log(kind, n, Math.round(performance.now() - t), 'ms', f.rps)
  await p.ask('stop', `/tmp/prof/${kind}.cpuprofile`)
}
await Promise.all([p, load, receiver].map((c) => c.stop()))
