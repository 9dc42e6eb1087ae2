/** Filters of lists against a model: every operator, and groups of any filters. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readPage } from '../../src/collections/list.ts'
import { allRows, compareText, createThings, listable, rows, type Thing, things, word } from './things-table.ts'

const { database, load, list } = await createThings()

const matchers: Record<string, (value: unknown, wanted: string) => boolean> = {
  $eq: (value, wanted) => value === wanted,
  $ne: (value, wanted) => value !== wanted,
  $gt: (value, wanted) => value !== null && compareText(value, wanted) > 0,
  $gte: (value, wanted) => value !== null && compareText(value, wanted) >= 0,
  $lt: (value, wanted) => value !== null && compareText(value, wanted) < 0,
  $lte: (value, wanted) => value !== null && compareText(value, wanted) <= 0,
  $startsWith: (value, wanted) => typeof value === 'string' && value.startsWith(wanted),
  $contains: (value, wanted) => typeof value === 'string' && value.includes(wanted),
}

test('every operator on text finds the matching rows, and no others', async () => {
  const operator = fc.constantFrom(...Object.keys(matchers))
  await fc.assert(
    fc.asyncProperty(
      rows,
      fc.constantFrom('name' as const, 'note' as const),
      operator,
      word,
      async (stored, name, op, wanted) => {
        load('things', stored)
        const found = await list(
          new URLSearchParams({ [`filter[${name}][${op}]`]: wanted, sort: 'id', limit: '1000' }).toString(),
        )
        const expected = stored.filter((row) => matchers[op]?.(row[name], wanted))
        expect(found.map(({ id }) => id)).toEqual(expected.map(({ id }) => id))
      },
    ),
    { numRuns: 300 },
  )
})

test('$in finds any of its values, and filters of several fields must all match', async () => {
  await fc.assert(
    fc.asyncProperty(rows, fc.uniqueArray(fc.integer({ min: -2, max: 2 }), { minLength: 1 }), async (stored, sizes) => {
      load('things', stored)
      const query = `sort=id&filter[open]=true&${sizes.map((size) => `filter[size][$in]=${size}`).join('&')}`
      const expected = stored.filter(({ size, open }) => open === 1 && sizes.includes(size))
      expect((await list(query)).map(({ id }) => id)).toEqual(expected.map(({ id }) => id))
    }),
    { numRuns: 100 },
  )
})

/** A condition as parameters of a URL, and as a function of a row. */
interface Condition {
  parameters: [path: string, value: string][]
  matches(row: Thing): boolean
}

const size = fc.integer({ min: -2, max: 2 })
const sizes = fc.uniqueArray(size, { minLength: 1, maxLength: 3 })
const repeated = (path: string, values: readonly number[]) => values.map((each): [string, string] => [path, `${each}`])

function condition(parameters: Condition['parameters'], matches: Condition['matches']): Condition {
  return { parameters, matches }
}

const plain = fc.oneof(
  sizes.map((list) => condition(repeated('[size][$in]', list), (row) => list.includes(row.size))),
  sizes.map((list) => condition(repeated('[size][$nin]', list), (row) => !list.includes(row.size))),
  fc
    .tuple(size, size)
    .map(([low, high]) =>
      condition(repeated('[size][$between]', [low, high]), (row) => low <= row.size && row.size <= high),
    ),
  word.map((tag) => condition([['[tags][$contains]', tag]], (row) => (JSON.parse(row.tags) as string[]).includes(tag))),
  word.map((note) => condition([['[note][$ne]', note]], (row) => row.note !== note)),
  fc.boolean().map((isNull) => condition([['[note][$null]', `${isNull}`]], (row) => (row.note === null) === isNull)),
)

const { group } = fc.letrec<{ group: Condition; member: Condition }>((tie) => ({
  member: fc.oneof({ maxDepth: 2 }, plain, tie('group')),
  group: fc
    .tuple(fc.constantFrom('$or' as const, '$and' as const), fc.array(tie('member'), { minLength: 1, maxLength: 3 }))
    .map(([operator, members]) => ({
      parameters: members.flatMap(({ parameters }, index) =>
        parameters.map(([path, value]): [string, string] => [`[${operator}][${index}]${path}`, value]),
      ),
      matches: (row) =>
        operator === '$or' ? members.some((each) => each.matches(row)) : members.every((each) => each.matches(row)),
    })),
}))

test('groups of any filters find the matching rows, and no others, page by page', async () => {
  await fc.assert(
    fc.asyncProperty(rows, group, plain, async (stored, first, second) => {
      load('things', stored)
      const both = [...first.parameters, ...second.parameters].map(([path, value]) => [`filter${path}`, value])
      const seen: string[] = []
      for (let cursor: string | null = ''; cursor !== null; ) {
        const query = new URLSearchParams([...both, ['limit', '3'], ...(cursor ? [['cursor', cursor]] : [])])
        const page = await readPage(database, things, allRows(query, listable))
        seen.push(...page.rows.map(({ id }) => String(id)))
        cursor = page.next
      }
      const expected = stored.filter((row) => first.matches(row) && second.matches(row)).map(({ id }) => id)
      expect(seen.toSorted()).toEqual(expected)
    }),
    { numRuns: 300 },
  )
})
