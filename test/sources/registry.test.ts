import * as z from 'zod'
import { describe, expect, it } from 'vitest'
import { bindSource, handshake, isProvider, sources, verify } from '../../src/sources/index.ts'
import { nowMs, post } from './contract.ts'

it.each(['toString', '__proto__', 'constructor', 'GitHub', ''])(
  'knows no provider %j',
  async (name) => {
    expect(isProvider(name)).toBe(false)
    expect(bindSource(name, {}).ok).toBe(false)
    const error = {
      reason: 'config_invalid',
      issues: [expect.objectContaining({ path: 'provider' })],
    }
    expect(await verify(name, post('', {}), {}, { nowMs })).toEqual({ ok: false, error })
    expect(await handshake(name, post('', {}), {}, { nowMs })).toBeNull()
  },
)

describe.each(Object.entries(sources))('%s', (_name, source) => {
  it('has a config that can be written down for a form', () => {
    const schema = z.toJSONSchema(source.config, { io: 'input' })
    expect(JSON.stringify(schema).length).toBeGreaterThan(50)
  })

  it('is explained', () => {
    expect(source.title).not.toBe('')
    expect(source.documentation).toMatch(/^https:\/\//)
    expect(source.steps.length).toBeGreaterThan(0)
  })

  it.each([null, undefined, 'x', [], 5])('refuses %j as a config', (config) => {
    expect(source.bind(config).ok).toBe(false)
  })
})
