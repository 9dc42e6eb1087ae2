/** Lists, rules and rows as large as they may be. */
import { beforeEach, describe, expect, test } from 'vitest'
import type { Row, Send, Subject } from './http.ts'
import { unique, walk } from './rows.ts'

const lengthMax = 1000
/** A third of the shortest request line that a server must take (RFC 9112 §3), so that filters have room. */
const nextLengthMax = 2600

export function boundCases(subject: Subject): void {
  longKeys(subject)
  largeRules(subject)
  manyFields(subject)
}

/** Characters of one, three and four bytes; JSON escapes one of them, and none is after the last. */
const scripts = ['a', '春', '\u0001', '\u{10FFFF}']

/** The longest text that ends in a suffix. */
function filled(character: string, suffix: string): string {
  return character.repeat((lengthMax - suffix.length) / character.length) + suffix
}

/** Rows whose keys are as long as they may be, differ at their ends alone, and are equal in two of three fields. */
async function createPoems(send: Send, character: string, count: number): Promise<Row[]> {
  const rows: Row[] = []
  for (let n = 0; n < count; n += 1) {
    const number = String(n).padStart(4, '0')
    const body = { first: filled(character, '0000'), second: filled(character, '00'), third: filled(character, number) }
    rows.push((await send('POST /api/poems', { body })).row)
  }
  return rows
}

const thirds = (rows: readonly Row[]) => rows.map(({ third }) => String(third).slice(-4))

function longKeys({ send }: Subject): void {
  describe.each(scripts)('texts of %j, as long as they may be', (character) => {
    let made: Row[]
    beforeEach(async () => {
      const old = await send('GET /api/poems?limit=1000')
      for (const { id } of old.rows) await send(`DELETE /api/poems/${id}`)
      made = await createPoems(send, character, 12)
    })

    test('lists by them read on to their ends', async () => {
      for (const sort of ['first,second,third', '-first,-second,-third', '-third,first,-second', 'first,-third']) {
        const rows = await walk(send, `/api/poems?sort=${sort}&limit=5`)
        const isDescending = sort.includes('-third')
        expect(thirds(rows)).toEqual(isDescending ? thirds(made).toReversed() : thirds(made))
        const { next } = (await send(`GET /api/poems?sort=${sort}&limit=5`)).body()
        expect(next?.length).toBeLessThan(nextLengthMax)
      }
    })

    test.each([5, 1])('pages of %d repeat and lose no row while the last one is deleted or changed', async (limit) => {
      let turn = 0
      const disturb = async (page: Row[]) => {
        const [last] = page.slice(-1)
        turn += 1
        if (last === undefined || turn % 2 === 1) return
        if (turn % 4 === 0) await send(`DELETE /api/poems/${last.id}`)
        else await send(`PATCH /api/poems/${last.id}`, { body: { third: '~' } })
      }
      const rows = await walk(send, `/api/poems?sort=-first,-second,-third&limit=${limit}`, disturb)
      const seen = thirds(rows).filter((third) => third !== '~')
      expect(seen).toEqual(thirds(made).toReversed())
    })

    test('a client that changes each row that it reads sees each once', async () => {
      const poems = await walk(send, '/api/poems?sort=first,third&limit=5', async (page) => {
        for (const { id } of page) await send(`PATCH /api/poems/${id}`, { body: { read: true } })
      })
      const { rows } = await send('GET /api/poems?sort=first,third&limit=1000')
      expect(poems.map(({ id }) => id)).toEqual(rows.map(({ id }) => id))
    })

    test('a client that deletes each row that it reads sees each once', async () => {
      const { rows } = await send('GET /api/poems?sort=first,third&limit=1000')
      const poems = await walk(send, '/api/poems?sort=first,third&limit=5', async (page) => {
        for (const { id } of page) await send(`DELETE /api/poems/${id}`)
      })
      expect(poems.map(({ id }) => id)).toEqual(rows.map(({ id }) => id))
    })
  })
}

function largeRules({ send }: Subject): void {
  test.each(['volumes', 'leaflets'])('the rule of %s may have 150 values', async (name) => {
    const create = async (number: number) =>
      (await send(`POST /api/${name}`, { body: { shelf: `shelf ${number}`, number } })).row
    const allowed = [await create(0), await create(77), await create(149)]
    const hidden = await create(150)
    const ids = allowed.map(({ id }) => id)
    expect((await send(`GET /api/${name}`)).rows.map(({ id }) => id)).toEqual(ids)
    const filters = Array.from({ length: 40 }, (_, n) => `&filter[number][$in]=${n + 60}`).join('')
    const list = await send(`GET /api/${name}?sort=shelf,-number&count=true${filters}`)
    expect([list.rows.map(({ id }) => id), list.body().count]).toEqual([[ids[1]], 1])
    expect((await send(`GET /api/${name}/${ids[2]}`)).status).toBe(200)
    expect((await send(`GET /api/${name}/${hidden.id}`)).status).toBe(404)
    expect((await send(`PATCH /api/${name}/${ids[2]}`, { body: {} })).status).toBe(200)
    expect((await send(`DELETE /api/${name}/${ids[2]}`)).status).toBe(204)
    expect((await send(`DELETE /api/${name}/${hidden.id}`)).status).toBe(404)
  })
}

function manyFields({ send }: Subject): void {
  test('a row of 80 fields is created, changed, and found by filters of 40 of them', async () => {
    const value = unique('form')
    const body = Object.fromEntries(Array.from({ length: 80 }, (_, number) => [`field${number}`, value]))
    const { status, row } = await send('POST /api/forms', { body })
    expect(status).toBe(201)
    expect((await send(`PUT /api/forms/${row.id}`, { body: row })).status).toBe(200)
    const filters = Array.from({ length: 40 }, (_, n) => `filter[field${n}][$startsWith]=form`).join('&')
    const sort = 'sort=-field1,field2,-field3,field4&limit=1'
    await send('POST /api/forms', { body })
    const first = await send(`GET /api/forms?${filters}&${sort}&count=true`)
    const second = await send(`GET /api/forms?${filters}&${sort}&cursor=${first.body().next}`)
    expect([first.rows[0]?.id, second.rows[0]?.id]).toEqual([row.id, expect.any(String)])
    expect(second.rows[0]?.id).not.toBe(row.id)
  })
}
