import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sample } from '../harness/sample.ts'
import { type RunningProcess, startProcess } from '../harness/server.ts'
import { drive, type Form, forms } from './python.ts'
import { create, createMany, portOf, position } from './topic.ts'

describe.each(sample(['node', 'deno'] as const, 2))('the Python client with a server on %s', (runtime) => {
  let server: RunningProcess
  beforeAll(async () => {
    server = await startProcess({ runtime })
  })
  afterAll(() => server?.stop())

  const driven = (form: Form) => drive(portOf(server), form)

  test.each(forms)('a todo that is created is in the list (%s)', async (form) => {
    const python = driven(form)
    const title = `Bröt 🍞 in ${form}`
    python.act('request', { method: 'POST /api/todos', body: { title } })
    expect(await python.next()).toMatchObject({ result: { status: 201, body: { status: 201, data: { title } } } })
    python.act('request', { method: 'GET /api/todos?limit=1000&sort=-createdAt' })
    const list = (await python.next()).result as { body: { data: object[] } }
    expect(list).toMatchObject({ status: 200, body: { next: null, position: { epoch: expect.any(String) } } })
    expect(list.body.data).toContainEqual(expect.objectContaining({ title }))
  })

  test.each(forms)('echo gives back every kind of value (%s)', async (form) => {
    const python = driven(form)
    const params = {
      text: 'ü\n"\u0000',
      numbers: [0, -1, 23, 24, 65536, 2 ** 53 - 1, 0.1, -1e300],
      nested: [{ a: null }, true],
    }
    python.act('request', { method: 'echo', ...params })
    expect(await python.next()).toEqual({ result: params })
  })

  test.each(forms)("an error has the app's status as its code, and the invalid field (%s)", async (form) => {
    const python = driven(form)
    python.act('request', { method: 'GET /api/todos/00000000000000000000000000' })
    expect(await python.next()).toMatchObject({ error: 404, data: { code: 'not_found' } })
    python.act('request', { method: 'POST /api/todos', body: { title: '' } })
    expect(await python.next()).toMatchObject({
      error: 400,
      data: { requestId: expect.any(String), details: [{ field: 'title' }] },
    })
  })

  test.each(forms)(
    "an error of the protocol has one of JSON-RPC's codes, and the connection continues (%s)",
    async (form) => {
      const python = driven(form)
      python.act('request', { method: 'nothing like it' })
      expect(await python.next()).toMatchObject({ error: -32601 })
      python.act('request', { method: 'GET /api/todos', headers: { Cookie: 'a=b' } })
      expect(await python.next()).toMatchObject({ error: -32602 })
      python.act('request', { method: 'subscribe' })
      expect(await python.next()).toMatchObject({ error: -32602 })
      python.act('request', { method: 'echo', still: 'there' })
      expect(await python.next()).toEqual({ result: { still: 'there' } })
    },
  )

  test.each(forms)('a request that is repeated under its Idempotency-Key is done once (%s)', async (form) => {
    const python = driven(form)
    const request = {
      method: 'POST /api/todos',
      headers: { 'Idempotency-Key': `once-${form}` },
      body: { title: 'Once' },
    }
    python.act('request', request)
    python.act('request', request)
    const [first, second] = await python.take(2)
    expect(first).toMatchObject({ result: { status: 201 } })
    expect(second).toMatchObject(first ?? {})
  })

  test.each(forms)('a topic that does not exist is an error of the subscription (%s)', async (form) => {
    const python = driven(form)
    python.act('follow', { topic: 'no-such-topic', count: 1 })
    expect(await python.next()).toMatchObject({ error: 404 })
  })

  test.each(forms)('events arrive in order, and requests work between them (%s)', async (form) => {
    const python = driven(form)
    const after = await position(server)
    python.act('follow', { topic: 'todos', after, count: 2 })
    python.act('request', { method: 'echo', between: true })
    python.act('follow', { topic: 'todos', count: 1 })
    for (const title of ['one', 'two', 'three']) await create(server, title)
    const at = (more: number) => ({ epoch: after.epoch, offset: after.offset + more })
    const event = (more: number, title: string) => ({
      kind: 'event',
      topic: 'todos',
      type: 'created',
      offset: after.offset + more,
      at: expect.any(String),
      data: expect.objectContaining({ title }),
    })
    expect(await python.take(7)).toEqual([
      { position: at(0) },
      event(1, 'one'),
      event(2, 'two'),
      { position: at(2) },
      { result: { between: true } },
      event(3, 'three'),
      { position: at(3) },
    ])
  })

  test.each(forms)('far more events than the window arrive, because they are acknowledged (%s)', async (form) => {
    const after = await position(server)
    await createMany(server, 100)
    const python = driven(form)
    python.act('follow', { topic: 'todos', after, count: 100, window: 4 })
    const events = (await python.take(102)).slice(1, -1)
    expect(events.map(({ offset }) => offset)).toEqual(Array.from({ length: 100 }, (_, i) => after.offset + 1 + i))
  })

  test.each(forms)('a position of another history, or one that has not been yet, is a gap (%s)', async (form) => {
    const now = await position(server)
    const later = { ...now, offset: now.offset + 1000 }
    const python = driven(form)
    python.act('follow', { topic: 'todos', after: later, count: 1 })
    expect(await python.take(3)).toMatchObject([
      { position: later },
      { kind: 'gap', topic: 'todos', reason: 'future', position: now },
      { position: now },
    ])
    const other = driven(form)
    other.act('follow', { topic: 'todos', after: { ...now, epoch: '0123456789abcdef' }, count: 1 })
    expect((await other.take(3))[1]).toMatchObject({ kind: 'gap', reason: 'epoch', position: now })
  })
})
