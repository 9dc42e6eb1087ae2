/** A request that many cases look at. */
import type { RequestPlan } from './kit.ts'

export const typical: RequestPlan = {
  method: 'POST',
  target: '/path?query',
  fields: [
    ['Accept', 'a'],
    ['X-Many', '1'],
    ['Set-Cookie', 'a'],
    ['x-many', '2'],
    ['set-cookie', 'b'],
    ['Content-Type', 'Text/X-Test'],
  ],
  body: '{"a":1}',
}

export const describe = (r: Request) => [r.method, r.url, [...r.headers], r.bodyUsed, r.signal.aborted]

export const gone = new RangeError('gone')
