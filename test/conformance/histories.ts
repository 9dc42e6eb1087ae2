/** Histories of rows over HTTP. */
import { expect, test } from 'vitest'
import { bearer, signUp } from '../access/people.ts'
import type { Row, Subject } from './http.ts'
import { unique, walk } from './rows.ts'
import { make } from './trash.ts'

interface HistoryEntry {
  action: string
  at: string
  by: string | null
  version: number
  changes: Record<string, { before: unknown; after: unknown } | null>
}

export function historyCases({ send }: Subject): void {
  const historyOf = async (name: string, { id }: Row) =>
    (await walk(send, `/api/${name}/${id}/history?limit=2`)) as unknown as HistoryEntry[]

  test('a history names who changed which fields, through a deletion and a restore, the newest change first', async () => {
    const ann = await signUp(send)
    const title = unique('album')
    const album = await make(send, 'albums', { title })
    const headers = bearer(ann)
    const changed = (await send(`PATCH /api/albums/${album.id}`, { body: { title: 'new', slug: title }, headers })).row
    await send(`PATCH /api/albums/${album.id}`, { body: { title: 'new' } })
    await send(`DELETE /api/albums/${album.id}`, { headers })
    expect((await send(`GET /api/albums/${album.id}/history`)).status).toBe(404)
    await send(`POST /api/albums/trash/${album.id}/restore`)
    const entries = await historyOf('albums', album)
    expect(entries.map(({ action, by, changes }) => [action, by, changes])).toEqual([
      ['restored', null, {}],
      ['deleted', ann.userId, {}],
      ['updated', ann.userId, { title: { before: title, after: 'new' }, slug: { before: null, after: title } }],
      ['created', null, {}],
    ])
    expect(entries[2]?.version).toBe(changed.version)
    expect(Date.parse(entries[2]?.at ?? '')).toBeGreaterThanOrEqual(changed.version)
  })

  test('values of every kind are as in responses', async () => {
    const album = await make(send, 'albums', { title: 'a' })
    const picture = await make(send, 'pictures', { album: album.id })
    const values = {
      stars: 1.25,
      isPublic: true,
      takenOn: '2026-02-28',
      seenAt: '2026-02-28T10:00:00.000Z',
      tags: ['é"'],
    }
    const place = { lat: 1, lon: 2 }
    expect((await send(`PATCH /api/pictures/${picture.id}`, { body: values })).status).toBe(200)
    await send(`PATCH /api/albums/${album.id}`, { body: { place } })
    const [entry] = await historyOf('pictures', picture)
    const expected = Object.entries(values).map(([name, after]) => [name, { before: picture[name], after }])
    expect(entry?.changes).toEqual(Object.fromEntries(expected))
    expect((await historyOf('albums', album))[0]?.changes).toEqual({ place: { before: null, after: place } })
  })

  test('a collection without histories has none, and a row that is not there neither', async () => {
    const todo = await make(send, 'todos', { title: unique('todo') })
    expect((await send(`GET /api/todos/${todo.id}/history`)).status).toBe(404)
    expect((await send(`GET /api/albums/${'0'.repeat(26)}/history`)).status).toBe(404)
    const album = await make(send, 'albums', { title: 'a' })
    expect((await send(`GET /api/albums/${album.id}/history?limit=0`)).badFields).toEqual(['limit'])
    expect((await send(`POST /api/albums/${album.id}/history`)).status).toBe(405)
  })
}
