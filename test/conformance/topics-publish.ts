import { expect, test } from 'vitest'
import { type Asker, bearer, nobody, signUp } from '../access/people.ts'
import { connect } from '../access/request-transports.ts'
import { request } from '../transports/clients.ts'
import { type Subject, tally } from './http.ts'
import { unique } from './rows.ts'
import { eventsAfter, positionOf, publish } from './topics.ts'

export function topicPublishCases(subject: Subject): void {
  publishing(subject)
  repeats(subject)
  refusals(subject)
}

interface Published {
  topic: string
  offset: number
  epoch: string
}

function publishing({ send }: Subject): void {
  test('a published message has the next offset, and is read unchanged', async () => {
    const { epoch, offset } = await positionOf(send, 'playground')
    const data = { text: 'ünï 🚢 "\\\n\u2028', n: 0.1, list: [null, true, {}] }
    const reply = await publish(send, 'playground', { type: 'moved', data })
    expect([reply.status, reply.body<Published>().data]).toEqual([
      201,
      { topic: 'playground', offset: offset + 1, epoch },
    ])
    const events = await eventsAfter(send, 'playground', { epoch, offset })
    expect(events).toEqual([{ offset: offset + 1, type: 'moved', at: expect.any(String), data }])
  })

  test('an event without data has null', async () => {
    const position = await positionOf(send, 'playground')
    await send('POST /api/topics/playground/events', { body: { type: 'bare' } })
    expect((await eventsAfter(send, 'playground', position)).map(({ data }) => data)).toEqual([null])
  })

  test('each part of a topic has offsets of its own', async () => {
    const parts = [crypto.randomUUID(), crypto.randomUUID(), 'a.b_c~d@e-f']
    for (const part of parts.slice(0, 2)) {
      const reply = await publish(send, `boards/${part}`, { type: 'x' })
      expect(reply.body<Published>().data).toMatchObject({ topic: `boards/${part}`, offset: 1 })
    }
    expect((await publish(send, `boards/${parts[2]}`, { type: 'x' })).status).toBe(201)
  })

  test('of many at once each has an offset of its own, without a hole', async () => {
    const { offset } = await positionOf(send, 'playground')
    const replies = await Promise.all(Array.from({ length: 40 }, () => publish(send, 'playground', { type: 'x' })))
    const offsets = replies.map((reply) => reply.body<Published>().data.offset)
    expect(offsets.toSorted((a, b) => a - b)).toEqual(offsets.map((_, index) => offset + index + 1))
  })
}

function repeats({ send, origin, kinds }: Subject): void {
  test('a repeated message id gets 200 and the first offset, and is no second event', async () => {
    const position = await positionOf(send, 'playground')
    const message = { id: crypto.randomUUID(), type: 'once', data: 1 }
    const first = await publish(send, 'playground', message)
    await publish(send, 'playground', { type: 'between' })
    const again = await publish(send, 'playground', message)
    expect([first.status, again.status]).toEqual([201, 200])
    expect(again.body<Published>().data).toEqual(first.body<Published>().data)
    const events = await eventsAfter(send, 'playground', position)
    expect(events.map(({ type, data }) => [type, data])).toEqual([
      ['once', 1],
      ['between', null],
    ])
  })

  test('a message id belongs to its publisher: a stranger who uses it first neither hides nor blocks the message', async () => {
    const position = await positionOf(send, 'playground')
    const [ann, bob] = [await signUp(send), await signUp(send)]
    const id = crypto.randomUUID()
    const askers: [Asker, unknown][] = [
      [nobody, 'squatter'],
      [nobody, 'order'],
      [ann, 'order'],
      [bob, 'order'],
    ]
    for (const [asker, data] of askers)
      expect((await publish(send, 'playground', { id, type: 'x', data }, { headers: bearer(asker) })).status).toBe(201)
    for (const [asker, data] of askers)
      expect((await publish(send, 'playground', { id, type: 'x', data }, { headers: bearer(asker) })).status).toBe(200)
    for (const kind of kinds) {
      const client = await connect(origin(), kind, ann)
      const body = { id, type: 'x', data: 'order' }
      const { result } = await client.ask(request(1, 'POST /api/topics/playground/events', { body }))
      expect([kind, result.status]).toEqual([kind, 200])
      client.end()
    }
    const events = await eventsAfter(send, 'playground', position)
    expect(events.map(({ data }) => data)).toEqual(askers.map(([, data]) => data))
  })

  test('a message id of a user that repeats with another message is refused', async () => {
    const position = await positionOf(send, 'playground')
    const headers = bearer(await signUp(send))
    const message = { id: crypto.randomUUID(), type: 'x', data: 1 }
    expect((await publish(send, 'playground', message, { headers })).status).toBe(201)
    for (const more of [{ data: 2 }, { type: 'y' }]) {
      const reply = await publish(send, 'playground', { ...message, ...more }, { headers })
      expect([reply.status, reply.body().code]).toEqual([422, 'message_id_reused'])
    }
    expect(await eventsAfter(send, 'playground', position)).toHaveLength(1)
  })

  test('of many repeats at once one is the first', async () => {
    const message = { id: crypto.randomUUID(), type: 'storm' }
    const replies = await Promise.all(Array.from({ length: 20 }, () => publish(send, 'playground', message)))
    expect(tally(replies)).toEqual({ 200: 19, 201: 1 })
    expect(new Set(replies.map((reply) => reply.body<Published>().data.offset)).size).toBe(1)
  })

  test('a message id belongs to one topic', async () => {
    const message = { id: crypto.randomUUID(), type: 'x' }
    expect((await publish(send, 'playground', message)).status).toBe(201)
    expect((await publish(send, `boards/${crypto.randomUUID()}`, message)).status).toBe(201)
  })

  test('an Idempotency-Key replays the whole response', async () => {
    const position = await positionOf(send, 'playground')
    const headers = { 'Idempotency-Key': unique('key') }
    const first = await publish(send, 'playground', { type: 'keyed' }, { headers })
    const second = await publish(send, 'playground', { type: 'keyed' }, { headers })
    expect([second.status, second.text]).toEqual([201, first.text])
    expect(await eventsAfter(send, 'playground', position)).toHaveLength(1)
  })
}

function refusals({ send }: Subject): void {
  test('no client publishes to a collection', async () => {
    const position = await positionOf(send, 'todos')
    expect((await publish(send, 'todos', { type: 'created', data: {} })).status).toBe(403)
    expect(await eventsAfter(send, 'todos', position)).toEqual([])
  })

  test.each([
    ['no type', {}, ['type']],
    ['an empty type', { type: '' }, ['type']],
    ['a type with a space', { type: 'a b' }, ['type']],
    ['a type of 65 characters', { type: 'x'.repeat(65) }, ['type']],
    ['an empty id', { type: 'x', id: '' }, ['id']],
    ['an id of 65 characters', { type: 'x', id: 'x'.repeat(65) }, ['id']],
    ['an id with a space', { type: 'x', id: 'a b' }, ['id']],
    ['data that is too large', { type: 'x', data: 'x'.repeat(65_536) }, ['data']],
  ])('%s is refused and appends nothing', async (_, body, fields) => {
    const position = await positionOf(send, 'playground')
    const reply = await publish(send, 'playground', body)
    expect([reply.status, reply.badFields]).toEqual([400, fields])
    expect(await eventsAfter(send, 'playground', position)).toEqual([])
  })

  test('an unknown member, a value other than an object and invalid JSON are refused', async () => {
    for (const body of [{ type: 'x', offset: 5 }, [], 'x', '{"type":']) {
      expect((await send('POST /api/topics/playground/events', { body })).status).toBe(400)
    }
  })

  test('data must match the declaration of the topic', async () => {
    expect((await publish(send, 'scores', { type: 'won', data: { points: 3 } })).status).toBe(201)
    for (const data of [{ points: -1 }, { points: 1, more: 2 }, null, 'x']) {
      const reply = await publish(send, 'scores', { type: 'won', data })
      expect(reply.status).toBe(400)
      expect(reply.badFields[0]).toMatch(/^data/)
    }
  })

  test('the largest data goes through whole', async () => {
    const position = await positionOf(send, 'playground')
    const data = 'x'.repeat(65_534)
    expect((await publish(send, 'playground', { type: 'large', data })).status).toBe(201)
    expect((await eventsAfter(send, 'playground', position)).map((event) => event.data)).toEqual([data])
  })
}
