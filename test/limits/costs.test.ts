import { expect, test } from 'vitest'
import { createCosts } from '../../src/limits/costs.ts'

const costOf = createCosts({ 'POST /api/auth/sign-in': 20, 'GET /api/todos': 2, 'POST /api/todos': 3 })

test('a route has the cost of its method and pattern', () => {
  expect(costOf('POST', '/api/auth/sign-in')).toBe(20)
  expect(costOf('GET', '/api/todos')).toBe(2)
  expect(costOf('POST', '/api/todos')).toBe(3)
})

test('everything else costs one', () => {
  expect(costOf('GET', '/api/auth/sign-in')).toBe(1)
  expect(costOf('GET', '/api/todos/:id')).toBe(1)
  expect(costOf('GET', '')).toBe(1)
})

test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('a cost of %s is refused at the start', (cost) => {
  expect(() => createCosts({ 'GET /api/todos': cost })).toThrow(RangeError)
})

test('a cost without a method is refused at the start', () => {
  expect(() => createCosts({ '/api/todos': 2 })).toThrow(RangeError)
})
