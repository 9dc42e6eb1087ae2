import { expect, test } from 'vitest'
import { type Subject, tally } from './http.ts'
import { unique } from './rows.ts'

const at = (hour: number) => `2026-12-01T${String(hour).padStart(2, '0')}:00:00.000Z`
const booking = (room: string, from: number, until: number) => ({ room, startsAt: at(from), endsAt: at(until) })

export function hookCases({ send }: Subject): void {
  const notesOf = async (id: unknown) => {
    const { rows } = await send(`GET /api/booking_notes?${new URLSearchParams({ 'filter[booking]': String(id) })}`)
    return rows.map(({ text }) => text)
  }

  /** A hook after the commit runs beside the response. */
  const noted = (id: unknown, text: string) => expect.poll(() => notesOf(id), { timeout: 30_000 }).toContain(text)

  test('a hook changes the row that is created, and the response shows it', async () => {
    const reply = await send('POST /api/bookings', { body: { ...booking(unique('room'), 9, 12), hours: 100 } })
    expect(reply.status).toBe(201)
    expect(reply.row.hours).toBe(3)
    expect((await send(`GET /api/bookings/${reply.row.id}`)).row).toEqual(reply.row)
    await noted(reply.row.id, 'created')
  })

  test('of many concurrent bookings of a room, one succeeds', async () => {
    const room = unique('room')
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_, n) => send('POST /api/bookings', { body: booking(room, 8 + (n % 2), 11) })),
    )
    expect(tally(replies)).toEqual({ 201: 1, 409: 19 })
    const body = booking(room, 11, 12)
    expect((await send('POST /api/bookings', { body })).status).toBe(201)
  })

  test('a hook runs on every way to write: PUT that creates, PATCH, PUT, own routes', async () => {
    const room = unique('room')
    const { row } = await send('POST /api/bookings', { body: booking(room, 9, 10) })
    const { row: later } = await send('POST /api/bookings', { body: booking(room, 11, 12) })
    const id = `${row.id.slice(0, 20)}000000`
    const create = { body: booking(room, 9, 10), headers: { 'If-None-Match': '*' } }
    expect((await send(`PUT /api/bookings/${id}`, create)).status).toBe(409)
    expect((await send(`PATCH /api/bookings/${later.id}`, { body: { startsAt: at(9) } })).status).toBe(409)
    expect((await send(`PUT /api/bookings/${later.id}`, { body: booking(room, 9, 12) })).status).toBe(409)
    expect((await send(`POST /api/bookings/${row.id}/extend`)).row).toMatchObject({ endsAt: at(11), hours: 2 })
    expect((await send(`POST /api/bookings/${row.id}/extend`)).status).toBe(409)
    expect((await send(`GET /api/bookings/${later.id}`)).row).toEqual(later)
  })

  test('the writes of a hook are part of the write that it runs in', async () => {
    const room = unique('room')
    const { row } = await send('POST /api/bookings', { body: booking(room, 9, 10) })
    await send('POST /api/bookings', { body: booking(room, 12, 13) })
    expect((await send(`PATCH /api/bookings/${row.id}`, { body: { endsAt: at(11) } })).row.hours).toBe(2)
    expect((await send(`PATCH /api/bookings/${row.id}`, { body: { endsAt: at(13) } })).status).toBe(409)
    expect((await notesOf(row.id)).filter((text) => text !== 'created')).toEqual(['1 h to 2 h'])
  })

  test('a hook refuses a deletion', async () => {
    const fixed = { ...booking(unique('room'), 9, 10), isFixed: true }
    const { row } = await send('POST /api/bookings', { body: fixed })
    const reply = await send(`DELETE /api/bookings/${row.id}`)
    expect(reply.status).toBe(409)
    expect(reply.body().error).toBe('This booking is fixed.')
    await send(`PATCH /api/bookings/${row.id}`, { body: { isFixed: false } })
    expect((await send(`DELETE /api/bookings/${row.id}`)).status).toBe(204)
    await noted(row.id, 'deleted')
  })

  test('a hook that fails after the commit changes no response', async () => {
    const reply = await send('POST /api/bookings', { body: booking(unique('broken'), 9, 10) })
    expect(reply.status).toBe(201)
    expect((await send(`GET /api/bookings/${reply.row.id}`)).row).toEqual(reply.row)
  })

  test('a repeated request with an Idempotency-Key runs the hooks once', async () => {
    const request = { body: booking(unique('room'), 9, 10), headers: { 'Idempotency-Key': unique('book') } }
    const replies = await Promise.all(Array.from({ length: 8 }, () => send('POST /api/bookings', request)))
    expect(new Set(replies.map(({ status, text }) => `${status} ${text}`)).size).toBe(1)
    expect(replies[0]?.status).toBe(201)
    await noted(replies[0]?.row.id, 'created')
    expect(await notesOf(replies[0]?.row.id)).toEqual(['created'])
  })
}
