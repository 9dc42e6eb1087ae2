/** Fields that the cases of headers start from. */
import type { Kit, Pairs } from './kit.ts'

export interface FieldsCase {
  name: string
  pairs: Pairs
  run(headers: Headers, kit: Kit): unknown
}

export const usual: Pairs = [
  ['Content-Type', 'text/plain'],
  ['X-Many', 'one'],
  ['accept', '*/*'],
  ['x-many', 'two'],
]

export const cookies: Pairs = [
  ['Set-Cookie', 'a=1; Path=/'],
  ['b', '2'],
  ['set-cookie', 'c=3, d'],
  ['a', '1'],
]

export const all = (headers: Headers) => [...headers]
