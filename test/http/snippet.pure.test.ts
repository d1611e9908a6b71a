import { createContext, runInContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { snippetFor } from '../../src/http/resources/integrations/snippet.ts'

interface Beacon {
  url: string
  body: { events: { type: string; id: string; data: Record<string, unknown> }[] }
}

interface Page {
  /** What the page did before the script was there. */
  before?: unknown[]
  consent?: string
  cookie?: string
  privacyControl?: boolean
  stored?: string
  /** The beacon takes nothing, as when it is too large. */
  full?: boolean
}

/** A browser, as far as the snippet looks at it. */
function open({ before, consent, cookie = '', privacyControl, stored, full = false }: Page = {}) {
  const sent: Beacon[] = []
  const fetched: string[] = []
  const timers: (() => void)[] = []
  const listeners = new Map<string, () => void>()
  const storage = new Map(stored === undefined ? [] : [['switchyard.consent', stored]])
  const bodies: Promise<void>[] = []
  const window = {
    navigator: {
      userAgent: 'UA',
      language: 'en',
      globalPrivacyControl: privacyControl,
      sendBeacon(url: string, blob: { text: string; type: string }) {
        if (full) return false
        expect(blob.type).toBe('text/plain')
        sent.push({ url, body: JSON.parse(blob.text) })
        return true
      },
    },
    localStorage: {
      getItem: (key: string) => storage.get(key) ?? null,
      setItem: (key: string, value: unknown) => storage.set(key, String(value)),
    },
    location: { href: 'https://shop.example.com/a?b=1#secret' },
    crypto: { randomUUID: () => 'uuid-1' },
    addEventListener: (name: string, act: () => void) => listeners.set(name, act),
    fetch: (_url: string, { body }: { body: string }) => {
      fetched.push(body)
      return Promise.resolve()
    },
    ...(before === undefined ? {} : { switchyard: before }),
  }
  const document = {
    currentScript: { getAttribute: () => consent ?? null },
    cookie,
    title: 'Shop',
    referrer: '',
    visibilityState: 'visible',
    addEventListener: (name: string, act: () => void) => listeners.set(name, act),
  }
  class Blob {
    text: string
    type: string
    constructor([text = '']: string[], { type }: { type: string }) {
      this.text = text
      this.type = type
    }
  }
  const setTimeout = (act: () => void) => timers.push(act)
  const globals = { window, document, Blob, setTimeout, clearTimeout: () => undefined }
  runInContext(snippetFor('https://s.example.com/collect?key=k'), createContext(globals))
  // The snippet has put its own there.
  const api = Reflect.get(window, 'switchyard') as unknown as {
    track(type: string, data?: object, options?: object): string
    consent(yes: boolean): void
    push(asked: unknown[]): void
  }
  return {
    api,
    sent,
    fetched,
    storage,
    listeners,
    bodies,
    tick: () => timers.splice(0).forEach((act) => act()),
  }
}

describe('the snippet', () => {
  it('is less than 3 KB', () => {
    const key = `sk_${'0'.repeat(26)}_${'0'.repeat(32)}`
    const url = `https://switchyard.example.com/api/integrations/analytics/collect?key=${key}`
    expect(Buffer.byteLength(snippetFor(url))).toBeLessThan(3000)
  })

  it('sends nothing and reads no cookie before consent, and then what it has kept', () => {
    const page = open({ cookie: '_ga=GA1.1.123.456; _fbp=fb.1.2.3' })
    expect(page.api.track('page.viewed', { plan: 'pro' })).toBe('uuid-1')
    page.tick()
    expect(page.sent).toEqual([])
    page.api.consent(true)
    expect(page.sent).toHaveLength(1)
    expect(page.sent[0]?.url).toBe('https://s.example.com/collect?key=k')
    expect(page.sent[0]?.body.events[0]).toMatchObject({
      type: 'page.viewed',
      id: 'uuid-1',
      data: {
        plan: 'pro',
        event_id: 'uuid-1',
        client_id: '123.456',
        context: {
          url: 'https://shop.example.com/a?b=1',
          user_agent: 'UA',
          fbp: 'fb.1.2.3',
          title: 'Shop',
        },
      },
    })
    expect(page.storage.get('switchyard.consent')).toBe('1')
  })

  it('forgets what it has kept where consent is refused, then and at the next visit', () => {
    const page = open()
    page.api.track('a')
    page.api.consent(false)
    page.api.track('b')
    page.tick()
    expect(page.sent).toEqual([])
    const next = open({ consent: 'granted', stored: '-1' })
    next.api.track('c')
    next.tick()
    expect(next.sent).toEqual([])
  })

  it('takes Global Privacy Control for a no, whatever the script says', () => {
    const page = open({ consent: 'granted', privacyControl: true })
    page.api.track('a')
    page.tick()
    expect(page.sent).toEqual([])
  })

  it('gathers events for a moment, sends them as the page goes, and keeps the page’s own id', () => {
    const page = open({ consent: 'granted' })
    expect(page.api.track('a', {}, { event_id: 'own' })).toBe('own')
    page.api.track('b')
    expect(page.sent).toEqual([])
    page.listeners.get('pagehide')?.()
    expect(page.sent).toHaveLength(1)
    expect(page.sent[0]?.body.events.map(({ id }) => id)).toEqual(['own', 'uuid-1'])
    page.tick()
    expect(page.sent).toHaveLength(1)
  })

  it('does what was asked of it before it was there, and fetches where no beacon flies', () => {
    const page = open({
      before: [
        ['consent', true],
        ['track', 'early', { n: 1 }],
      ],
      full: true,
    })
    page.tick()
    expect(page.fetched.map((body) => JSON.parse(body).events[0].type)).toEqual(['early'])
  })

  it('takes the same words after it was there, for it may come before the page’s own script', () => {
    const page = open({ consent: 'granted' })
    page.api.push(['track', 'late', { n: 1 }])
    page.tick()
    expect(page.sent[0]?.body.events[0]).toMatchObject({ type: 'late', data: { n: 1 } })
  })

  it('sends also where a cookie is not what it should be', () => {
    const page = open({ consent: 'granted', cookie: '_fbp=%E0%A4%A; _ga=%' })
    page.api.track('a')
    page.tick()
    expect(page.sent[0]?.body.events[0]?.type).toBe('a')
  })

  it('cannot be left by what stands in its URL', () => {
    expect(snippetFor('https://x/?key="</script><script>')).not.toContain('</script>')
  })
})
