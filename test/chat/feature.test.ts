import { beforeAll, expect, test } from 'vitest'
import { servers } from '../process/servers.ts'
import { ask, history, makeRoom, type Page, sendMessage } from './people.ts'

const start = servers()
let url: string

beforeAll(async () => {
  url = (await start({ runtime: 'node' })).url
})

interface Events {
  data: { offset: number; type: string; data: { text: string; edited: boolean; name: string } }[]
}

async function eventsAfter(topic: string, { position }: Page, wait = 0): Promise<Events['data']> {
  const { epoch, offset } = position
  const query = new URLSearchParams({ epoch, after: String(offset), wait: String(wait) })
  const response = await fetch(`${url}/api/topics/${topic}/events?${query}`)
  expect(response.status).toBe(200)
  return ((await response.json()) as Events).data
}

test('a room has a name that no other room has', async () => {
  await makeRoom(url, 'galley')
  expect(await ask(url, 'POST', 'rooms', { name: ' galley ' })).toMatchObject({ status: 409 })
  expect(await ask(url, 'POST', 'rooms', { name: '  ' })).toMatchObject({ status: 400 })
})

test('a history is paginated, newest first, with each message once', async () => {
  const room = await makeRoom(url, 'history')
  const other = await makeRoom(url, 'another history')
  const texts = Array.from({ length: 25 }, (_, index) => `Message ${index}`)
  for (const text of texts) await sendMessage(url, room, 'Ada', text)
  await sendMessage(url, other, 'Bob', 'Elsewhere')
  const read: string[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const page: Page = await history(url, room, { limit: '10', ...(cursor && { cursor }) })
    read.push(...page.data.map(({ text }) => text))
    cursor = page.next
  }
  expect(read).toEqual(texts.toReversed())
})

test('a message is edited and deleted', async () => {
  const room = await makeRoom(url, 'edits')
  const { id, version } = await sendMessage(url, room, 'Ada', 'Helo')
  const change = { text: 'Hello', edited: true }
  const edited = await ask(url, 'PUT', `messages/${id}`, change, { 'If-Match': `"${version}"` })
  expect(edited).toMatchObject({ status: 200, data: { author: 'Ada', text: 'Hello', edited: true } })
  expect(await ask(url, 'PUT', `messages/${id}`, change, { 'If-Match': `"${version}"` })).toMatchObject({ status: 412 })
  expect((await history(url, room)).data).toMatchObject([{ text: 'Hello', edited: true }])
  expect(await ask(url, 'DELETE', `messages/${id}`)).toMatchObject({ status: 204 })
  expect((await history(url, room)).data).toEqual([])
})

test.each([
  ['nothing', { text: ' ' }],
  ['more than 4,000 characters', { text: 'x'.repeat(4001) }],
  ['in an unknown room', { room: '0'.repeat(26) }],
  ['without an author', { author: '' }],
])('a message of %s is refused', async (what, wrong) => {
  const room = await makeRoom(url, `refusals of ${what}`)
  const response = await ask(url, 'POST', 'messages', { room, author: 'Ada', text: 'Hello', ...wrong })
  expect(response).toMatchObject({ status: 400, code: 'validation_failed' })
})

test('a message with an id of its sender is stored once, however often it is sent', async () => {
  const room = await makeRoom(url, 'repeats')
  const id = '01M7YZ000000000000000CHAT1'
  const send = () => ask(url, 'PUT', `messages/${id}`, { room, author: 'Ada', text: 'Once' }, { 'If-None-Match': '*' })
  const responses = await Promise.all([send(), send(), send()])
  expect(responses.map(({ status }) => status).toSorted((one, two) => one - two)).toEqual([201, 412, 412])
  expect((await history(url, room)).data).toHaveLength(1)
})

test('events of a room appear only in its topic', async () => {
  const room = await makeRoom(url, 'told')
  const other = await makeRoom(url, 'untold')
  const [before, otherBefore] = [await history(url, room), await history(url, other)]
  const { id } = await sendMessage(url, room, 'Ada', 'Helo')
  await sendMessage(url, other, 'Bob', 'Elsewhere')
  await ask(url, 'PUT', `messages/${id}`, { text: 'Hello', edited: true })
  await ask(url, 'DELETE', `messages/${id}`)
  const events = await eventsAfter(`messages/${room}`, before)
  expect(events.map(({ type, data }) => [type, data])).toEqual([
    ['created', null],
    ['updated', null],
    ['deleted', { id }],
  ])
  expect(await eventsAfter(`messages/${other}`, otherBefore)).toMatchObject([{ type: 'created' }])
})

test('a waiting poll returns a message as soon as it is sent', async () => {
  const room = await makeRoom(url, 'waiting')
  const waiting = eventsAfter(`messages/${room}`, await history(url, room), 20)
  await sendMessage(url, room, 'Ada', 'Hello')
  expect(await waiting).toMatchObject([{ type: 'created', data: { text: 'Hello' } }])
})

test('a room stores its members, and publishes them in a topic', async () => {
  const room = await makeRoom(url, 'members')
  const query = new URLSearchParams({ 'filter[room][$eq]': room })
  const members = async () => (await (await fetch(`${url}/api/members?${query}`)).json()) as Page
  const before = await members()
  await ask(url, 'POST', 'members', { room, name: 'Ada' })
  expect((await members()).data).toMatchObject([{ name: 'Ada' }])
  expect(await eventsAfter(`members/${room}`, before)).toMatchObject([{ type: 'created', data: { name: 'Ada' } }])
})

test('a room with messages can not be deleted', async () => {
  const room = await makeRoom(url, 'kept')
  await sendMessage(url, room, 'Ada', 'Hello')
  expect(await ask(url, 'DELETE', `rooms/${room}`)).toMatchObject({ status: 409 })
})
