import { parse } from '@wordpress/block-serialization-default-parser'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Message } from '../../src/destinations/destination.ts'
import type { Json } from '../../src/model/json.ts'
import { startReceiver } from '../support/receiver.ts'
import type { AnswerParts, Receiver } from '../support/receiver.ts'
import { itIsADestination } from './contract.ts'
import { addresseeOf, bound, messageOf, worldOf } from './fixtures.ts'

const password = 'abcd EFGH 1234 ijkl MNOP 6789'
const credentials = { username: 'switchyard', application_password: password }
const created: AnswerParts = { status: 201, body: '{"id":17,"slug":"a","status":"publish"}' }

itIsADestination({
  type: 'wordpress',
  config: (base_url) => ({ base_url, ...credentials }),
  secrets: [password, Buffer.from(`switchyard:${password}`).toString('base64')],
  success: created,
})

let receiver: Receiver
beforeEach(async () => {
  receiver = await startReceiver()
  receiver.answers(created)
})
afterEach(() => receiver.close())

const eventOf = (type: string, data: Json): Partial<Message> => ({
  event: { ...messageOf().event, type },
  body: Buffer.from(JSON.stringify(data)),
})

const send = (config: object = {}, message: Partial<Message> = {}, now = Date.now) =>
  bound('wordpress', { base_url: receiver.url, ...credentials, ...config }).send(
    messageOf(message),
    addresseeOf(),
    worldOf({ now }),
  )

interface Post {
  title: string
  content: string
  slug: string
  [field: string]: unknown
}

const written = (): Post => {
  const request = receiver.received.at(-1)
  return JSON.parse(request?.body.toString() ?? '') as Post // The test fails where it is not.
}

const video = {
  video: {
    id: 'vid_1',
    title: 'Größe & <b>Form</b>',
    description: 'One.\nTwo.\n\nThree [gallery] <!-- wp:html --> & more',
    url: 'https://www.youtube.com/watch?v=abc&list=x--y',
    duration_s: 61,
  },
}

/** What WordPress's own parser sees; text outside of all blocks is a leftover. */
function blocksIn(content: string) {
  const blocks = parse(content)
  const leftovers = blocks.filter(
    ({ blockName, innerHTML }) => blockName === null && innerHTML.trim() !== '',
  )
  expect(leftovers).toEqual([])
  return blocks.filter(({ blockName }) => blockName !== null)
}

describe('what WordPress gets', () => {
  it('is a post made of blocks, with the video embedded, for video.generated', async () => {
    expect((await send({}, eventOf('video.generated', video))).outcome.kind).toBe('delivered')
    const [request] = receiver.received
    expect(request).toMatchObject({
      method: 'POST',
      path: '/wp-json/wp/v2/posts?_fields=id,slug,status,link',
      headers: {
        authorization: `Basic ${Buffer.from(`switchyard:${password}`).toString('base64')}`,
        'content-type': 'application/json',
        accept: 'application/json',
        'user-agent': 'Switchyard/1',
      },
    })
    const { content, ...rest } = written()
    expect(rest).toEqual({
      title: 'Größe & <b>Form</b> was generated',
      status: 'publish',
      slug: 'grosse-b-form-b-was-generated-v7h2p9s4d600',
    })
    const blocks = blocksIn(content)
    expect(blocks.map(({ blockName }) => blockName)).toEqual([
      'core/embed',
      'core/paragraph',
      'core/paragraph',
      'core/list',
    ])
    expect(blocks[0]?.attrs).toEqual({
      url: video.video.url,
      type: 'video',
      providerNameSlug: 'youtube',
    })
    expect(blocks[0]?.innerHTML).toContain('\nhttps://www.youtube.com/watch?v=abc&amp;list=x--y\n')
    expect(blocks[1]?.innerHTML.trim()).toBe('<p>One.<br>Two.</p>')
    expect(blocks[2]?.innerHTML).toContain('&#091;gallery&#093; &lt;!-- wp:html --&gt; &amp; more')
    expect(blocks[3]?.innerBlocks).toHaveLength(2)
  })

  it('is a post about a user, without an embed, for user.registered', async () => {
    await send(
      {},
      eventOf('user.registered', { user: { id: 'u1', name: 'Ann', url: 'https://a.example/u' } }),
    )
    expect(written().title).toBe('Ann registered')
    expect(blocksIn(written().content).map(({ blockName }) => blockName)).toEqual([
      'core/list',
      'core/paragraph',
    ])
    expect(written().content).toContain('<a href="https://a.example/u">Open profile</a>')
  })

  it.each<[string, Json]>([
    ['order.paid', { id: 1, total: 'EUR 5', url: 'https://shop.example/1' }],
    ['order.paid', null],
    ['x', [1, 2]],
  ])('is a readable post for %s, whatever its data is: %j', async (type, data) => {
    expect((await send({}, eventOf(type, data))).outcome.kind).toBe('delivered')
    blocksIn(written().content)
    expect(written().title.length).toBeGreaterThan(0)
  })

  it('is a readable post for what is no JSON at all', async () => {
    await send({}, { body: Buffer.from([0xff, 0x00]) })
    expect(written().slug).toMatch(/^[a-z0-9-]+$/)
  })

  it.each([
    [
      'block',
      'https://cdn.example/v.mp4',
      'core/video',
      '<video controls src="https://cdn.example/v.mp4">',
    ],
    ['block', 'https://player.example/v/1', 'core/embed', '\nhttps://player.example/v/1\n'],
    ['shortcode', 'https://vimeo.com/1', 'core/shortcode', '[embed]https://vimeo.com/1[/embed]'],
    [
      'shortcode',
      'https://cdn.example/v.mp4',
      'core/shortcode',
      '[video src="https://cdn.example/v.mp4"]',
    ],
    ['link', 'https://vimeo.com/1', 'core/paragraph', '<a href="https://vimeo.com/1">Watch</a>'],
  ])('embeds as %s %s', async (embed, url, blockName, html) => {
    await send({ embed }, eventOf('video.completed', { video: { url } }))
    const [first, ...rest] = blocksIn(written().content)
    expect(first?.blockName).toBe(blockName)
    expect(first?.innerHTML).toContain(html)
    expect(rest).toEqual([])
  })

  it.each(['block', 'shortcode', 'link'])(
    'stays within its block, as %s, whatever the URL holds',
    async (embed) => {
      const url = 'https://evil.example/--%3E?a="]<script>\'[gallery]&b=\\"--><!-- wp:html -->'
      await send({ embed }, eventOf('video.completed', { video: { url } }))
      expect(blocksIn(written().content)).toHaveLength(1)
      expect(written().content).not.toContain('<script')
      expect(written().content).not.toContain('[gallery]')
    },
  )

  it('is a page by the author, with the status and the terms of the config', async () => {
    const config = { post_type: 'pages', status: 'draft', author: 3, categories: [1], tags: [2, 4] }
    await send(config)
    expect(receiver.received[0]?.path).toMatch(/^\/wp-json\/wp\/v2\/pages\?/)
    expect(written()).toMatchObject({ status: 'draft', author: 3, categories: [1], tags: [2, 4] })
  })
})

describe('a mapping', () => {
  it.each<[string, Json, Partial<Post>]>([
    ['title', 'T', { title: 'T' }],
    ['content', '<p>own</p>', { content: '<p>own</p>' }],
    ['excerpt', 'E', { excerpt: 'E' }],
    ['slug', 'my_own-slug', { slug: 'my_own-slug' }],
    ['meta', { rating: 5 }, { meta: { rating: 5 } }],
  ])('replaces %s', async (field, value, part) => {
    receiver.answers({ body: '[]' }, created)
    if (field !== 'slug') receiver.answers(created)
    await send({}, { ...eventOf('video.generated', video), mapped: { [field]: value } })
    expect(written()).toMatchObject(part)
  })

  it.each<[string, Json, string]>([
    ['text', 'Said so', '<p>Said so</p>'],
    ['link', 'https://l.example/', '<a href="https://l.example/">Watch</a>'],
    ['link_text', 'Go', ''],
    ['embed', 'https://vimeo.com/7', 'is-provider-vimeo'],
    ['fields', { Colour: 'red' }, '<strong>Colour</strong>: red'],
  ])('replaces %s in the content', async (field, value, html) => {
    await send({}, { ...eventOf('video.generated', video), mapped: { [field]: value } })
    blocksIn(written().content)
    expect(written().content).toContain(html)
  })

  it('shows the picture where the video is mapped away', async () => {
    const mapped = { embed: null, link: null, image: 'https://i.example/p.jpg' }
    await send({}, { ...eventOf('video.generated', video), mapped })
    expect(blocksIn(written().content)[0]?.blockName).toBe('core/image')
  })

  it('has its title cut at a character', async () => {
    await send({}, { mapped: { title: '👩‍👩‍👧'.repeat(200) } })
    expect(written().title.length).toBeLessThanOrEqual(500)
    expect(written().title).toMatch(/👧…$/u)
  })

  it.each<[string, Json, string]>([
    ['slug', 'Not a Slug', 'mapping.slug'],
    ['slug', 'a--b', 'mapping.slug'],
    ['slug', 'a'.repeat(201), 'mapping.slug'],
    ['meta', 'text', 'mapping.meta'],
    ['embed', 'javascript:alert(1)', 'mapping.embed'],
    ['content', ['x'], 'mapping.content'],
  ])('of %s that comes to %j is refused with its path', async (field, value, path) => {
    const report = await send({}, { mapped: { [field]: value } })
    expect(report.outcome).toEqual({ kind: 'refused', cause: 'mapping_invalid' })
    expect(report.error).toContain(path)
    expect(receiver.received).toEqual([])
  })
})

describe('a post is written once', () => {
  const slugWritten = async () => {
    await send()
    const { slug } = written()
    receiver.received.splice(0)
    return slug
  }

  it('has the same slug at every attempt, and another for another delivery', async () => {
    const slug = await slugWritten()
    receiver.answers({ body: '[]' }, created)
    await send({}, { attempt: 2 })
    expect(written().slug).toBe(slug)
    receiver.answers(created)
    await send({}, { deliveryId: 'dlv_01hv0t6r2m0000kq3k8v7h2p9s4d601' })
    expect(written().slug).not.toBe(slug)
  })

  it('looks first on a retry, and writes nothing where the post is there', async () => {
    const slug = await slugWritten()
    receiver.answers({ body: JSON.stringify([{ id: 17, slug }]) })
    expect((await send({}, { attempt: 2 })).outcome).toEqual({ kind: 'delivered' })
    expect(receiver.received.map(({ method, path }) => [method, path])).toEqual([
      ['GET', `/wp-json/wp/v2/posts?slug=${slug}&status=any&context=edit&_fields=id,slug`],
    ])
  })

  it('updates what it found where the config says so, but not its status or slug', async () => {
    const slug = await slugWritten()
    receiver.answers({ body: JSON.stringify([{ id: 17, slug }]) }, { ...created, status: 200 })
    const report = await send({ on_found: 'update' }, { attempt: 2 })
    expect(report.outcome).toEqual({ kind: 'delivered' })
    expect(receiver.received[1]?.path).toBe('/wp-json/wp/v2/posts/17?_fields=id,slug,status,link')
    expect(Object.keys(written()).sort()).toEqual(['content', 'title'])
  })

  it('writes on a retry where there is none of this very slug', async () => {
    receiver.answers({ body: '[{"id":1,"slug":"another"}]' }, created)
    expect((await send({}, { attempt: 3 })).outcome).toEqual({ kind: 'delivered' })
    expect(receiver.received.map(({ method }) => method)).toEqual(['GET', 'POST'])
  })

  it('looks before every write for a slug of its own', async () => {
    receiver.answers({ body: '[{"id":9,"slug":"video-1"}]' }, created)
    await send({ on_found: 'update' }, { mapped: { slug: 'video-1' } })
    expect(receiver.received[1]?.path).toMatch(/^\/wp-json\/wp\/v2\/posts\/9\?/)
  })

  it.each<[AnswerParts, object]>([
    [{ body: '<html>' }, { kind: 'failed', cause: 'status' }],
    [{ body: '{}' }, { kind: 'failed', cause: 'status' }],
    [{ status: 503 }, { kind: 'failed', cause: 'status' }],
    [
      { status: 401, body: '{"code":"rest_forbidden"}' },
      { kind: 'refused', cause: 'credentials' },
    ],
    [
      { status: 400, body: '{"code":"rest_invalid_param"}' },
      { kind: 'refused', cause: 'status' },
    ],
  ])('does not write blindly where the look answers %j', async (answer, outcome) => {
    receiver.answers(answer, created)
    expect((await send({}, { attempt: 2 })).outcome).toEqual(outcome)
    expect(receiver.received).toHaveLength(1)
  })
})

describe('what an answer means', () => {
  const failed = { kind: 'failed', cause: 'status' }
  const refused = { kind: 'refused', cause: 'status' }
  const credentialsRefused = { kind: 'refused', cause: 'credentials' }
  it.each<[number, string, Record<string, string>, object]>([
    [201, '{"id":1}', {}, { kind: 'delivered' }],
    [200, '{"id":1}', {}, { kind: 'delivered' }],
    [200, '<html>just a moment</html>', {}, failed],
    [202, '', {}, failed],
    [200, '{"code":"rest_no_route"}', {}, failed],
    [400, '{"code":"rest_invalid_param"}', {}, refused],
    [401, '{"code":"rest_cannot_create"}', {}, credentialsRefused],
    [403, '{"code":"rest_cannot_publish"}', {}, refused],
    [403, '{"code":"incorrect_password"}', {}, credentialsRefused],
    [404, '{"code":"rest_no_route"}', {}, refused],
    [
      429,
      '',
      { 'retry-after': '7' },
      { kind: 'failed', cause: 'rate_limited', retry_after_ms: 7000 },
    ],
    [500, '{"code":"db_insert_error"}', {}, failed],
    [503, 'maintenance', { 'retry-after': '60' }, { ...failed, retry_after_ms: 60_000 }],
  ])('%i with %s and %j: %j', async (status, body, headers, outcome) => {
    receiver.answers({ status, body, headers })
    expect((await send()).outcome).toEqual(outcome)
  })
})

it.each([
  [{}, 'base_url'],
  [{ base_url: 'ftp://x' }, 'base_url'],
  [{ base_url: 'https://x.example', username: 'a:b' }, 'username'],
  [{ base_url: 'https://x.example', mapping: { tone: '"good"' } }, 'mapping'],
])('refuses a config of %j', (config, path) => {
  expect(() => bound('wordpress', { ...credentials, ...config })).toThrow(path)
})

it('is called below the path of the site, without a second slash', async () => {
  await send({ base_url: `${receiver.url}/blog/` })
  expect(receiver.received[0]?.path).toMatch(/^\/blog\/wp-json\//)
})

it('sends no half of a surrogate pair, for which PHP would refuse the whole post', async () => {
  await send({}, eventOf('video.generated', { video: { title: 'a\uD800b' } }))
  expect(written().title).toContain('a\uFFFDb')
  expect(receiver.received[0]?.body.toString()).not.toContain('ud800')
})
