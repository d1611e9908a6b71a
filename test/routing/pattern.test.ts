import { expect, it } from 'vitest'
import { compilePatterns } from '../../src/routing/pattern.ts'

it.each([
  [['*'], 'order.created', true],
  [['*'], 'push', true],
  [['*'], 'switchyard', true],
  [['*'], 'switchyardish.x', true],
  [['*'], 'switchyard.delivery.dead', false],
  [['*', 'switchyard.*'], 'switchyard.delivery.dead', true],
  [['switchyard.*'], 'switchyard.delivery.dead', true],
  [['switchyard.*'], 'order.created', false],
  [['switchyard.delivery.dead'], 'switchyard.delivery.dead', true],
  [['switchyard.delivery.dead'], 'switchyard.delivery.late', false],
  [['order.*'], 'order.created', true],
  [['order.*'], 'order.line.added', true],
  [['order.*'], 'order', false],
  [['order.*'], 'orders.created', false],
  [['order.created'], 'order.created', true],
  [['order.created'], 'order.created.twice', false],
  [['order.created'], 'Order.created', false],
  [['orders/create'], 'orders/create', true],
  [['a', 'b.*'], 'b.c', true],
  [['a', 'b.*'], 'c', false],
  [[], 'a', false],
  [['constructor'], 'constructor', true],
  [['a'], 'constructor', false],
])('%j of type %s: %s', (patterns, type, matches) => {
  expect(compilePatterns(patterns)(type)).toBe(matches)
})
