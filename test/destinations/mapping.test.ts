import { createRequire } from 'node:module'
import * as fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import type { Message } from '../../src/destinations/destination.ts'
import { cardOf } from '../../src/destinations/mapping/card.ts'
import type { Card } from '../../src/destinations/mapping/card.ts'
import { cut } from '../../src/destinations/mapping/cut.ts'
import { numberField, textField, urlField } from '../../src/destinations/mapping/fields.ts'
import { limited } from '../../src/destinations/mapping/limits.ts'
import type { Limit } from '../../src/destinations/mapping/limits.ts'
import { mrkdwn, withoutLinks } from '../../src/destinations/mapping/markup.ts'
import { wellFormed } from '../../src/destinations/mapping/well-formed.ts'
import { wordsFor } from '../../src/destinations/mapping/words.ts'
import type { Json } from '../../src/model/json.ts'
import { messageOf } from './fixtures.ts'
import { jiraEvents, linearEvents, productEvents, stripeEvents } from './inbound-events.ts'

interface Example {
  name: string
  examples: Record<string, Json>[]
}
/** The payloads that GitHub itself publishes. */
const githubEvents: Example[] = createRequire(import.meta.url)('@octokit/webhooks-examples')

const said = (type: string, data: Json | undefined): Card => wordsFor({ type, source: null }, data)

const carrying = (type: string, data: Json, mapped: Message['mapped'] = {}): Message =>
  messageOf({
    event: { ...messageOf().event, type },
    body: new TextEncoder().encode(JSON.stringify(data)),
    mapped,
  })

describe('cut', () => {
  it.each([
    ['', 1, ''],
    ['abc', 3, 'abc'],
    ['abcd', 3, 'ab…'],
    ['abcd', 1, '…'],
    ['👩‍👩‍👧‍👦👩‍👩‍👧‍👦', 12, '👩‍👩‍👧‍👦…'],
    ['👩‍👩‍👧‍👦👩‍👩‍👧‍👦', 11, '…'],
    ['e\u0301e\u0301', 3, 'e\u0301…'],
    ['🇩🇪🇫🇷', 5, '🇩🇪…'],
    ['a\r\nb', 3, 'a…'],
  ])('%j at %i is %j', (text, most, expected) => {
    expect(cut(text, most)).toBe(expected)
  })

  it('never exceeds its limit, and changes nothing that fits', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        fc.integer({ min: 1, max: 60 }),
        (text, most) => {
          const short = cut(text, most)
          expect(short.length).toBeLessThanOrEqual(most)
          if (text.length <= most) expect(short).toBe(text)
          else expect(text.startsWith(short.slice(0, -1))).toBe(true)
          expect(short.isWellFormed()).toBe(true)
        },
      ),
    )
  })

  it('looks only at what can fit', () => {
    const segment = vi.spyOn(Intl.Segmenter.prototype, 'segment')
    expect(cut('x'.repeat(10_000_000), 100)).toHaveLength(100)
    for (const [looked] of segment.mock.calls) expect(looked.length).toBeLessThan(200)
    expect(segment).toHaveBeenCalledOnce()
    segment.mockRestore()
  })
})

describe('markup', () => {
  it.each([
    [
      '<!channel> & <https://evil.example|here>',
      100,
      '&lt;!channel&gt; &amp; &lt;https://evil.example|here&gt;',
    ],
    ['a&', 5, 'a…'],
    ['a&b', 7, 'a&amp;b'],
    ['&&&&', 12, '&amp;&amp;…'],
    ['<<<', 4, '…'],
    ['&', 5, '&amp;'],
  ])('mrkdwn of %j within %i is %j', (text, most, expected) => {
    expect(mrkdwn(text, most)).toBe(expected)
  })

  it('leaves Slack nothing to interpret, and no half of an escape', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('&', '<', '>', 'a', ';', 'amp') }),
        fc.integer({ min: 5, max: 40 }),
        (text, most) => {
          const escaped = mrkdwn(text, most)
          expect(escaped.length).toBeLessThanOrEqual(most)
          expect(escaped.replaceAll(/&(?:amp|lt|gt);/g, '')).not.toMatch(/[&<>]/)
        },
      ),
    )
  })

  it('leaves Markdown no link whose words say something else', () => {
    expect(withoutLinks('see [your bank](https://evil.example)')).toBe(
      'see [your bank]\\(https://evil.example)',
    )
  })

  it('replaces halves of surrogates, however deep', () => {
    expect(wellFormed({ a: ['\ud800x', { b: 'x\udc00' }], n: 1, z: null })).toEqual({
      a: ['\ufffdx', { b: 'x\ufffd' }],
      n: 1,
      z: null,
    })
  })
})

describe('limits', () => {
  const limits: Limit[] = [
    { at: 'title', of: 'text', most: 5 },
    { at: 'link.url', of: 'exact', most: 5 },
    { at: 'fields', of: 'items', most: 2 },
    { at: 'fields.*.value', of: 'text', most: 3 },
  ]

  it('cuts texts in their places and leaves all else', () => {
    const value = {
      title: 'too long',
      link: { url: '12345' },
      fields: [{ value: 'abcd', x: 1 }],
      y: 2,
    }
    expect(limited(value, limits, 'it')).toEqual({
      ok: true,
      value: { title: 'too …', link: { url: '12345' }, fields: [{ value: 'ab…', x: 1 }], y: 2 },
    })
  })

  it.each([[{}], [{ title: null, link: null, fields: null }], [{ link: {}, fields: [] }]])(
    'asks for nothing that is not there: %j',
    (value) => {
      expect(limited(value, limits, 'it')).toEqual({ ok: true, value })
    },
  )

  it.each<[Json, string]>([
    [{ link: { url: '123456' } }, 'mapping.it.link.url: is longer than 5 characters'],
    [{ link: 'https://example.com' }, 'mapping.it.link: must be an object'],
    [{ title: 5 }, 'mapping.it.title: must be a text'],
    [{ fields: {} }, 'mapping.it.fields: must be a list'],
    [{ fields: [{}, {}, {}] }, 'mapping.it.fields: has more than 2'],
    [{ fields: [{}, { value: true }] }, 'mapping.it.fields[1].value: must be a text'],
  ])('refuses %j by its path', (value, error) => {
    expect(limited(value, limits, 'it')).toEqual({
      ok: false,
      error: { outcome: { kind: 'refused', cause: 'mapping_invalid' }, error },
    })
  })
})

describe('fields of a mapping', () => {
  it.each<[string, Json, unknown]>([
    ['a text', 'words', 'words'],
    ['a number', 4.5, '4.5'],
    ['a boolean', false, 'false'],
    ['null', null, null],
    ['an empty text', '', null],
  ])('take %s for a text', (_, value, expected) => {
    expect(textField({ mapped: { it: value } }, 'it', 'default')).toEqual({
      ok: true,
      value: expected,
    })
  })

  it('keep their default where the mapping has nothing, or only an inherited name', () => {
    expect(textField({ mapped: {} }, 'it', 'default')).toEqual({ ok: true, value: 'default' })
    expect(textField({ mapped: {} }, 'toString', null)).toEqual({ ok: true, value: null })
    expect(urlField({ mapped: {} }, 'it', 'no URL')).toEqual({ ok: true, value: null })
    expect(numberField({ mapped: {} }, 'it', 3)).toEqual({ ok: true, value: 3 })
  })

  it.each<[typeof textField | typeof urlField | typeof numberField, Json, string]>([
    [textField, [], 'must be a text'],
    [textField, {}, 'must be a text'],
    [urlField, 'javascript:alert(1)', 'must be an http or https URL'],
    [urlField, 'example.com', 'must be an http or https URL'],
    [numberField, 'many', 'must be a number'],
    [numberField, true, 'must be a number'],
  ])('refuse what they are not: %o of %j', (field, value, problem) => {
    expect(field({ mapped: { it: value } }, 'it', null)).toMatchObject({
      ok: false,
      error: { error: `mapping.it: ${problem}`, outcome: { cause: 'mapping_invalid' } },
    })
  })
})

describe('a card', () => {
  it.each(productEvents)('says $type', ({ type, data, card }) => {
    expect(said(type, data)).toMatchObject(card)
  })

  it.each(stripeEvents)('says Stripe $type', ({ type, data, card }) => {
    expect(said(type, data)).toEqual(card)
  })

  it.each(linearEvents)('says Linear $type: $card.title', ({ type, data, card }) => {
    expect(said(type, data)).toEqual(card)
  })

  it.each(jiraEvents)('says Jira $type: $card.title', ({ type, data, card }) => {
    expect(said(type, data)).toEqual(card)
  })

  it('says an unknown type as its words and its plain members', () => {
    expect(
      wordsFor(
        { type: 'order.paid', source: 'shop' },
        { total: 5, paid: true, items: [1], url: 'https://shop.example/1', text: 'Thanks' },
      ),
    ).toMatchObject({
      title: 'Order paid',
      text: 'Thanks',
      link: 'https://shop.example/1',
      fields: [
        { name: 'source', value: 'shop' },
        { name: 'total', value: '5' },
        { name: 'paid', value: 'true' },
        { name: 'url', value: 'https://shop.example/1' },
        { name: 'text', value: 'Thanks' },
      ],
    })
  })

  it.each([undefined, null, 5, 'text', [], [[]], {}])(
    'has a title for any type with %j',
    (data) => {
      for (const type of [
        '',
        '...',
        'push',
        'invoice.paid',
        'Issue.create',
        'jira:issue_created',
      ]) {
        expect(said(type, data).title).not.toBe('')
      }
    },
  )
})

describe('GitHub', () => {
  const of = (name: string, matches: (data: Record<string, Json>) => boolean) => {
    const data = githubEvents.find((one) => one.name === name)?.examples.find(matches)
    if (data === undefined) throw new Error(`no example of ${name}`)
    return data
  }
  const repository = 'https://github.com/Codertocat/Hello-World'

  it('says a push with its commits', () => {
    const data = of('push', ({ created, deleted }) => created === true && deleted === false)
    const head = { id: '6113728f27ae82c7b1a177c8d03f9e96e0adf246', message: 'Fix it\n\nat last' }
    expect(
      said('push', { ...data, ref: 'refs/heads/main', created: false, commits: [head, head] }),
    ).toEqual({
      title: 'Codertocat pushed 2 commits to main',
      text: '6113728 Fix it\n6113728 Fix it',
      link: `${repository}/compare/simple-tag`,
      linkText: 'Compare',
      image: null,
      fields: [
        { name: 'Repository', value: 'Codertocat/Hello-World' },
        { name: 'By', value: 'Codertocat' },
      ],
      tone: 'neutral',
    })
  })

  it.each([
    [{ created: true }, 'Codertocat created tag v1'],
    [{ deleted: true, created: false }, 'Codertocat deleted tag v1'],
    [
      { created: false, deleted: false, forced: true, ref: 'refs/heads/a/b', commits: [{}] },
      'Codertocat force-pushed 1 commit to a/b',
    ],
  ])('says a push of %j as %s', (change, title) => {
    const data = of('push', ({ created }) => created === true)
    expect(said('push', { ...data, ref: 'refs/tags/v1', ...change }).title).toBe(title)
  })

  it('names ten commits and counts the others', () => {
    const data = of('push', () => true)
    const commits = Array.from({ length: 13 }, (_, i) => ({ id: `${i}`, message: `m${i}` }))
    const { text } = said('push', { ...data, ref: 'refs/heads/x', deleted: false, commits })
    expect(text?.split('\n')).toHaveLength(11)
    expect(text).toMatch(/… and 3 more$/)
  })

  it('says a pull request, and that it was merged', () => {
    const data = of('pull_request', ({ action }) => action === 'closed')
    expect(said('pull_request.closed', data)).toMatchObject({
      title: 'Pull request #2 closed: Update the README with new information.',
      link: `${repository}/pull/2`,
      linkText: 'Open on GitHub',
      fields: [
        { name: 'Repository', value: 'Codertocat/Hello-World' },
        { name: 'By', value: 'Codertocat' },
        { name: 'Branch', value: 'changes → master' },
      ],
      tone: 'neutral',
    })
    const pull = data['pull_request'] as Record<string, Json>
    const merged = { ...data, pull_request: { ...pull, merged: true } }
    expect(said('pull_request.closed', merged)).toMatchObject({
      title: 'Pull request #2 merged: Update the README with new information.',
      tone: 'good',
    })
  })

  it.each([
    ['issues', 'opened', 'Issue #1 opened: Spelling error in the README file', 'neutral'],
    [
      'issue_comment',
      'created',
      'Comment created on #1: Spelling error in the README file',
      'neutral',
    ],
    [
      'pull_request_review',
      'submitted',
      'Review submitted on #2: Update the README with new information.',
      'neutral',
    ],
    ['release', 'published', 'Release published: 0.0.1', 'good'],
    ['check_run', 'completed', 'Check completed: Octocoders-linter', 'bad'],
    [
      'pull_request',
      'synchronize',
      'Pull request #2 updated: Update the README with new information.',
      'neutral',
    ],
  ])('says %s.%s', (name, action, title, tone) => {
    const card = said(
      `${name}.${action}`,
      of(name, (data) => data['action'] === action),
    )
    expect(card).toMatchObject({ title, tone })
    expect(card.link).toMatch(/^https:\/\/github\.com\//)
  })

  it('says each of its published payloads in words of its own', () => {
    let count = 0
    for (const { name, examples } of githubEvents) {
      for (const data of examples) {
        const { action } = data
        const card = cardOf(carrying(typeof action === 'string' ? `${name}.${action}` : name, data))
        if (!card.ok) throw new Error(card.error.error)
        expect(card.value.title).toMatch(/^[A-Za-z].{2,}/)
        if (data['repository'] !== undefined && data['sender'] !== undefined) {
          expect(card.value.fields.map((field) => field.name)).toContain('Repository')
          expect(card.value.link).not.toBeNull()
        }
        count += 1
      }
    }
    expect(count).toBeGreaterThan(300)
  })
})

describe('a mapping', () => {
  const video = { video: { title: 'Intro', url: 'https://v.example/1', duration_s: 75 } }
  const mappedCard = (mapped: Message['mapped']) =>
    cardOf(carrying('video.generated', video, mapped))

  it.each<[string, Json, Partial<Card>]>([
    ['title', 'Other', { title: 'Other' }],
    ['title', null, { title: 'Intro was generated' }],
    ['text', 12, { text: '12' }],
    ['text', null, { text: null }],
    ['link', 'https://x.example/', { link: 'https://x.example/' }],
    ['link', null, { link: null }],
    ['link_text', 'See', { linkText: 'See' }],
    ['image', 'https://x.example/i.png', { image: 'https://x.example/i.png' }],
    [
      'fields',
      { A: 1, B: 'two' },
      {
        fields: [
          { name: 'A', value: '1' },
          { name: 'B', value: 'two' },
        ],
      },
    ],
    ['fields', [{ name: 'A', value: [1] }], { fields: [{ name: 'A', value: '[1]' }] }],
    ['fields', null, { fields: [] }],
    ['tone', 'bad', { tone: 'bad' }],
  ])('replaces %s by %j and leaves all else', (field, value, change) => {
    const before = mappedCard({})
    if (!before.ok) throw new Error(before.error.error)
    expect(mappedCard({ [field]: value })).toEqual({
      ok: true,
      value: { ...before.value, ...change },
    })
  })

  it.each<[string, Json]>([
    ['title', []],
    ['text', {}],
    ['link', 'mailto:jane@example.com'],
    ['link_text', {}],
    ['image', 'data:image/png;base64,AAAA'],
    ['fields', 'text'],
    ['fields', [{ value: 1 }]],
    ['tone', 'angry'],
  ])('that makes of %s %j is refused with its path', (field, value) => {
    expect(mappedCard({ [field]: value })).toMatchObject({
      ok: false,
      error: {
        outcome: { kind: 'refused', cause: 'mapping_invalid' },
        error: expect.stringMatching(new RegExp(`^mapping\\.${field}: `)),
      },
    })
  })
})

it('never throws, whatever an event of a known type holds', () => {
  const names = (
    'object data type action sender login repository issue fields key self changelog items ' +
    'commits ref state updatedFrom __proto__ user video currency amount number title ' +
    'toString constructor'
  ).split(' ')
  const types = (
    'push create issues.opened pull_request.closed toString.constructor invoice.paid ' +
    'charge.failed Issue.update Comment.create __proto__.create jira:issue_updated ' +
    'comment_created video.failed user.registered'
  ).split(' ')
  const leaf = fc.oneof(
    fc.string(),
    fc.integer(),
    fc.double(),
    fc.constantFrom(null, true, 'event', 'Issue', '\ud800', 'refs/heads/x'),
  )
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 5 },
      leaf,
      fc.array(tie('tree'), { maxLength: 3 }),
      fc
        .array(fc.tuple(fc.constantFrom(...names), tie('tree')), { maxLength: 8 })
        .map((entries) => Object.fromEntries(entries)),
    ),
  }))
  fc.assert(
    fc.property(fc.constantFrom(...types), tree, (type, value) => {
      const data = JSON.parse(JSON.stringify(value)) as Json
      const card = cardOf(carrying(type, data))
      expect(card.ok && card.value.title.length > 0).toBe(true)
    }),
    { numRuns: 1000 },
  )
})
