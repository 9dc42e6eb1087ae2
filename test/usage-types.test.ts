/** Mistakes in the use of what is declared, by code of the server and by clients, that do not compile. */
import { hc } from 'hono/client'
import { afterAll, expect, test } from 'vitest'
import { z } from 'zod'
import { collection, createApp, type Enqueue, field, job, topic } from '../src/index.ts'
import { createTestDatabase } from './harness/database.ts'
import { createTestPlatform } from './harness/platform.ts'

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
