/** Ways to learn that an account exists. */
import { expect, test } from 'vitest'
import { createWorld } from '../auth/world.ts'

test('many wrong passwords cost as much work for a known account as for an unknown one', async () => {
  const world = await createWorld()
  const { email } = await world.signUp()
  const guess = async (typed: string) => {
    const before = world.work()
    for (let count = 0; count < 8; count += 1) {
      await world.ask('POST /sign-in', { body: { email: typed, password: `wrong battery ${count}` } })
    }
    return world.work() - before
  }
  expect(await guess(email)).toBe(await guess('nobody@example.com'))
})
