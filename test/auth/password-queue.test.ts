import { expect, test } from 'vitest'
import type { Passwords } from '../../src/ports/passwords.ts'
import { cheap } from '../harness/passwords.ts'
import { countedPasswords, createWorld, home, password, type World } from './world.ts'

/** Passwords that are verified one at a time, and only once `go` was called. */
function heldPasswords() {
  const { promise, resolve: go } = Promise.withResolvers<void>()
  const { passwords } = countedPasswords(cheap)
  let before: Promise<unknown> = promise
  let verified = 0
  const held: Passwords = {
    ...passwords,
    verify(text, hash) {
      const result = before.then(() => {
        verified += 1
        return passwords.verify(text, hash)
      })
      before = result
      return result
    },
  }
  return { held, go, verified: () => verified }
}

function tryFrom(world: World, address: string, email: string, given: string) {
  return world.ask('POST /sign-in', { body: { email, password: given, token: true }, address })
}

/** Those that had begun, the turns of both lanes, and some that begin while the session is stored. */
const turnsMax = 12

/** Sign-ins of strangers, in all /64s of a /48, as many as the server takes. */
function flood(world: World, addressOf: (n: number) => string): Promise<number[]> {
  const all = Array.from({ length: 700 }, (_, n) =>
    tryFrom(world, addressOf(n % 70), `user${n}@example.com`, 'wrong guess'),
  )
  return Promise.all(all.map((each) => each.then(({ status }) => status)))
}

const oneCustomer = (n: number) => `2001:db8:7:${n.toString(16)}::1`

test.each([
  ['a network where its user never signed in', '2001:db8:8::1'],
  ['a network where its user has signed in before', home],
])('while all /64s of a /48 guess, the right password from %s waits for few others', async (_, address) => {
  const first = await createWorld()
  const { email } = await first.signUp()
  const { held, go, verified } = heldPasswords()
  const world = await first.restart(held)
  const attack = flood(world, oneCustomer)
  const signedIn = tryFrom(world, address, email, password).then(({ status }) => [status, verified()])
  go()
  const [status, turns] = await signedIn
  expect(status).toBe(200)
  expect(turns).toBeLessThanOrEqual(turnsMax)
  expect(new Set(await attack)).not.toContain(200)
})

test('where somebody has signed in before, a flood from many networks delays a sign-in by few others', async () => {
  const first = await createWorld()
  const { email } = await first.signUp()
  const { held, go, verified } = heldPasswords()
  const world = await first.restart(held)
  const attack = flood(world, (n) => `198.51.100.${n}`)
  const signedIn = tryFrom(world, home, email, password).then(({ status }) => [status, verified()])
  go()
  const [status, turns] = await signedIn
  expect(status).toBe(200)
  expect(turns).toBeLessThanOrEqual(turnsMax)
  await attack
})
