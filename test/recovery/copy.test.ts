/** The checks of the simulation must detect every violation. */
import { expect, test } from 'vitest'
import { Copy, type Start } from './copy.ts'
import { History } from './history.ts'

const start = (offset: number): Start => ({ position: { epoch: 'e', offset }, recovered: true })
const event = (offset: number, title = `t${offset}`) => ({ offset, type: 'created', data: { id: `i${offset}`, title } })
const gap = (offset: number, reason: string): Start => ({ position: { epoch: 'e', offset }, recovered: false, reason })

function createCopy(): Copy {
  const history = new History()
  for (const offset of [1, 2, 3, 4, 5]) history.of('e', 'todos').push({ type: 'created', data: event(offset).data })
  const copy = new Copy('todos', { history, epoch: () => 'e', oldest: () => 3 })
  copy.begin(start(0))
  copy.receive(event(1))
  return copy
}

test('accepts the true events in order', () => {
  const copy = createCopy()
  copy.receive(event(2))
  expect([...copy.rows.keys()]).toEqual(['i1', 'i2'])
})

test.each([
  ['a lost event', (copy: Copy) => copy.receive(event(3))],
  ['a repeated event', (copy: Copy) => copy.receive(event(1))],
  ['another event than happened', (copy: Copy) => copy.receive(event(2, 'other'))],
  ['an event that never happened', (copy: Copy) => [2, 3, 4, 5, 6].map((offset) => copy.receive(event(offset)))],
  ['a connection that continues at another position', (copy: Copy) => copy.begin(start(3))],
  ['a gap of epochs that are the same', (copy: Copy) => copy.leap(gap(5, 'epoch'))],
  ['a gap into the future', (copy: Copy) => copy.leap(gap(5, 'future'))],
  [
    'a gap although all is there',
    (copy: Copy) => {
      copy.receive(event(2))
      copy.leap(gap(5, 'trimmed'))
    },
  ],
])('%s is seen', (_, wrong) => {
  expect(() => wrong(createCopy())).toThrow()
})

test('accepts a true gap, and continues from the loaded state', () => {
  const copy = createCopy()
  copy.leap(gap(3, 'trimmed'))
  copy.reload({ epoch: 'e', offset: 4 }, [{ id: 'i4' }])
  copy.receive(event(4))
  copy.receive(event(5))
  expect([[...copy.rows.keys()], copy.gaps]).toEqual([['i4', 'i5'], 1])
})
