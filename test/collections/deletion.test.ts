/** Deletions and restores of random graphs of rows, compared with a model. */
import fc from 'fast-check'
import { afterAll, beforeEach, expect, onTestFinished, test } from 'vitest'
import type { AnyCollection, HookContext, Rows } from '../../src/collections/declaration.ts'
import { dependentRowsMax } from '../../src/collections/deletion.ts'
import { type Fields, field } from '../../src/collections/field.ts'
import { roles } from '../../src/collections/roles.ts'
import { createAllRows } from '../../src/collections/rows.ts'
import { createIds } from '../../src/database/id.ts'
import { AppError } from '../../src/errors.ts'
import { createLocalNotifier } from '../../src/ports/notifier.ts'
import type { Identity } from '../../src/request/identity.ts'
import { createTopicLog } from '../../src/topics/log.ts'
import { createTestDatabase } from '../harness/database.ts'

const { collection } = roles('editor')

/** Notes the hooks that run; `refuse` names a row whose deletion a hook refuses. */
const calls: string[] = []
let refuse = ''
let alsoDelete: [string, string] | null = null
beforeEach(() => {
  calls.length = 0
  refuse = ''
  alsoDelete = null
})
const ann = { userId: 'ann', role: 'user', scopes: null } as unknown as Identity

function nodes(name: string, read: 'anyone' | 'editor'): AnyCollection {
  const hooks = {
    before: {
      *delete({ id }: { id: string }, context: HookContext) {
        if (id === refuse) throw new AppError('forbidden')
        const other = alsoDelete
        alsoDelete = null
        if (other !== null) yield* context.rows(collections[other[0] as 'a' | 'b']).remove(other[1])
      },
    },
    after: {
      delete: ({ id }: { id: string }, { identity }: HookContext) =>
        void calls.push(`delete ${id} ${identity?.userId}`),
      update: ({ id }: { id: string }, _: unknown, { identity }: HookContext) =>
        void calls.push(`update ${id} ${identity?.userId}`),
    },
  }
  const fields = {
    aRestricts: field.reference('a', { optional: true }),
    aCascades: field.reference('a', { optional: true, onDelete: 'cascade' }),
    aNulls: field.reference('a', { optional: true, onDelete: 'setNull' }),
    bRestricts: field.reference('b', { optional: true, onDelete: 'restrict' }),
    bCascades: field.reference('b', { optional: true, onDelete: 'cascade' }),
    bNulls: field.reference('b', { optional: true, onDelete: 'setNull' }),
    aListRestricts: field.references('a'),
    aListCascades: field.references('a', { onDelete: 'cascade' }),
    aListLoses: field.references('a', { onDelete: 'removeFromList' }),
    bListLoses: field.references('b', { onDelete: 'removeFromList' }),
  } satisfies Fields
  return collection(name, { fields, hooks, access: { read }, softDelete: true })
}

const collections: Record<'a' | 'b', AnyCollection> = { a: nodes('a', 'anyone'), b: nodes('b', 'editor') }
const list = [collections.a, collections.b]
const { database, load, remove } = await createTestDatabase(list)
afterAll(remove)
const { all } = createAllRows(list, {
  as: () => {
    throw new Error('There are no clients.')
  },
  enqueueChange: () => {
    throw new Error('There are no jobs.')
  },
  enqueue: () => {
    throw new Error('There are no jobs.')
  },
  database,
  now: Date.now,
  topicLog: createTopicLog({ database, now: Date.now, notifier: createLocalNotifier() }),
  newId: createIds(Date.now, (bytes) => crypto.getRandomValues(bytes)),
  problem: (error) => expect(error).toBeUndefined(),
})
const rowsOf = (name: string) => all[name] as Rows<Fields>

interface Node {
  key: string
  references: { field: string; key: string }[]
}

const idOf = (number: number) => String(number).padStart(26, '0')
const fieldNames = Object.keys(collections.a.fields)

/** Rows of both collections whose references may form any circles. */
const graphs = fc.integer({ min: 1, max: 7 }).chain((count) =>
  fc.array(fc.dictionary(fc.constantFrom(...fieldNames), fc.nat(count - 1), { maxKeys: 3 }), {
    minLength: 2 * count,
    maxLength: 2 * count,
  }),
)

const isList = (field: string) => field.includes('List')

const keyOf = (index: number) => `${index % 2 === 0 ? 'a' : 'b'}/${idOf(Math.floor(index / 2))}`

function nodesOf(graph: readonly Record<string, number>[]): Node[] {
  return graph.map((references, index) => ({
    key: keyOf(index),
    references: Object.entries(references).flatMap(([field, number]) =>
      // A list refers to two rows, where there are as many.
      (isList(field) ? new Set([number, number >> 1]) : [number])
        .values()
        .map((each) => ({
          field,
          key: `${field.charAt(0)}/${idOf(each)}`,
        }))
        .toArray(),
    ),
  }))
}

function store(nodes: readonly Node[]): void {
  for (const name of ['a', 'b']) {
    const own = nodes.filter(({ key }) => key.startsWith(name))
    load(
      name,
      own.map(({ key, references }) => ({
        id: key.slice(2),
        createdAt: 1,
        version: 1,
        ...Object.fromEntries(fieldNames.filter(isList).map((field) => [field, '[]'])),
        ...Object.fromEntries(
          Map.groupBy(references, ({ field }) => field)
            .entries()
            .map(([field, all]) => {
              const ids = all.map((each) => each.key.slice(2))
              return [field, isList(field) ? JSON.stringify(ids) : ids[0]]
            }),
        ),
      })),
    )
  }
}

async function stored(): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {}
  for (const name of ['a', 'b']) {
    for (const row of await database.read({ sql: `select * from ${name}`, parameters: [] }))
      found[`${name}/${row.id}`] = fieldNames.flatMap((field) => {
        const value = row[field] ?? null
        const ids = isList(field) ? (JSON.parse(String(value ?? '[]')) as string[]) : value === null ? [] : [value]
        return ids.map((id) => `${field} ${id}`)
      })
  }
  return found
}

/** The rows that are left with what their fields refer to; null where the deletion is refused. */
function expected(nodes: readonly Node[], root: string): Record<string, string[]> | null {
  const gone = new Set([root])
  for (let size = 0; size !== gone.size; ) {
    size = gone.size
    for (const { key, references } of nodes)
      if (references.some((each) => each.field.endsWith('Cascades') && gone.has(each.key))) gone.add(key)
  }
  const left = nodes.filter(({ key }) => !gone.has(key))
  if (left.some(({ references }) => references.some((each) => each.field.endsWith('Restricts') && gone.has(each.key))))
    return null
  return Object.fromEntries(
    left.map(({ key, references }) => {
      const kept = references.filter((each) => !gone.has(each.key))
      return [
        key,
        fieldNames.flatMap((field) =>
          kept.filter((each) => each.field === field).map((each) => `${field} ${each.key.slice(2)}`),
        ),
      ]
    }),
  )
}

const removeRoot = (key: string) => database.write(() => rowsOf(key.charAt(0)).remove(key.slice(2), { identity: ann }))
const restoreRoot = (key: string) => database.write(() => rowsOf(key.charAt(0)).restore(key.slice(2)))

test.each([true, false])(
  'of any rows and references, a deletion leaves what the declarations say, or everything, and a restore undoes it (hooks: %s)',
  async (hasHooks) => {
    // Where no hook can change what restricts a deletion, that is looked for first.
    const { hooks } = collections.a
    if (!hasHooks) for (const each of list) Object.assign(each, { hooks: undefined })
    onTestFinished(() => list.forEach((each) => void Object.assign(each, { hooks })))
    await fc.assert(
      fc.asyncProperty(graphs, fc.nat(), async (graph, pick) => {
        const all = nodesOf(graph)
        const root = keyOf(pick % graph.length)
        store(all)
        const before = await stored()
        const after = expected(all, root)
        if (after === null) {
          await expect(removeRoot(root)).rejects.toMatchObject({ code: 'conflict' })
          expect(await stored()).toEqual(before)
        } else {
          await removeRoot(root)
          expect(await stored()).toEqual(after)
          await restoreRoot(root)
          // A reference that was set to null stays so.
          expect(await stored()).toEqual({ ...before, ...after })
        }
      }),
      { numRuns: 150 },
    )
  },
)

test('each row is one event and has its hooks once, with the identity of the client', async () => {
  const left = { aNulls: 0, bNulls: 0, aListLoses: 0 }
  store(nodesOf([{}, { aCascades: 0 }, { bCascades: 0, aNulls: 0 }, { aNulls: 0, aCascades: 1 }, left]))
  await removeRoot(keyOf(0))
  const gone = [3, 2, 1, 0].map((index) => keyOf(index).slice(2))
  expect(calls).toEqual([`update ${idOf(2)} ann`, ...gone.map((id) => `delete ${id} ann`)])
})

test('a hook that refuses one of the rows fails the whole deletion', async () => {
  store(nodesOf([{}, { aCascades: 0 }, { bCascades: 0 }]))
  refuse = idOf(1)
  const before = await stored()
  await expect(removeRoot(keyOf(0))).rejects.toMatchObject({ code: 'forbidden' })
  expect(await stored()).toEqual(before)
})

test('a hook may delete any of the rows before their turn', async () => {
  for (const target of [0, 1, 2, 3]) {
    store(nodesOf([{}, { aCascades: 0 }, { bCascades: 0 }, { aNulls: 0 }]))
    alsoDelete = [keyOf(target).charAt(0), keyOf(target).slice(2)]
    await removeRoot(keyOf(0))
    expect(Object.keys(await stored())).toEqual(target === 3 ? [] : [keyOf(3)])
  }
})

test('the error names the collection only to those who may read the row that restricts', async () => {
  store(nodesOf([{}, { aRestricts: 0 }]))
  const removeAs = (identity: Identity | null) => database.write(() => rowsOf('a').remove(idOf(0), { identity }))
  await expect(removeAs({ ...ann, role: 'editor' })).rejects.toThrow('A row of b still refers to it.')
  await expect(removeAs(ann)).rejects.toThrow('Another row still refers to it.')
  await expect(removeAs(null)).rejects.toThrow('Another row still refers to it.')
})

test('the bound counts all rows that change, whatever their depth', async () => {
  const chain = (length: number) =>
    Array.from({ length }, (_, n) => ({
      key: `a/${idOf(n)}`,
      references: n === 0 ? [] : [{ field: 'aCascades', key: `a/${idOf(n - 1)}` }],
    }))
  const wide = (length: number) =>
    Array.from({ length }, (_, n) => ({
      key: `a/${idOf(n)}`,
      references: n === 0 ? [] : [{ field: n % 2 === 0 ? 'aCascades' : 'aNulls', key: `a/${idOf(0)}` }],
    }))
  for (const shape of [chain, wide]) {
    store(shape(dependentRowsMax + 2))
    await expect(removeRoot(keyOf(0))).rejects.toThrow(/1000/)
    expect(Object.keys(await stored())).toHaveLength(dependentRowsMax + 2)
    store(shape(dependentRowsMax + 1))
    await removeRoot(keyOf(0))
    expect(Object.keys(await stored())).toHaveLength(shape === chain ? 0 : dependentRowsMax / 2)
  }
})

test('a reference to nothing can be null alone, so setNull must be optional', () => {
  expect(() => field.reference('a', { onDelete: 'setNull' })).toThrow(/must be optional/)
  expect(() => field.reference('a', { onDelete: 'delete' as 'cascade' })).toThrow(/restrict, cascade, setNull/)
  expect(() => field.references('a', { onDelete: 'setNull' as 'cascade' })).toThrow(/restrict, cascade, removeFromList/)
  for (const max of [0, 1001, 1.5]) expect(() => field.references('a', { max })).toThrow('must be 1 to 1000')
})
