/** Deleted rows over HTTP. */
import { expect, test } from 'vitest'
import type { Row, Send, Subject } from './http.ts'
import { newClient } from './limits.ts'
import { etagOf, unique, walk } from './rows.ts'
import { eventsAfter, positionOf } from './topics.ts'

export interface Entry {
  row: Row
  deletedAt: string
  deletedBy: string | null
}

export async function make(send: Send, name: string, body: object): Promise<Row> {
  const reply = await send(`POST /api/${name}`, { body })
  expect(reply.status, reply.text).toBe(201)
  return reply.row
}

const makeAlbum = (send: Send, fields: object = {}) => make(send, 'albums', { title: unique('album'), ...fields })
const remove = async (send: Send, name: string, { id }: Row) =>
  expect((await send(`DELETE /api/${name}/${id}`)).status).toBe(204)
const restore = (send: Send, name: string, { id }: Row, headers = {}) =>
  send(`POST /api/${name}/trash/${id}/restore`, { headers })

async function trashed(send: Send, name: string, { id }: Row): Promise<Entry | undefined> {
  const entries = (await walk(send, `/api/${name}/trash?limit=100`)) as unknown as Entry[]
  return entries.find(({ row }) => row.id === id)
}

export function trashCases({ send }: Subject): void {
  test('a deleted row is in the trash as it was, and nowhere else', async () => {
    const album = await makeAlbum(send, { place: { lat: 1.5, lon: -2 } })
    await remove(send, 'albums', album)
    expect((await send(`GET /api/albums/${album.id}`)).status).toBe(404)
    expect((await send(`GET /api/albums?filter[id]=${album.id}`)).rows).toEqual([])
    const search = new URLSearchParams({ search: String(album.title) })
    expect((await send(`GET /api/albums?${search}`)).rows).toEqual([])
    const count = (await send(`GET /api/albums/aggregate?filter[id]=${album.id}`)).body<{ count: number }[]>().data
    expect(count).toEqual([{ count: 0 }])
    expect((await send('POST /api/pictures', { body: { album: album.id } })).badFields).toEqual(['album'])
    const entry = await trashed(send, 'albums', album)
    expect(entry).toEqual({ row: album, deletedAt: entry?.deletedAt, deletedBy: null })
    expect(Date.parse(entry?.deletedAt ?? '')).toBeGreaterThanOrEqual(album.version)
  })

  test('a restored row is as it was with a newer version, and an event that creates it', async () => {
    const album = await makeAlbum(send, { slug: unique('slug'), place: { lat: 0, lon: 0 } })
    const position = await positionOf(send, 'albums')
    await remove(send, 'albums', album)
    const reply = await restore(send, 'albums', album)
    expect(reply.status).toBe(200)
    expect(reply.row).toEqual({ ...album, version: reply.row.version })
    expect(reply.row.version).toBeGreaterThan(album.version)
    expect(reply.header('etag')).toBe(etagOf(reply.row))
    expect((await send(`GET /api/albums/${album.id}`)).row).toEqual(reply.row)
    expect((await send(`GET /api/albums?${new URLSearchParams({ search: String(album.title) })}`)).rows).toHaveLength(1)
    const events = await eventsAfter(send, 'albums', position)
    const own = events.filter(({ data }) => (data as Row).id === album.id).map(({ type, data }) => [type, data])
    expect(own).toEqual([
      ['deleted', { id: album.id }],
      ['created', reply.row],
    ])
    expect(await trashed(send, 'albums', album)).toBeUndefined()
    expect((await restore(send, 'albums', album)).status).toBe(404)
  })

  test('rows that were deleted with a row come back with it, with values of every kind', async () => {
    const album = await makeAlbum(send)
    const before = await make(send, 'pictures', { album: album.id })
    const values = { label: 'é"\\', stars: 4.25, isPublic: true, takenOn: '2026-02-28', seenAt: '2026-02-28T10:00:00Z' }
    const picture = await make(send, 'pictures', { album: album.id, tags: ['a', 'b'], ...values })
    await remove(send, 'pictures', before)
    await remove(send, 'albums', album)
    expect((await trashed(send, 'pictures', picture))?.row).toEqual(picture)
    const alone = await restore(send, 'pictures', picture)
    expect([alone.status, alone.badFields]).toEqual([400, ['album']])
    const headers = { 'Idempotency-Key': unique('restore') }
    const replies = [await restore(send, 'albums', album, headers), await restore(send, 'albums', album, headers)]
    expect(replies.map(({ status }) => status)).toEqual([200, 200])
    const restored = (await send(`GET /api/pictures/${picture.id}`)).row
    expect(restored).toEqual({ ...picture, version: restored.version })
    expect((await send(`GET /api/pictures/${before.id}`)).status).toBe(404)
    expect((await restore(send, 'pictures', before)).status).toBe(200)
  })

  test('a row in the trash holds its id, but not its unique values', async () => {
    const slug = unique('slug')
    const album = await makeAlbum(send, { slug })
    await remove(send, 'albums', album)
    const put = { body: { title: 'again' }, headers: { 'If-None-Match': '*' } }
    expect((await send(`PUT /api/albums/${album.id}`, put)).status).toBe(412)
    const other = await makeAlbum(send, { slug })
    const reply = await restore(send, 'albums', album)
    expect([reply.status, reply.badFields]).toEqual([409, ['slug']])
    await remove(send, 'albums', other)
    expect((await restore(send, 'albums', album)).status).toBe(200)
  })

  test('a purged row is gone with what was deleted with it, and its id is free', async () => {
    const album = await makeAlbum(send)
    const picture = await make(send, 'pictures', { album: album.id })
    await remove(send, 'albums', album)
    const purge = () => send(`DELETE /api/albums/trash/${album.id}`)
    expect([(await purge()).status, (await purge()).status]).toEqual([204, 404])
    expect((await restore(send, 'albums', album)).status).toBe(404)
    expect(await trashed(send, 'pictures', picture)).toBeUndefined()
    const put = { body: { title: 'again' }, headers: { 'If-None-Match': '*' } }
    expect((await send(`PUT /api/albums/${album.id}`, put)).status).toBe(201)
    const { data } = (await send(`GET /api/albums/${album.id}/history`)).body<{ action: string }[]>()
    expect(data.map(({ action }) => action)).toEqual(['created'])
  })

  test('a thousand rows come back in one write, and cost units', async () => {
    const album = await makeAlbum(send)
    expect((await send(`POST /api/pictures/many/${album.id}/1000`)).status).toBe(201)
    await remove(send, 'albums', album)
    const headers = newClient()
    expect((await restore(send, 'albums', album, headers)).status).toBe(200)
    expect((await send(`GET /api/albums/${album.id}`, { headers })).status).toBe(429)
    const { count } = (await send(`GET /api/pictures?filter[album]=${album.id}&limit=1&count=true`)).body()
    expect(count).toBe(1000)
  })

  test('of many concurrent restores and purges one succeeds', async () => {
    const album = await makeAlbum(send)
    await remove(send, 'albums', album)
    const lines = [`POST /api/albums/trash/${album.id}/restore`, `DELETE /api/albums/trash/${album.id}`]
    const replies = await Promise.all([...lines, ...lines, ...lines].map((line) => send(line)))
    expect(replies.filter(({ status }) => status !== 404)).toHaveLength(1)
  })

  test('a collection without a trash has no such routes', async () => {
    expect((await send('GET /api/todos/trash')).status).toBe(404)
    expect((await send(`POST /api/todos/trash/${'0'.repeat(26)}/restore`)).status).toBe(404)
    expect((await send('GET /api/albums/trash?limit=101')).badFields).toEqual(['limit'])
    expect((await send('GET /api/albums/trash?cursor=bm8')).badFields).toEqual(['cursor'])
    const forged = Buffer.from('["trash albums",["x",1]]').toString('base64url')
    expect((await send(`GET /api/albums/trash?cursor=${forged}`)).badFields).toEqual(['cursor'])
    expect((await send('GET /api/albums/trash?limti=1')).badFields).toEqual(['limti'])
    expect((await send('DELETE /api/albums/trash/x/restore')).status).toBe(405)
  })
}
