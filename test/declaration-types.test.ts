/** Mistakes in a declaration that do not compile, and those of them that are refused when they run. */
import { afterAll, expect, expectTypeOf, test } from 'vitest'
import { type As, collection, createApp, field, type Identity, roles, topic } from '../src/index.ts'
import { createTestDatabase } from './harness/database.ts'
import { createTestPlatform } from './harness/platform.ts'

const clinic = roles('staff', 'doctor')
const patients = collection('patients', { access: 'open', fields: { name: field.text() } })

/** Checked by the compiler alone. */
function compiled(mistakes: () => unknown): void {
  expect(mistakes).toBeTypeOf('function')
}

const subject = await createTestDatabase([])
afterAll(() => subject.remove())
const platform = createTestPlatform(subject)

test('a role that is not declared', () => {
  const fields = { name: field.text() }
  expect(() =>
    clinic.collection('a', { fields, access: { read: 'staff', create: 'doctor', update: 'admin' } }),
  ).not.toThrow()
  // @ts-expect-error: misspelled
  expect(() => clinic.collection('a', { fields, access: { read: 'stafff' } })).toThrow('names "stafff"')
  // @ts-expect-error: not declared
  expect(() => collection('a', { fields, access: { read: 'staff' } })).toThrow('Declare roles')
  // @ts-expect-error: misspelled
  expect(() => clinic.topic('a', { access: { publish: 'docter' } })).toThrow('names "docter"')
  // @ts-expect-error: not declared
  expect(() => topic('a', { access: { read: 'staff' } })).toThrow('Declare roles')
  expect(() => roles('Staff')).toThrow('must be like editor')
  expect(() => roles('owner')).toThrow('must be like editor')
})

test('a role that no user can have, in a rule that is a function', () =>
  compiled(() => [
    clinic.collection('a', { fields: {}, access: { read: (who) => who?.role === 'staff' } }),
    // @ts-expect-error: misspelled
    clinic.collection('a', { fields: {}, access: { read: (who) => who?.role === 'stafff' } }),
    // @ts-expect-error: not declared
    collection('a', { fields: {}, access: { read: (who) => who?.role === 'staff' } }),
    clinic.collection('a', { fields: {}, access: { read: (who: Identity | null) => who !== null } }),
  ]))

test('a field that a rule filters by', () => {
  const fields = { patient: field.text(), shared: field.boolean() }
  compiled(() => [
    collection('a', {
      fields,
      access: { read: (who) => (who ? [{ patient: who.userId }, { shared: true }] : { shared: true }) },
    }),
    collection('a', {
      fields,
      access: {
        read: (who) => who !== null && { owner: who.userId },
        update: () => ({ patient: ['a', 'b'], shared: true }),
        delete: (who) => who !== null && { id: who.userId },
      },
    }),
    // @ts-expect-error: misspelled
    collection('a', { fields, access: { read: () => ({ pateint: 'x' }) } }),
    // @ts-expect-error: misspelled
    collection('a', { fields, access: { read: () => ({ patient: 'x', shraed: true }) } }),
    // @ts-expect-error: misspelled
    collection('a', { fields, access: { read: (who) => who !== null && [{ pateint: who.userId }, { shared: true }] } }),
    // @ts-expect-error: a boolean
    collection('a', { fields, access: { read: () => ({ shared: 'yes' }) } }),
    // @ts-expect-error: a text
    collection('a', { fields, access: { read: () => ({ id: 1 }) } }),
  ])
})

test('names of fields in a declaration', () => {
  const fields = { doctor: field.text({ indexed: true }), start: field.timestamp({ indexed: true }) }
  compiled(() => [
    // @ts-expect-error: no such field
    collection('a', { access: 'open', fields, indexes: [['docter', 'start']] }),
    // @ts-expect-error: no such field
    collection('a', { access: 'open', fields, unique: [['doctor', 'strat']] }),
    // @ts-expect-error: no such field
    collection('a', { access: 'open', fields, search: ['docter'] }),
    // @ts-expect-error: no such field
    collection('a', { access: 'open', fields, audience: 'docter' }),
    // @ts-expect-error: no such action
    collection('a', { fields, access: { raed: 'anyone' } }),
  ])
})

test('a reference that leads nowhere', () => {
  const visits = collection('visits', { access: 'open', fields: { patient: field.reference('pateints') } })
  const tree = collection('tree', { access: 'open', fields: { parent: field.reference('tree', { optional: true }) } })
  expect(() => createApp(platform, { collections: [tree] })).not.toThrow()
  // @ts-expect-error: The field visits.patient refers to pateints, which is not a collection of this app.
  expect(() => createApp(platform, { collections: [visits, patients] })).toThrow('visits.patient refers to')
})

test('the rows of hooks', () => {
  const fields = { name: field.text(), born: field.date({ optional: true }) }
  collection('a', {
    access: 'open',
    fields,
    hooks: {
      before: {
        create(row) {
          expectTypeOf(row.born).toEqualTypeOf<string | null>()
          return { name: 'x' }
        },
      },
      after: {
        create(row, { as }) {
          expectTypeOf(row.name).toEqualTypeOf<string>()
          expectTypeOf(as).toEqualTypeOf<As>()
        },
        update(before, row) {
          expectTypeOf(before).toEqualTypeOf(row)
        },
      },
    },
  })
  compiled(() => [
    // @ts-expect-error: no such field
    collection('a', { access: 'open', fields, hooks: { before: { create: () => ({ nmae: 'x' }) } } }),
    // @ts-expect-error: no such field
    collection('a', { access: 'open', fields, hooks: { after: { create: (row) => void row.nmae } } }),
    // @ts-expect-error: no such moment
    collection('a', { access: 'open', fields, hooks: { after: { craete() {} } } }),
  ])
})

test('a reference to a declared collection', () => {
  const wards = collection('wards', { access: 'open', fields: { floor: field.integer() } })
  const patients = collection('patients', {
    access: 'open',
    fields: { name: field.text(), ward: field.reference(wards, { optional: true }) },
  })
  const teams = collection('teams', {
    access: 'open',
    fields: { leader: field.reference(patients), members: field.references(patients), other: field.reference('wards') },
  })
  compiled(() =>
    (async (as: As) => {
      const { leader, expand } = await as(null).collection(teams).get('x', ['leader.ward', 'members', 'other'])
      expectTypeOf(leader).toEqualTypeOf<string>()
      expectTypeOf(expand?.leader?.name).toEqualTypeOf<string | undefined>()
      expectTypeOf(expand?.leader?.expand?.ward?.floor).toEqualTypeOf<number | undefined>()
      expectTypeOf(expand?.members?.[0]?.ward).toEqualTypeOf<string | null | undefined>()
      expectTypeOf(expand?.other?.floor).toEqualTypeOf<unknown>()
      // @ts-expect-error: misspelled
      void expand?.leader?.nmae
    })({} as As),
  )
  expect(teams.fields.leader.column.references.collection).toBe('patients')
  compiled(() => createApp(platform, { collections: [wards, patients, teams] }))
  // @ts-expect-error: the app has no such collection
  expect(() => createApp(platform, { collections: [teams] })).toThrow('is not a collection')
})

test('a list of references', () => {
  const teams = collection('teams', {
    access: { read: (user) => user !== null && { members: { $contains: user.userId } } },
    fields: { name: field.text(), members: field.references('patients', { onDelete: 'removeFromList' }) },
  })
  compiled(() =>
    ((as: As) => {
      const client = as(null).collection(teams)
      void client.list({ filter: { members: { $contains: 'x' } }, expand: ['members', 'members.ward'] })
      void client.get('x').then((row) => expectTypeOf(row.members).toEqualTypeOf<string[]>())
      void client
        .get('x')
        .then(({ expand }) => expectTypeOf(expand?.members?.[0]?.id).toEqualTypeOf<string | undefined>())
      // @ts-expect-error: a list is no text
      void client.create({ name: 'x', members: 'y' })
      // @ts-expect-error: a list does not sort
      void client.list({ sort: 'members' })
      // @ts-expect-error: misspelled
      void client.list({ expand: ['membres'] })
    })({} as As),
  )
  // @ts-expect-error: another effect
  expect(() => field.references('patients', { onDelete: 'setNull' })).toThrow('onDelete of references')
  // @ts-expect-error: the app has no such collection
  expect(() => createApp(platform, { collections: [teams] })).toThrow('is not a collection')
})
