import { expect, onTestFinished, test } from 'vitest'
import { createApp } from '../../src/app.ts'
import { collection } from '../../src/collections/collection.ts'
import { type Fields, field } from '../../src/collections/field.ts'
import { createTestDatabase } from '../harness/database.ts'
import { createTestPlatform } from '../harness/platform.ts'

const platform = createTestPlatform({ database: (await createTestDatabase([])).database })

test.each(['', 'constructor', 'Todos', '1st', 'a b', 'a.b', 'galley_x', 'sqlite_x', 'x'.repeat(41)])(
  'a collection cannot be named %o',
  (name) => {
    expect(() => collection(name, { access: 'open', fields: {} })).toThrow(TypeError)
  },
)

test.each([
  ['todos', 'todo'],
  ['order_lines', 'order line'],
  ['categories', 'category'],
  ['boxes', 'box'],
  ['addresses', 'address'],
  ['houses', 'house'],
  ['inventory', 'inventory'],
  ['status', 'status'],
])('one row of %s is a %s', (name, singular) => {
  expect(collection(name, { access: 'open', fields: {} }).singular).toBe(singular)
})

test('a collection without access does not start', () => {
  const options = { fields: {} } as unknown as { access: 'open'; fields: Fields }
  expect(() => collection('things', options)).toThrow(/things needs an access/)
})

test('an action without a rule is for nobody', () => {
  const { access } = collection('things', { access: { read: 'signedIn' }, fields: {} })
  expect(access).toMatchObject({ read: 'signedIn', create: 'nobody', update: 'nobody', delete: 'nobody' })
})

test('the name of one row can be declared', () => {
  expect(collection('people', { access: 'open', singular: 'person', fields: {} }).singular).toBe('person')
})

test.each<[string, Fields]>([
  ['named like one that the server sets', { id: field.text() }],
  ['named like one of those but for case', { createdat: field.text() }],
  ['equal to another but for case', { name: field.text(), Name: field.text() }],
  ['with a space', { 'a b': field.text() }],
  ['named __proto__', { ['__proto__']: field.text() }],
])('a field cannot be %s', (_, fields) => {
  expect(() => collection('things', { access: 'open', fields })).toThrow(TypeError)
})

test.each(Object.getOwnPropertyNames(Object.prototype))('a field cannot have the name of every object: %s', (name) => {
  const fields = Object.fromEntries([[name, field.text({ default: '' })]])
  expect(() => collection('things', { access: 'open', fields })).toThrow(/like dueAt.*every object/)
})

test('an indexed text cannot be longer than a thousand characters', () => {
  expect(() => field.text({ indexed: true, max: 1001 })).toThrow(TypeError)
  expect(() => field.text({ unique: true, max: 1001 })).toThrow(TypeError)
})

test('a reference to a collection that is not mounted is refused by name', () => {
  const things = collection('things', { access: 'open', fields: { owner: field.reference('people') } })
  // @ts-expect-error: nor does it compile
  expect(() => createApp(platform, { collections: [things] })).toThrow('things.owner refers to people')
})

test('a collection cannot be mounted twice', () => {
  const things = collection('things', { access: 'open', fields: {} })
  expect(() => createApp(platform, { collections: [things, things] })).toThrow('Two collections have the name things')
})

test('no two indexes have one name', async () => {
  const a = collection('a', {
    access: 'open',
    fields: { b_by_c: field.text({ indexed: true }), t: field.text({ indexed: true }) },
  })
  const ab = collection('a_by_b', { access: 'open', fields: { c: field.text({ indexed: true }) } })
  const at = collection('a_by_t', { access: 'open', fields: { id_: field.text({ indexed: true }) } })
  const { remove } = await createTestDatabase([a, ab, at])
  onTestFinished(remove)
})
