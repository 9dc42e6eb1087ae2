import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { dialTcp, parseAddress } from '../../adapters/cli/chat/dial.ts'
import { MessageClient } from '../../src/client/message-client.js'
import { servers } from '../process/servers.ts'
import { temporaryFolders } from '../process/temporary.ts'
import { startCutter } from './cutter.ts'
import { ask, history, makeRoom, Person, roomNamed, sendMessage } from './people.ts'

const start = servers()
const folder = temporaryFolders()
let url: string

beforeAll(async () => {
  url = (await start({ runtime: 'node' })).url
})

describe('two people at terminals', () => {
  test('read each other, and see joins and leaves', async () => {
    const ada = new Person(url, 'two', 'Ada')
    await ada.sees('-- live')
    await ada.sees('-- here: Ada')
    const bob = new Person(url, 'two', 'Bob')
    await ada.sees('-- Bob is here')
    await bob.sees('-- here: Ada, Bob')
    ada.types('Good morning')
    await bob.sees('Ada: Good morning')
    bob.types('Morning!')
    await ada.sees('Bob: Morning!')
    bob.types('/quit')
    expect(await bob.exited).toBe(0)
    await ada.sees('-- Bob has left')
    expect(ada.count('Ada: Good morning')).toBe(1)
  })

  test('that name the same new room are in one room', async () => {
    const people = ['Ada', 'Bob', 'Cy'].map((name) => new Person(url, 'rush', name))
    await Promise.all(people.map((person) => person.sees('Cy')))
    for (const person of people) person.types('/who')
    await Promise.all(people.map((person) => person.sees('-- here: Ada, Bob, Cy')))
  })
})

test('a newcomer sees earlier messages, and later edits and deletions', async () => {
  const room = await makeRoom(url, 'earlier')
  const { id } = await sendMessage(url, room, 'Ada', 'First')
  const second = await sendMessage(url, room, 'Ada', 'Second')
  const bob = new Person(url, 'earlier', 'Bob')
  await bob.sees('Ada: Second')
  expect(bob.screen.indexOf('Ada: First')).toBeLessThan(bob.screen.indexOf('Ada: Second'))
  await ask(url, 'PUT', `messages/${id}`, { text: 'Primus', edited: true })
  await bob.sees('Ada (edited): Primus')
  await ask(url, 'DELETE', `messages/${second.id}`)
  await bob.sees('-- Ada deleted: Second')
})

test('shows that another user is typing', async () => {
  const room = await makeRoom(url, 'typing')
  const ada = new Person(url, 'typing', 'Ada')
  await ada.sees('-- here: Ada')
  const client = new MessageClient(dialTcp(parseAddress(new URL(url).host) ?? { host: '', port: 0 }), 'test')
  onTestFinished(() => client.close())
  const bob = client.join(`messages/${room}`, 'Bob', () => {})
  await ada.sees('-- Bob is here')
  bob.update({ typing: true })
  await ada.sees('-- live, Bob typing')
})

test('replaces control characters in a message', async () => {
  const room = await makeRoom(url, 'steering')
  await sendMessage(url, room, 'Eve\u009b', 'Look:\u001b[2J\u0007gone\nand more')
  const ada = new Person(url, 'steering', 'Ada')
  await ada.sees('and more')
  expect(ada.rawOutput).toContain('Look:\ufffd[2J\ufffdgone\n')
  expect(ada.rawOutput).not.toMatch(/[\u001b\u0007\u009b]/)
})

test('reports a line that the server rejects, and sends the next one', async () => {
  const ada = new Person(url, 'refused', 'Ada')
  await ada.sees('-- here: Ada')
  ada.types('x'.repeat(4001))
  ada.types('Short')
  await ada.sees('-- not sent')
  await ada.sees('Ada: Short')
})

test('sends piped input before it ends', async () => {
  const ada = new Person(url, 'piped', 'Ada')
  ada.types('One')
  ada.types('Two')
  ada.endsInput()
  expect(await ada.exited).toBe(0)
  const room = (await roomNamed(url, 'piped')) ?? ''
  expect((await history(url, room)).data.map(({ text }) => text)).toEqual(['Two', 'One'])
})

test('an unknown command is answered with the list of commands', async () => {
  const ada = new Person(url, 'commands', 'Ada')
  ada.types('/dance')
  await ada.sees('/quit ends')
})

test('prints its usage without a room', async () => {
  const lost = new Person(url, '', 'Ada')
  expect(await lost.exited).toBe(2)
  expect(lost.screen).toContain('galley chat ROOM')
})

describe('a server that is killed and restarts', () => {
  test('finds the terminal waiting, which resumes, and sends lines typed meanwhile once', async () => {
    const dataDir = await folder()
    const first = await start({ runtime: 'node', dataDir })
    const [ada, bob] = ['Ada', 'Bob'].map((name) => new Person(first.url, 'storm', name)) as [Person, Person]
    for (const person of [ada, bob]) await person.sees('Bob')
    await ada.sees('-- live')
    await bob.sees('-- live')
    ada.types('Before')
    await bob.sees('Ada: Before')
    first.process.kill('SIGKILL')
    await first.exited
    await ada.sees('-- waiting')
    ada.types('Meanwhile')
    await ada.sees('-- will be sent when connected: Meanwhile')
    const second = await start({ runtime: 'node', dataDir, env: { PORT: new URL(first.url).port } })
    const room = (await roomNamed(second.url, 'storm')) ?? ''
    await sendMessage(second.url, room, 'Cy', 'While you were away')
    for (const person of [ada, bob]) {
      await person.sees('Ada: Meanwhile')
      await person.sees('Cy: While you were away')
    }
    ada.types('After')
    for (const person of [ada, bob]) await person.sees('Ada: After')
    for (const person of [ada, bob]) {
      for (const text of ['Ada: Before', 'Ada: Meanwhile', 'Cy: While you were away', 'Ada: After']) {
        expect(person.count(text), text).toBe(1)
      }
    }
    expect((await history(second.url, room)).data).toHaveLength(4)
  })

  test('with other data than before makes it show the history again', async () => {
    const first = await start({ runtime: 'node' })
    const ada = new Person(first.url, 'restored', 'Ada')
    await ada.sees('-- here: Ada')
    ada.types('Before')
    await ada.sees('Ada: Before')
    const { port } = new URL(first.url)
    first.process.kill('SIGKILL')
    await first.exited
    const second = await start({ runtime: 'node', env: { PORT: port } })
    await ada.sees('restored: no messages yet', 2)
    ada.types('After')
    await ada.sees('Ada: After')
    const room = (await roomNamed(second.url, 'restored')) ?? ''
    expect((await history(second.url, room)).data).toMatchObject([{ text: 'After' }])
  })
})

test('a line whose response gets lost is sent again, and stored once', async () => {
  const cutter = await startCutter(url)
  const ada = new Person(cutter.url, 'cut', 'Ada')
  await ada.sees('-- here: Ada')
  cutter.cutAt('"status":201')
  ada.types('Once')
  await cutter.cut
  await ada.sees('-- live', 2)
  ada.types('Twice')
  await ada.sees('Ada: Twice')
  const room = (await roomNamed(url, 'cut')) ?? ''
  expect((await history(url, room)).data.map(({ text }) => text)).toEqual(['Twice', 'Once'])
  expect(ada.count('Ada: Once')).toBe(1)
})
