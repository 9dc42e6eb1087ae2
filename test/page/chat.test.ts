import { describe, expect, test } from 'vitest'
import { history, makeRoom, sendMessage as sayOverHttp } from '../chat/people.ts'
import { isFullRun } from '../harness/sample.ts'
import { useBrowser } from './browser.ts'
import {
  button,
  connection,
  edit,
  editor,
  enter,
  message,
  messageWith,
  openRoom,
  person,
  problem,
  room,
  sendMessage,
  texts,
  title,
  unsent,
} from './chat-page.ts'
import { startRestartable, useServer } from './live-server.ts'

const openPage = useBrowser()
const server = useServer()

/** Ada and Bob in a new room. */
async function meet(name: string, url = server.url) {
  const id = await makeRoom(url, name)
  const ada = await openRoom(openPage, url, id, 'Ada')
  const bob = await openRoom(openPage, url, id, 'Bob')
  await person(ada.page, 'Bob is here').waitFor()
  return { id, ada: ada.page, bob: bob.page, faults: () => [...ada.faults, ...bob.faults] }
}

describe('two people in a room', () => {
  test('read each other as they write, within the policy and without requests to another host', async () => {
    const { ada, bob, faults } = await meet('galley')
    await sendMessage(ada, 'Good morning')
    await messageWith(bob, 'Good morning').waitFor()
    await sendMessage(bob, 'Morning!')
    await messageWith(ada, 'Morning!').waitFor()
    expect(await texts(ada)).toEqual(['Good morning', 'Morning!'])
    expect(await texts(bob)).toEqual(['Good morning', 'Morning!'])
    expect(faults()).toEqual([])
  })

  test('who write at the same time see the same order, and each message once', async () => {
    const { ada, bob } = await meet('storm')
    const lines = (name: string) => Array.from({ length: 20 }, (_, index) => `${name} ${index}`)
    const write = async (page: typeof ada, name: string) => {
      for (const line of lines(name)) await sendMessage(page, line)
    }
    await Promise.all([write(ada, 'Ada'), write(bob, 'Bob')])
    await messageWith(ada, 'Bob 19').waitFor()
    await messageWith(bob, 'Ada 19').waitFor()
    expect(await texts(ada)).toEqual(await texts(bob))
    expect((await texts(ada)).toSorted()).toEqual([...lines('Ada'), ...lines('Bob')].toSorted())
  })

  test('see who is present, who is away, and who is typing', async () => {
    const { ada, bob } = await meet('deck')
    await message(bob).pressSequentially('Hm')
    await ada.getByText('Bob is typing …').waitFor()
    await message(bob).fill('')
    await ada.getByText('Bob is typing …').waitFor({ state: 'detached' })
    await bob.close()
    await person(ada, 'Bob is away').waitFor()
    await person(ada, 'Ada is here').waitFor()
  })

  test('see edits and deletions', async () => {
    const { ada, bob } = await meet('hold')
    await sendMessage(ada, 'Helo')
    await sendMessage(ada, 'Oops')
    await edit(ada, 'Helo', 'Hello')
    await messageWith(bob, 'Hello').waitFor()
    await bob.getByText('edited', { exact: true }).waitFor()
    await messageWith(ada, 'Oops').hover()
    await button(ada, 'Delete “Oops”').click()
    await messageWith(bob, 'Oops').waitFor({ state: 'detached' })
    expect(await texts(ada)).toEqual(['Hello'])
    expect(await button(bob, 'Edit “Hello”').count()).toBe(0)
  })

  test('read markup as text', async () => {
    const { ada, bob, faults } = await meet('<b>bridge</b>')
    const markup = '<img src=x onerror=alert(1)><script>alert(2)</script>'
    await sendMessage(ada, markup)
    await messageWith(bob, markup).waitFor()
    await title(bob, '<b>bridge</b>').waitFor()
    expect(await bob.locator('#room').locator('img, script').count()).toBe(0)
    expect(faults()).toEqual([])
  })
})

test('an edit of a message that is changed on another page shows a warning, and keeps the text', async () => {
  const id = await makeRoom(server.url, 'two of a name')
  const { page: one } = await openRoom(openPage, server.url, id, 'Ada')
  const { page: two } = await openRoom(openPage, server.url, id, 'Ada')
  await sendMessage(one, 'Helo')
  await messageWith(two, 'Helo').hover()
  await button(two, 'Edit “Helo”').click()
  await editor(two).fill('Hello there')
  await edit(one, 'Helo', 'Hello')
  await problem(two).filter({ hasText: 'Somebody else changed this message. It now reads “Hello”.' }).waitFor()
  await editor(two).press('Enter')
  await messageWith(one, 'Hello there').waitFor()
})

describe.runIf(isFullRun)('rooms', () => {
  test('created by one are seen and entered by the other, and a name in use leads to its room', async () => {
    const ada = await openPage(`${server.url}/chat`)
    const bob = await openPage(`${server.url}/chat`)
    await enter(ada.page, 'Ada')
    await enter(bob.page, 'Bob')
    await ada.page.getByRole('textbox', { name: 'New room' }).fill('Crow’s nest')
    await ada.page.keyboard.press('Enter')
    await title(ada.page, 'Crow’s nest').waitFor()
    await room(bob.page, 'Crow’s nest').click()
    await person(ada.page, 'Bob is here').waitFor()
    await bob.page.goBack()
    await person(ada.page, 'Bob is away').waitFor()
    await bob.page.getByRole('textbox', { name: 'New room' }).fill('Crow’s nest')
    await bob.page.keyboard.press('Enter')
    await person(ada.page, 'Bob is here').waitFor()
    expect(ada.faults).toEqual([])
  })

  test('keep their messages apart', async () => {
    const one = await makeRoom(server.url, 'Port')
    await makeRoom(server.url, 'Starboard')
    const { page } = await openRoom(openPage, server.url, one, 'Ada')
    await sendMessage(page, 'To port')
    await message(page).fill('Half a thought')
    await room(page, 'Starboard').click()
    await page.getByText('No messages yet.').waitFor()
    expect(await message(page).inputValue()).toBe('')
    await sendMessage(page, 'To starboard')
    await room(page, 'Port').click()
    await messageWith(page, 'To port').waitFor()
    expect(await texts(page)).toEqual(['To port'])
    expect(await message(page).inputValue()).toBe('Half a thought')
  })

  test('that do not exist are reported as missing', async () => {
    const { page } = await openPage(`${server.url}/chat#${'0'.repeat(26)}`)
    await enter(page, 'Ada')
    await title(page, 'There is no such room').waitFor()
    expect(await message(page).isVisible()).toBe(false)
  })
})

test('a history of 120 messages loads in three pages, newest first', async () => {
  const id = await makeRoom(server.url, 'log book')
  const all = Array.from({ length: 120 }, (_, index) => `Message ${index}`)
  for (const text of all) await sayOverHttp(server.url, id, 'Ada', text)
  const { page } = await openRoom(openPage, server.url, id, 'Bob')
  await messageWith(page, 'Message 119').waitFor()
  expect(await texts(page)).toEqual(all.slice(70))
  await button(page, 'Load older').click()
  await expect.poll(() => texts(page)).toEqual(all.slice(20))
  await button(page, 'Load older').click()
  await expect.poll(() => texts(page)).toEqual(all)
  expect(await button(page, 'Load older').isVisible()).toBe(false)
})

test('a new message does not scroll away older ones that are being read', async () => {
  const id = await makeRoom(server.url, 'reading')
  for (let index = 0; index < 40; index += 1) await sayOverHttp(server.url, id, 'Ada', `Message ${index}`)
  const { page } = await openRoom(openPage, server.url, id, 'Bob')
  await messageWith(page, 'Message 39').waitFor()
  const log = page.getByRole('log')
  await log.focus()
  await page.keyboard.press('Home')
  await expect.poll(() => log.evaluate(({ scrollTop }: { scrollTop: number }) => scrollTop)).toBe(0)
  await sayOverHttp(server.url, id, 'Ada', 'News')
  await button(page, 'New messages').click()
  await button(page, 'New messages').waitFor({ state: 'hidden' })
  await expect.poll(() => messageWith(page, 'News').isVisible()).toBe(true)
})

describe.runIf(isFullRun)('while the server is down', () => {
  test('messages wait, and are sent once and in order when the server is back', async () => {
    const { url, kill, restart } = await startRestartable()
    const { id, ada, bob } = await meet('storm', url)
    await sendMessage(ada, 'Before')
    await kill()
    await connection(ada, 'Offline').waitFor()
    await message(ada).fill('First')
    await ada.keyboard.press('Enter')
    await message(ada).fill('Second')
    await ada.keyboard.press('Enter')
    await unsent(ada, 'First').filter({ hasText: 'Waiting for the connection' }).waitFor()
    await unsent(ada, 'Second').waitFor()
    await restart()
    await messageWith(bob, 'Second').waitFor()
    await connection(ada, 'Live').waitFor()
    await expect.poll(() => texts(ada)).toEqual(['Before', 'First', 'Second'])
    expect(await texts(bob)).toEqual(['Before', 'First', 'Second'])
    expect(await unsent(ada, '').count()).toBe(0)
    expect((await history(url, id)).data).toHaveLength(3)
  })

  test('a page that was away shows everything sent meanwhile', async () => {
    const { url, kill, restart } = await startRestartable()
    const { id, ada, bob } = await meet('calm', url)
    await kill()
    await connection(ada, 'Offline').waitFor()
    await restart()
    await sayOverHttp(url, id, 'Cy', 'While you were away')
    await messageWith(ada, 'While you were away').waitFor()
    await messageWith(bob, 'While you were away').waitFor()
    await person(ada, 'Bob is here').waitFor()
  })

  test('waiting messages survive a reload of the page', async () => {
    const id = await makeRoom(server.url, 'patience')
    const { page } = await openPage(`${server.url}/docs`)
    let isOpen = false
    await page.routeWebSocket(/connect/, (socket) => void (isOpen ? socket.connectToServer() : socket.close()))
    await page.goto(`${server.url}/chat#${id}`)
    await enter(page, 'Ada')
    await message(page).fill('At last')
    await page.keyboard.press('Enter')
    await unsent(page, 'At last').waitFor()
    await page.reload()
    await unsent(page, 'At last').waitFor()
    isOpen = true
    await messageWith(page, 'At last').waitFor()
    expect((await history(server.url, id)).data).toMatchObject([{ author: 'Ada', text: 'At last' }])
  })
})
