import { expect, test } from 'vitest'
import { Background } from '../../src/database/cleanup.ts'
import { createWorld, home, password, type World } from './world.ts'

const wrong = 'something else'
const otherAddress = '198.51.100.7'
const second = 1000

async function guess(world: World, email: string, address: string, guessed = wrong): Promise<number> {
  return (await world.ask('POST /sign-in', { body: { email, password: guessed, token: true }, address })).status
}

async function statuses(world: World, count: number, email: string, address: string): Promise<number[]> {
  const all: number[] = []
  for (let n = 0; n < count; n += 1) all.push(await guess(world, email, address))
  return all
}

test('five wrong guesses are free; then each must wait twice as long as the one before', async () => {
  const world = await createWorld()
  const { email } = await world.signUp()
  expect(await statuses(world, 7, email, otherAddress)).toEqual([401, 401, 401, 401, 401, 401, 429])
  for (const seconds of [1, 2, 4, 8, 16]) {
    const early = await world.ask('POST /sign-in', { body: { email, password: wrong }, address: otherAddress })
    expect([early.status, early.body.code, early.headers.get('retry-after')]).toEqual([
      429,
      'too_many_requests',
      String(seconds),
    ])
    world.pass(seconds * second - 1)
    expect(await guess(world, email, otherAddress)).toBe(429)
    world.pass(1)
    expect(await guess(world, email, otherAddress)).toBe(401)
  }
})

test('an account that there is not is locked like one that there is, after as much work', async () => {
  const world = await createWorld()
  const { email } = await world.signUp()
  for (const each of [email, 'nobody@example.com']) {
    const address = each === email ? otherAddress : '198.51.100.8'
    expect(await statuses(world, 6, each, address)).toEqual([401, 401, 401, 401, 401, 401])
    const before = world.work()
    const late = await world.ask('POST /sign-in', { body: { email: each, password }, address })
    expect([late.status, late.body.error]).toEqual([429, 'Too many attempts. Try again in 1 s.'])
    expect(world.work()).toBe(before + 1)
  }
})

test('guessing from another address does not lock the owner out', async () => {
  const world = await createWorld()
  const { email } = await world.signUp()
  await statuses(world, 20, email, otherAddress)
  expect(await guess(world, email, otherAddress, password)).toBe(429)
  expect(await guess(world, email, home, password)).toBe(200)
  expect(await guess(world, email, '203.0.113.5', password)).toBe(200)
})

test('where the owner signed in before, the right password gets in however many were guessed there', async () => {
  const world = await createWorld()
  const { email } = await world.signUp()
  const guesses = await statuses(world, 30, email, home)
  expect(guesses.slice(0, 6)).toEqual([401, 401, 401, 401, 401, 401])
  expect(new Set(guesses.slice(6))).toEqual(new Set([429]))
  expect(await guess(world, email, home, password)).toBe(200)
})

test('of many guesses at once no more are looked at than one after the other', async () => {
  const world = await createWorld()
  const { email } = await world.signUp()
  const before = world.work()
  const all = await Promise.all(Array.from({ length: 50 }, () => guess(world, email, otherAddress)))
  expect(all.filter((status) => status === 401)).toHaveLength(6)
  expect(all.filter((status) => status === 429)).toHaveLength(44)
  // The attempt that runs and those that may wait run scrypt; the rest do not.
  expect(world.work() - before).toBeLessThanOrEqual(9)
})

test('an address that tries one account after the other is slowed down, but not for accounts that have signed in from it', async () => {
  const world = await createWorld()
  const { email } = await world.signUp()
  const all: number[] = []
  for (let n = 0; n < 22; n += 1) all.push(await guess(world, `user${n}@example.com`, home))
  expect(all.filter((status) => status === 401)).toHaveLength(21)
  expect(all.at(-1)).toBe(429)
  expect(await guess(world, 'other@example.com', home)).toBe(429)
  expect(await guess(world, email, home, password)).toBe(200)
})

test('addresses of one IPv6 /64 are one client network', async () => {
  const world = await createWorld()
  const { email } = await world.signUp()
  const all: number[] = []
  for (let n = 0; n < 7; n += 1) all.push(await guess(world, email, `2001:db8:1:2::${n}`))
  expect(all.at(-1)).toBe(429)
  expect(await guess(world, email, '2001:db8:1:3::1')).toBe(401)
})

test('an IPv6 /56 or /48 that tries one account after the other is slowed down, whatever /64 it uses', async () => {
  const world = await createWorld()
  const { email } = await world.signUp()
  for (const [prefix, step, free] of [
    ['2001:db8:1', 1, 80],
    ['2001:db8:2', 256, 320],
  ] as const) {
    const addressOf = (n: number) => `${prefix}:${((n % 100) * step).toString(16)}::1`
    const all: number[] = []
    for (let n = 0; n < free + 3; n += 1) all.push(await guess(world, `user${n}@example.com`, addressOf(n)))
    expect(all.slice(0, free)).toEqual(Array(free).fill(401))
    expect(all.at(-1)).toBe(429)
    expect(await guess(world, email, home, password)).toBe(200)
  }
})

test('an IPv4-mapped IPv6 address is the same client network as its IPv4 address', async () => {
  const world = await createWorld()
  const { email } = await world.signUp()
  await statuses(world, 6, email, otherAddress)
  expect(await guess(world, email, `::ffff:${otherAddress}`)).toBe(429)
})

test('a restart forgives nothing', async () => {
  const world = await createWorld()
  const { email } = await world.signUp()
  await statuses(world, 6, email, otherAddress)
  const later = await world.restart()
  expect(await guess(later, email, otherAddress, password)).toBe(429)
})

test('a correct password resets the count of its account, and takes back only its own attempt for the address', async () => {
  const world = await createWorld()
  const { email } = await world.signUp()
  await statuses(world, 4, email, otherAddress)
  expect(await guess(world, email, otherAddress, password)).toBe(200)
  expect(await world.rows("select failures from galley_lockouts where name like 'account %'")).toEqual([])
  expect(await world.rows("select name, failures from galley_lockouts where name like 'place %'")).toMatchObject([
    { name: `place ${otherAddress}`, failures: 4 },
  ])
})

test('sign-ins of many users from one address are not slowed down', async () => {
  const world = await createWorld()
  const { email } = await world.signUp()
  for (let n = 0; n < 30; n += 1) expect(await guess(world, email, otherAddress, password)).toBe(200)
  expect(await guess(world, 'new@example.com', otherAddress)).toBe(401)
})

test('counts expire', async () => {
  const world = await createWorld()
  await statuses(world, 5, 'nobody@example.com', otherAddress)
  world.pass(60 * 60 * second)
  expect(await statuses(world, 3, 'nobody@example.com', otherAddress)).toEqual([401, 401, 429])
})

test('counts without an attempt for a day are deleted', async () => {
  const world = await createWorld()
  await statuses(world, 5, 'nobody@example.com', otherAddress)
  world.pass(24 * 60 * 60 * second + 1)
  await world.auth.cleanUp(new Background())
  expect(await world.rows('select name from galley_lockouts')).toEqual([])
})

test('a stolen session is no way to guess the password', async () => {
  const world = await createWorld()
  const { token } = await world.signUp()
  const body = { password: wrong, newPassword: 'another good one' }
  const change = () => world.ask('POST /password', { bearer: token, body })
  const all: number[] = []
  for (let n = 0; n < 8; n += 1) all.push((await change()).status)
  expect(all).toEqual([400, 400, 400, 400, 400, 400, 429, 429])
  expect((await world.ask('DELETE /me', { bearer: token, body: { password: wrong } })).status).toBe(429)
})

test('at most 20 client networks of a user are stored', async () => {
  const world = await createWorld()
  const { email } = await world.signUp()
  for (let n = 0; n < 25; n += 1) {
    world.pass(1)
    await guess(world, email, `203.0.113.${n}`, password)
  }
  const networks = await world.rows('select place from galley_places order by lastAt')
  expect(networks).toHaveLength(20)
  expect(networks[0]).toMatchObject({ place: '203.0.113.5' })
})

test('of one address one is looked at at once and eight wait, so that the others have their turn', async () => {
  const latch = Promise.withResolvers<void>()
  const first = await createWorld()
  const { email } = await first.signUp()
  const world = await first.restart({
    isCurrent: () => true,
    hash: async () => 'x',
    async verify() {
      await latch.promise
      return false
    },
  })
  const many = Array.from({ length: 20 }, (_, n) => guess(world, `user${n}@example.com`, otherAddress))
  const refused = await Promise.all(many.slice(9))
  expect(new Set(refused)).toEqual(new Set([429]))
  const other = guess(world, email, '203.0.113.5')
  latch.resolve()
  expect(new Set(await Promise.all([...many.slice(0, 9), other]))).toEqual(new Set([401]))
  expect(await guess(world, 'late@example.com', otherAddress)).toBe(401)
  expect(await world.rows("select failures from galley_lockouts where name like 'place 198.%'")).toMatchObject([
    { failures: 10 },
  ])
})

/** Everything that a guesser observes of 60 guesses with pauses, and the runs of scrypt of each. */
async function observed(prepare: (world: World) => Promise<string>, address: string): Promise<unknown[]> {
  const world = await createWorld()
  const email = await prepare(world)
  const all: unknown[] = []
  for (let n = 0; n < 60; n += 1) {
    const before = world.work()
    const { status, headers, body } = await world.ask('POST /sign-in', { body: { email, password: wrong }, address })
    const { requestId: _, ...rest } = body
    const shown = [...headers].filter(([name]) => name !== 'x-request-id')
    all.push({ status, rest, shown, work: world.work() - before })
    // Some come too early, some in time.
    const seconds = Number(headers.get('retry-after') ?? 0)
    world.pass([0, 400, seconds * second - 1, seconds * second][n % 4] ?? 0)
  }
  return all
}

const accounts: Record<string, (world: World) => Promise<string>> = {
  'has an account and signed in here before': async ({ signUp }) => (await signUp()).email,
  'has an account and signed in elsewhere': async (world) => {
    const { email, id } = await world.signUp()
    await world.rows('delete from galley_places where userId = ?', id)
    return email
  },
  'has a disabled account': async (world) => {
    const [chief, { email, id }] = [await world.admin(), await world.signUp()]
    await world.ask(`PATCH /api/admin/users/${id}`, { bearer: chief.token, body: { disabled: true } })
    return email
  },
}

test.each(Object.entries(accounts))(
  'guesses look alike for one who %s and for one without an account',
  async (_, make) => {
    const unknown = await observed(async () => 'nobody@example.com', home)
    expect(await observed(make, home)).toEqual(unknown)
    expect(new Set(unknown.map((each) => (each as { status: number }).status))).toEqual(new Set([401, 429]))
  },
)
