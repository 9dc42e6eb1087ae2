/** Mistakes that do not compile, and those of them that are refused when they run. */
import { hc } from 'hono/client'
import { afterAll, expect, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import type { As } from '../src/index.ts'
import { collection, createApp, type Enqueue, field, type Identity, job, roles, topic } from '../src/index.ts'
import { createTestDatabase } from './harness/database.ts'
import { createTestPlatform } from './harness/platform.ts'

const clinic = roles('staff', 'doctor')

const wards = collection('wards', {
  access: 'open',
  fields: { name: field.text({ indexed: true }), beds: field.integer({ default: 0, indexed: true }) },
})
const patients = collection('patients', {
  access: 'open',
  fields: {
    name: field.text({ unique: true }),
    born: field.date({ optional: true, indexed: true }),
    notes: field.text(),
    tags: field.list(field.text()),
    weight: field.number({ default: 0 }),
    ward: field.reference('wards', { optional: true }),
    kind: field.choice(['new', 'known'], { default: 'new' }),
    isUrgent: field.boolean({ default: false }),
  },
  indexes: [['kind', 'isUrgent']],
  search: ['name', 'notes'],
})
const lobby = topic('lobby', { data: z.object({ text: z.string() }) })
const rooms = topic('rooms', { partitioned: true })
const remind = job('remind', { payload: z.object({ patient: z.string(), times: z.number().default(1) }) }, () => {})
const sweep = job('sweep', {}, () => {})

/** Checked by the compiler alone. */
function compiled(mistakes: () => unknown): void {
  expect(mistakes).toBeTypeOf('function')
}

const subject = await createTestDatabase([])
afterAll(() => subject.remove())
const platform = createTestPlatform(subject)
const app = () => createApp(platform, { collections: [wards, patients], topics: [lobby, rooms] })

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

test('names and values in a list of the server', () =>
  compiled(() => {
    const all = app().as('system').collection(patients)
    const system = app().as('system').collection(wards)
    return [
      all.list({
        filter: {
          name: 'Ann',
          born: { $between: ['2000-01-01', '2001-01-01'], $null: false },
          tags: { $contains: 'a' },
          kind: { $in: ['new', 'known'] },
          $or: [{ isUrgent: true }, { ward: null }],
        },
        sort: ['-name', 'createdAt'],
        expand: ['ward'],
      }),
      all.list({ search: 'ann' }),
      all.get('id', ['ward']),
      // @ts-expect-error: no such field
      all.list({ filter: { nmae: 'Ann' } }),
      // @ts-expect-error: no such field in a group
      all.list({ filter: { $or: [{ nmae: 'Ann' }] } }),
      // @ts-expect-error: no index
      all.list({ filter: { notes: 'x' } }),
      // @ts-expect-error: no such operator
      all.list({ filter: { name: { $like: 'x' } } }),
      // @ts-expect-error: without an order
      all.list({ filter: { isUrgent: { $gt: false } } }),
      // @ts-expect-error: not a text
      system.list({ filter: { beds: { $startsWith: '1' } } }),
      // @ts-expect-error: a value of another type
      all.list({ filter: { isUrgent: 'yes' } }),
      // @ts-expect-error: no such choice
      all.list({ filter: { kind: 'nwe' } }),
      // @ts-expect-error: a list is filtered by what it contains
      all.list({ filter: { tags: 'a' } }),
      // @ts-expect-error: no such field
      all.list({ sort: '-nmae' }),
      // @ts-expect-error: no index
      all.list({ sort: 'weight' }),
      // @ts-expect-error: it may be null
      all.list({ sort: 'born' }),
      // @ts-expect-error: not a reference
      all.list({ expand: ['name'] }),
      // @ts-expect-error: no such reference
      all.get('id', ['wrad']),
      // @ts-expect-error: no search is declared
      app().as(null).collection(wards).list({ search: 'x' }),
    ]
  }))

test('names in a query of a client', () => {
  const { api } = hc<ReturnType<typeof app>>('http://localhost')
  compiled(() => [
    api.patients.$get({
      query: {
        sort: '-name,createdAt',
        'filter[born][$gte]': '2000-01-01',
        'filter[tags][$contains]': 'a',
        'filter[$or][0][kind]': 'new',
        'filter[$or][1][name][$ne]': 'Ann',
        'filter[$or][1][$and][0][name]': 'Ann',
        expand: 'ward',
        search: 'ann',
      },
    }),
    api.patients.aggregate.$get({ query: { sum: 'weight', max: 'born', group: 'kind', 'filter[kind]': 'new' } }),
    api.patients[':id'].$get({ param: { id: 'x' }, query: { expand: 'ward.name', fields: 'name' } }),
    // @ts-expect-error: no such field
    api.patients.$get({ query: { sort: 'nmae' } }),
    // @ts-expect-error: no index
    api.patients.$get({ query: { sort: 'weight' } }),
    // @ts-expect-error: it may be null
    api.patients.$get({ query: { sort: '-born' } }),
    // @ts-expect-error: no index
    api.patients.$get({ query: { 'filter[notes]': 'x' } }),
    // @ts-expect-error: no such operator
    api.patients.$get({ query: { 'filter[name][$like]': 'x' } }),
    // @ts-expect-error: no such field in a group
    api.patients.$get({ query: { 'filter[$or][0][nmae]': 'x' } }),
    // @ts-expect-error: no such operator in a group
    api.patients.$get({ query: { 'filter[$and][0][name][$like]': 'x' } }),
    // @ts-expect-error: no such field
    api.patients.$get({ query: { fields: 'nmae' } }),
    // @ts-expect-error: not a reference
    api.patients.$get({ query: { expand: 'name' } }),
    // @ts-expect-error: no references at all
    api.wards.$get({ query: { expand: 'name' } }),
    // @ts-expect-error: no search is declared
    api.wards.$get({ query: { search: 'x' } }),
    // @ts-expect-error: not a number
    api.patients.aggregate.$get({ query: { sum: 'name' } }),
    // @ts-expect-error: no index
    api.patients.aggregate.$get({ query: { group: 'notes' } }),
  ])
})

test('a topic that is not declared, and data that it does not take', () =>
  compiled(() => {
    const system = app().as('system')
    const { api } = hc<ReturnType<typeof app>>('http://localhost')
    return [
      system.publish(lobby, { type: 'said', data: { text: 'hi' }, id: 'one' }),
      system.publish(rooms, { partition: 'r1', type: 'said' }),
      system.publish(wards, { type: 'inspected' }),
      // @ts-expect-error: a name, which nothing checks
      system.publish('lobyb', { type: 'said' }),
      // @ts-expect-error: other data
      system.publish(lobby, { type: 'said', data: { txt: 'hi' } }),
      // @ts-expect-error: no data
      system.publish(lobby, { type: 'said' }),
      // @ts-expect-error: no partition
      system.publish(rooms, { type: 'said' }),
      // @ts-expect-error: it has no partitions
      system.publish(lobby, { type: 'said', data: { text: 'hi' }, partition: 'r1' }),
      api.topics[':topic'].events.$get({ param: { topic: 'patients' }, query: {} }),
      api.topics[':topic'][':partition'].events.$get({ param: { topic: 'rooms', partition: 'r1' }, query: {} }),
      // @ts-expect-error: no such topic
      api.topics[':topic'].events.$get({ param: { topic: 'lobyb' }, query: {} }),
    ]
  }))

test('the payload of a job', () =>
  compiled(() => {
    const enqueue = null as unknown as Enqueue
    return [
      enqueue(remind, { patient: 'x' }, { key: 'x', at: 1 }),
      enqueue(sweep),
      app().enqueue(remind, { patient: 'x', times: 2 }),
      // @ts-expect-error: no payload
      enqueue(remind),
      // @ts-expect-error: misspelled
      enqueue(remind, { pateint: 'x' }),
      // @ts-expect-error: another type
      app().enqueue(remind, { patient: 'x', times: 'two' }),
      // @ts-expect-error: no payload is declared
      enqueue(sweep, { patient: 'x' }),
      // @ts-expect-error: no such option
      enqueue(remind, { patient: 'x' }, { kye: 'x' }),
    ]
  }))

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
