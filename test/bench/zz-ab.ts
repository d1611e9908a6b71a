import { startChild } from './child.ts'
import { openAccount, wire, wirePaused } from './account.ts'
import { pushesTo } from './echo.ts'
import { flood } from './load.ts'
import { reset, until } from './receiver.ts'
import { median } from './statistics.ts'
const [mode = 'accept', rounds = '5', ...variants] = process.argv.slice(2)
const load = await startChild('load-process.ts')
const receiver = await startChild('receiver-process.ts')
const echo = await startChild('runtime-process.ts', 'echo-worker.ts')
const echoUrl = (await echo.ask<any>('at')).url
const to = await receiver.ask<string>('url')
const hosts = await Promise.all(
  variants.map(async (v) => ({
    v,
    c: await startChild('zz-host.ts', v),
    r: [] as number[],
    q: [] as number[],
  })),
)
const _e = async () =>
  (await flood(load, { url: echoUrl, posts: pushesTo(['/'], 'x'), connections: 32, seconds: 1.5 }))
    .rps
for (let r = -1; r < Number(rounds); r++)
  for (const h of hosts) {
    const at: any = await h.c.ask('at')
    const acc = await openAccount(at)
    const { path, secret } =
      mode === 'accept'
        ? await wirePaused(acc, to)
        : await wire(
            acc,
            to + (mode === 'lane' ? '/slow' : '/x'),
            mode === 'lane' ? { connection: { order: {} } } : {},
          )
    const posts = pushesTo([path], secret)
    await reset(receiver)
    let rate = 0
    let cpu = 0
    if (mode === 'accept') {
      await flood(load, { url: at.url, posts, connections: 32, seconds: 0.5 })
      const c0 = await h.c.ask<number>('cpuMs')
      const n = 2500
      rate = (await flood(load, { url: at.url, posts, connections: 32, amount: n })).rps
      cpu = (((await h.c.ask<number>('cpuMs')) - c0) / n) * 1000
    } else {
      const n = mode === 'lane' ? 200 : 2000
      await reset(receiver)
      const c0 = await h.c.ask<number>('cpuMs')
      const { startedUs } = await flood(load, {
        url: at.url,
        posts,
        connections: mode === 'lane' ? 8 : 32,
        amount: n,
      })
      const t = await until(receiver, n)
      cpu = (((await h.c.ask<number>('cpuMs')) - c0) / n) * 1000
      rate = n / ((t.lastUs - (mode === 'lane' ? t.firstUs : startedUs)) / 1e6)
    }
    if (r >= 0) {
      h.r.push(rate)
      h.q.push(cpu)
    }
  }
for (const h of hosts)
  console.log(
    h.v.padEnd(30),
    'rps',
    median(h.r).toFixed(0),
    'cpu us/ev',
    median(h.q).toFixed(0),
    'least',
    Math.min(...h.q).toFixed(0),
    ' |',
    h.q.map((x) => x.toFixed(0)).join(' '),
  )
await Promise.all([load, receiver, echo, ...hosts.map((h) => h.c)].map((c) => c.stop()))
