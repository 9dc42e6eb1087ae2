import { expect, test } from 'vitest'
import { Background } from '../../src/database/cleanup.ts'
import { createWorld } from './world.ts'

const dayMs = 24 * 60 * 60 * 1000

test('expired rows are deleted, and nothing else', async () => {
  const world = await createWorld()
  const { token, email } = await world.signUp()
  const start = Date.parse('2026-11-21T08:00:00Z')
  const body = { name: 'k', scopes: ['*'], expiresAt: new Date(start + dayMs).toISOString() }
  await world.ask('POST /keys', { bearer: token, body })
  await world.ask('POST /keys', { bearer: token, body: { ...body, expiresAt: null } })
  const arrival = world.nextMail()
  await world.ask('POST /reset', { body: { email } })
  await arrival
  const counts = async () => {
    await world.auth.cleanUp(new Background())
    const tables = ['users', 'logins', 'keys', 'resets', 'places', 'audit']
    const [row] = await world.rows(
      `select ${tables.map((name) => `(select count(*) from galley_${name}) as ${name}`).join()}`,
    )
    return { ...row }
  }
  // One of the resets is the administrator's code.
  expect(await counts()).toEqual({ users: 1, logins: 1, keys: 2, resets: 2, places: 1, audit: 5 })
  world.pass(60 * 60 * 1000)
  expect(await counts()).toEqual({ users: 1, logins: 1, keys: 2, resets: 1, places: 1, audit: 5 })
  world.pass(30 * dayMs)
  expect(await counts()).toEqual({ users: 1, logins: 0, keys: 2, resets: 1, places: 1, audit: 5 })
  world.pass(dayMs)
  expect(await counts()).toEqual({ users: 1, logins: 0, keys: 1, resets: 1, places: 1, audit: 5 })
  world.pass(150 * dayMs)
  expect(await counts()).toEqual({ users: 1, logins: 0, keys: 1, resets: 1, places: 0, audit: 5 })
  world.pass(220 * dayMs)
  expect(await counts()).toEqual({ users: 1, logins: 0, keys: 1, resets: 1, places: 0, audit: 0 })
})

test('many that have expired are cleared away in several writes', async () => {
  const world = await createWorld()
  await world.signUp()
  await world.rows(`insert into galley_logins with recursive n (i) as (select 0 union all select i + 1 from n where i < 2499)
    select 'x' || i, 'u', 'h' || i, 0, 0, 1, null, '' from n`)
  await world.auth.cleanUp(new Background())
  expect(await world.rows('select 1 from galley_logins')).toHaveLength(1)
})
