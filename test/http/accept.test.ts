import { expect, test } from 'vitest'
import { negotiateEncoding, negotiateType, wantsProblem } from '../../src/http/accept.ts'
import { matchesTag } from '../../src/http/etag.ts'

const offers = ['text/plain', 'application/json', 'text/html'] as const

test.each([
  [null, 'text/plain'],
  ['*/*', 'text/plain'],
  ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'text/html'],
  ['application/json', 'application/json'],
  ['application/*', 'application/json'],
  ['text/*;q=0.5, application/json;q=0.4', 'text/plain'],
  ['text/plain;q=0, text/*', 'text/html'],
  ['TEXT/HTML ; Q=1', 'text/html'],
  ['image/png', null],
  ['*/*;q=0', null],
  ['', null],
  ['text/html;q=nonsense', null],
])('Accept: %s gets %s', (header, type) => {
  expect(negotiateType(header, offers)).toBe(type)
})

test.each([
  [null, null],
  ['gzip', 'gzip'],
  ['deflate', 'deflate'],
  ['gzip, deflate, br', 'gzip'],
  ['gzip;q=0.1, deflate;q=0.9', 'deflate'],
  ['gzip;q=0', null],
  ['gzip;q=0, *', 'deflate'],
  ['*', 'gzip'],
  ['identity', null],
  ['identity, gzip;q=0.5', null],
  ['identity;q=0.5, gzip;q=0.5', 'gzip'],
  ['identity;q=0, gzip', 'gzip'],
  ['br', null],
])('Accept-Encoding: %s gets %s', (header, encoding) => {
  expect(negotiateEncoding(header)).toBe(encoding)
})

test.each([
  [null, false],
  ['*/*', false],
  ['application/json', false],
  ['application/problem+json', true],
  ['application/json, application/problem+json', true],
  ['application/problem+json;q=0.5, application/json', false],
  ['application/problem+json;q=0', false],
])('Accept: %s wants problem details: %s', (header, wants) => {
  expect(wantsProblem(header)).toBe(wants)
})

test.each([
  ['"1"', true],
  ['W/"1"', true],
  ['*', true],
  ['"2", "1"', true],
  ['"2"', false],
  ['1', false],
  ['', false],
])('the tag "1" is among %s: %s', (header, matches) => {
  expect(matchesTag(header, '"1"')).toBe(matches)
})
