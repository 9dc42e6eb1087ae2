/** Rules that name the id of a row: a profile has the id of its user, and other rows refer to it. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TestUser, testServer } from '../../adapters/testing/test-server.ts'
import { collection } from '../../src/collections/collection.ts'
import { field } from '../../src/collections/field.ts'

const people = collection('people', {
  singular: 'person',
  access: {
    read: (who) => who !== null && { id: who.userId },
    create: (who) => who !== null && { id: who.userId },
    update: (who) => who !== null && { id: who.userId },
    delete: (who) => who !== null && { id: who.userId },
    restore: (who) => who !== null && { id: who.userId },
    history: (who) => who !== null && { id: who.userId },
  },
  fields: { name: field.text({ max: 40 }) },
  search: ['name'],
  softDelete: true,
  history: true,
})
const teams = collection('teams', {
  access: { read: (who) => who !== null && { members: { $contains: who.userId } }, create: 'signedIn' },
  fields: { members: field.references('people', { onDelete: 'removeFromList' }) },
})

const start = () => testServer({ collections: [people, teams] })
let app: Awaited<ReturnType<typeof start>>
let ann: TestUser
let ben: TestUser
beforeAll(async () => {
  app = await start()
  ann = await app.signUp('ann@example.com')
  ben = await app.signUp('ben@example.com')
  for (const { id, identity } of [ann, ben]) await app.as(identity).collection(people).create({ name: 'somebody' }, id)
})
afterAll(() => app.stop())

test('a user creates the row with the own id alone', async () => {
  const cay = await app.signUp('cay@example.com')
  const own = app.as(cay.identity).collection(people)
  await expect(own.create({ name: 'x' })).rejects.toMatchObject({ code: 'forbidden' })
  await expect(own.create({ name: 'x' }, ann.id.replace(/.$/, 'x'))).rejects.toMatchObject({ code: 'forbidden' })
  expect(await own.create({ name: 'Cay' }, cay.id)).toMatchObject({ id: cay.id })
})

test.each(['', '?search=somebody', '?filter[id]=BEN', '?sort=-id', '?count=true'])(
  'a list%s has no row of another user',
  async (query) => {
    const response = await ann.request(`/api/people${query.replace('BEN', ben.id)}`)
    const { data } = (await response.json()) as { data: { id: string }[] }
    expect(data.map(({ id }) => id)).toEqual(query.includes('BEN') ? [] : [ann.id])
  },
)

test('another row is not found, whichever way it is asked for', async () => {
  const other = app.as(ann.identity).collection(people)
  await expect(other.get(ben.id)).rejects.toMatchObject({ code: 'not_found' })
  await expect(other.update(ben.id, { name: 'x' })).rejects.toMatchObject({ code: 'not_found' })
  await expect(other.delete(ben.id)).rejects.toMatchObject({ code: 'not_found' })
  await expect(other.history(ben.id)).rejects.toMatchObject({ code: 'not_found' })
})

test('a user names the own row in a reference, and reads the own row in the trash', async () => {
  const client = app.as(ann.identity)
  await expect(client.collection(teams).create({ members: [ann.id, ben.id] })).rejects.toMatchObject({
    code: 'validation_failed',
  })
  const { id } = await client.collection(teams).create({ members: [ann.id] })
  expect(await client.collection(teams).get(id, ['members'])).toMatchObject({ expand: { members: [{ id: ann.id }] } })
  await client.collection(people).delete(ann.id)
  await app.as(ben.identity).collection(people).delete(ben.id)
  const { entries } = await client.collection(people).trash.list()
  expect(entries.map(({ row }) => row.id)).toEqual([ann.id])
  expect(await client.collection(people).trash.restore(ann.id)).toMatchObject({ id: ann.id })
})
