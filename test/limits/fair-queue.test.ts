import { expect, test } from 'vitest'
import { FairQueue, type Lane } from '../../src/limits/fair-queue.ts'

/** A queue that runs one task at a time and writes down their order; `go` runs them, and resolves with the order. */
function createQueue(waitingMax = 64) {
  const queue = new FairQueue({ runningMax: 1, waitingMax })
  const { promise, resolve } = Promise.withResolvers<void>()
  const order: string[] = []
  const all: Promise<unknown>[] = [queue.run('usual', [], () => promise)]
  function add(path: string, lane: Lane = 'usual'): void {
    const task = async () => void order.push(path)
    all.push(queue.run(lane, path.split(' '), task).catch(({ code }) => order.push(`${code} ${path}`)))
  }
  return {
    add,
    order,
    async go() {
      resolve()
      await Promise.all(all)
      return order
    },
  }
}

test('the groups of each level take turns', async () => {
  const { add, go } = createQueue()
  for (const path of ['a x 1', 'a x 2', 'a x 3', 'a y 1', 'b z 1', 'b z 2']) add(path)
  expect(await go()).toEqual(['a x 1', 'b z 1', 'a y 1', 'b z 2', 'a x 2', 'a x 3'])
})

test('the lanes take turns', async () => {
  const { add, go } = createQueue()
  for (const path of ['a', 'b', 'c', 'd']) add(path)
  for (const path of ['k', 'l']) add(path, 'urgent')
  expect(await go()).toEqual(['k', 'a', 'l', 'b', 'c', 'd'])
})

test('a full queue drops the newest task of the largest group, and not one that has just come', async () => {
  const { add, go, order } = createQueue(4)
  for (const path of ['a 1', 'a 2', 'b 3', 'a 4', 'c 5', 'd 6']) add(path)
  await Promise.resolve()
  await Promise.resolve()
  expect(order).toEqual(['busy a 4', 'busy a 2'])
  expect((await go()).slice(2)).toEqual(['a 1', 'b 3', 'c 5', 'd 6'])
})

test('the other lane loses none of its tasks when a group fills the queue', async () => {
  const { add, go } = createQueue(4)
  for (const path of ['k', 'l', 'm']) add(path, 'urgent')
  for (let n = 0; n < 10; n += 1) add(`a ${n}`)
  expect(await go()).toEqual(expect.arrayContaining(['k', 'l', 'm', 'a 0']))
})

test('a task that fails gives its turn to the next', async () => {
  const queue = new FairQueue({ runningMax: 1, waitingMax: 1 })
  const all = [1, 2].map(() => queue.run('usual', ['a'], () => Promise.reject(new Error('Failed.'))))
  expect((await Promise.allSettled(all)).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(await queue.run('usual', ['a'], async () => 'done')).toBe('done')
})
