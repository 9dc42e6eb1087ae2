/** The body of an import, as it is held in memory. */
import { expect, test } from 'vitest'
import { field } from '../../src/collections/field.ts'
import { AppError } from '../../src/errors.ts'
import { formats } from '../../src/transfer/formats.ts'
import { readRows } from '../../src/transfer/upload.ts'
import { streamOfChunks } from './world.ts'

const draining = new AbortController().signal

function createBound() {
  const { promise: refused, reject } = Promise.withResolvers<never>()
  const held: number[] = []
  return { refused, reject, held, hold: (bytes: number) => void held.push(bytes), release: () => void held.push(0) }
}

async function read(chunks: readonly string[], bound: ReturnType<typeof createBound>): Promise<string[]> {
  const texts: string[] = []
  const reader = formats.ndjson.reader({} as never)
  for await (const rows of readRows(streamOfChunks(chunks), reader, { bound, draining }))
    texts.push(...rows.map(({ text }) => text))
  return texts
}

test('only the row that is not complete is held, and nothing at the end', async () => {
  const bound = createBound()
  expect(await read(['a\nb', 'b\n', 'ccc', 'c'.repeat(5)], bound)).toEqual(['a', 'bb', 'cccccccc'])
  expect(bound.held).toEqual([1, 0, 3, 8, 0])
})

test.each([
  ['ndjson', '\ufeff\n \t\r\n{"a":1}\r\n\n{}\n\n \u00a0\n{}', [3, 5, 7, 8]],
  ['csv', '\ufeff\n\r\n\ntext\r\n\r\n\r"a\n\nb"\r\n\n""\n', [7, 11]],
] as const)('empty lines of %s are counted, and are no rows', async (name, text, expected) => {
  for (const size of [1, 2, 3, 100]) {
    const reader = formats[name].reader({ fields: { text: field.text() }, access: {} } as never)
    const chunks = text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? []
    const lines: number[] = []
    for await (const rows of readRows(streamOfChunks(chunks), reader, { bound: null, draining }))
      lines.push(...rows.map(({ line }) => line))
    expect(lines).toEqual(expected)
  }
})

test('a body that holds too much for its network ends', async () => {
  const bound = createBound()
  const tooMany = new AppError('too_many_requests')
  bound.hold = (bytes) => {
    bound.held.push(bytes)
    if (bytes > 5) bound.reject(tooMany)
  }
  await expect(read(['{}\n', 'x'.repeat(10), 'x'.repeat(10), 'x'.repeat(40)], bound)).rejects.toBe(tooMany)
  expect(bound.held.at(-1)).toBe(0)
})
