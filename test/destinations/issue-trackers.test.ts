import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { anyJson } from './any-json.ts'
import { addresseeOf, bound, messageAbout, worldOf } from './fixtures.ts'

const jira = { base_url: 'https://x.test', email: 'a@example.com', api_token: 'tttt', project: 'A' }
const github = { token: 'tttt', owner: 'o', repo: 'r', issue_number: 1 }
const destinations: [type: string, config: object][] = [
  ['jira', jira],
  ['jira', { ...jira, action: 'comment' }],
  ['jira', { ...jira, action: 'transition', transition: '1' }],
  ['github', github],
  ['github', { ...github, action: 'issue' }],
  ['github', { ...github, action: 'comment' }],
  ['linear', { api_key: 'kkkk', team_id: 't' }],
  ['figma', { token: 'tttt', file_key: 'f' }],
]

const members =
  'user video issue key number url thumbnail_url title name description message id __proto__ constructor'
const mappable =
  'title text link image fields tone issue labels jira_fields transition event_type client_payload issue_number team_id label_ids priority message client_meta'.split(
    ' ',
  )
const json = anyJson(
  [null, 'A-1', '\uD800', 'https://example.com/\uD800 x', 'http://a/>)', '\n\n'],
  members,
)
const type = fc.oneof(
  fc.string(),
  fc.constantFrom('user.registered', 'video.generated', 'video.failed'),
)
const mapped = fc.dictionary(fc.constantFrom(...mappable), json, { maxKeys: 3 })

const success = JSON.stringify({ data: { issueCreate: { success: true } } })

it.each(destinations)(
  '%s with %j sends JSON or says what is wrong, whatever data and mapping are',
  async (name, config) => {
    const attempt = fc.asyncProperty(type, json, mapped, async (type, data, mapped) => {
      const sent: RequestInit[] = []
      const report = await bound(name, config).send(
        messageAbout(type, data, { mapped }),
        addresseeOf(),
        worldOf({
          fetch: (_, init = {}) => {
            sent.push(init)
            const isRead = init.method === 'GET'
            return Promise.resolve(new Response(isRead ? '{}' : success))
          },
        }),
      )
      const [request] = sent
      if (request === undefined) expect(report.error).toMatch(/^mapping\./)
      else if (request.method === 'POST') {
        expect(report.outcome).toEqual({ kind: 'delivered' })
        const body = new TextDecoder().decode(request.body as Uint8Array) // Ours are bytes.
        expect(JSON.parse(body)).toBeTypeOf('object')
      }
    })
    await fc.assert(attempt, { numRuns: 150 })
  },
)
