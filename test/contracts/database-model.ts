import assert from 'node:assert/strict'
import fc from 'fast-check'
import { one, runAll } from '../../src/database/steps.ts'
import type { Steps } from '../../src/ports/database.ts'
import { add, all, type Case, codeOf, insertIfNew, remove } from './subject.ts'

/** One of the writes of the random test, and what it does to a model of the table. */
interface Operation {
  kind: 'insert' | 'add' | 'pair' | 'remove' | 'double'
  key: number
  other: number
}

const writesAtOnce = 2000

const operation = fc.record<Operation>({
  kind: fc.constantFrom('insert', 'add', 'pair', 'remove', 'double'),
  key: fc.nat(15),
  other: fc.nat(15),
})

export const modelCase: Case = {
  name: `${writesAtOnce} concurrent writes in random order end as the same writes one after the other`,
  async run(subject) {
    const operations = fc.array(operation, { minLength: writesAtOnce, maxLength: writesAtOnce })
    await fc.assert(
      fc.asyncProperty(operations, async (list) => {
        await subject.database.write(() => runAll({ sql: 'delete from things', parameters: [] }))
        const outcomes = await Promise.all(list.map((each) => codeOf(subject.database.write(() => stepsOf(each)))))
        const model = new Map<string, number>()
        assert.deepEqual(
          outcomes,
          list.map((each) => applyTo(model, each)),
        )
        assert.deepEqual(await all(subject), Object.fromEntries(model))
      }),
      { numRuns: 3 },
    )
  },
}

const keyOf = (n: number) => `k${String(n).padStart(2, '0')}`

function* stepsOf({ kind, key, other }: Operation): Steps<void> {
  const id = keyOf(key)
  if (kind === 'insert') yield [insertIfNew(id, 1)]
  if (kind === 'add') yield [add(id, 1)]
  if (kind === 'pair') yield [add(id, 10), add(keyOf(other), -10)]
  if (kind === 'remove') yield [remove(id)]
  if (kind === 'double') {
    const { n } = yield* one(add(id, 0))
    yield [add(id, Number(n) % 1000)]
  }
}

function applyTo(model: Map<string, number>, { kind, key, other }: Operation): string {
  const id = keyOf(key)
  const value = model.get(id)
  if (kind === 'insert') {
    if (value !== undefined) return 'precondition_failed'
    model.set(id, 1)
    return 'ok'
  }
  if (value === undefined || (kind === 'pair' && !model.has(keyOf(other)))) return 'not_found'
  if (kind === 'remove') model.delete(id)
  if (kind === 'add') model.set(id, value + 1)
  if (kind === 'double') model.set(id, value + (value % 1000))
  if (kind === 'pair') {
    model.set(id, value + 10)
    model.set(keyOf(other), (model.get(keyOf(other)) ?? 0) - 10)
  }
  return 'ok'
}
