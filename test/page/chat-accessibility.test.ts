import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeRoom, sendMessage as sayOverHttp } from '../chat/people.ts'
import type { RunningProcess } from '../harness/server.ts'
import { useBrowser } from './browser.ts'
import {
  button,
  connection,
  enter,
  message,
  messageWith,
  openRoom,
  person,
  room,
  sendMessage,
  texts,
  title,
} from './chat-page.ts'
import { startServer } from './live-server.ts'
import { accessibleNames, expectAccessible } from './look.ts'

const openPage = useBrowser()
const long = 'Donaudampfschifffahrtsgesellschaftskapitän'.repeat(5)
let server: RunningProcess
let full: string

beforeAll(async () => {
  server = await startServer()
  full = await makeRoom(server.url, 'Donaudampfschifffahrtsgesellschaft'.repeat(2))
  await sayOverHttp(server.url, full, 'Ada', long)
  await sayOverHttp(server.url, full, 'ليلى', 'مرحبا')
})
afterAll(() => server?.stop())

/** A room with every element, including an open editor. */
async function openFull(): Promise<Page> {
  const { page } = await openRoom(openPage, server.url, full, 'Ada')
  await connection(page, 'Live').waitFor()
  await messageWith(page, 'مرحبا').waitFor()
  await messageWith(page, long).hover()
  await button(page, `Edit “${long.slice(0, 59)}…”`).click()
  return page
}

test('a room fits a phone, stands out in light and dark, and names every field, button and link', async () => {
  const page = await openFull()
  await expectAccessible(page, { textsMin: 12 })
  const names = ['textbox "Message"', 'button "Send"', 'textbox "New room"', 'button "You are Ada. Change name"']
  expect(await accessibleNames(page)).toEqual(expect.arrayContaining(names))
  for (const width of [320, 360, 1000]) {
    await page.setViewportSize({ width, height: 800 })
    const beyond = await page
      .getByRole('log')
      .evaluate((log: { scrollWidth: number; clientWidth: number }) => log.scrollWidth - log.clientWidth)
    expect(beyond).toBe(0)
  }
})

describe('with the keyboard alone', () => {
  /** Presses Tab until the target has the focus. */
  async function tabTo(page: Page, target: Locator): Promise<void> {
    const focused = target.and(page.locator(':focus'))
    for (let presses = 0; presses < 40; presses++) {
      if ((await focused.count()) === 1) return
      await page.keyboard.press('Tab')
    }
    throw new Error('Tab does not reach it')
  }

  test('a user chooses a name, creates a room, and writes, edits and deletes a message', async () => {
    const { page } = await openPage(`${server.url}/chat`)
    await page.keyboard.type('Ada')
    await page.keyboard.press('Enter')
    await connection(page, 'Live').waitFor()
    await tabTo(page, page.getByRole('textbox', { name: 'New room' }))
    await page.keyboard.type('Keys')
    await page.keyboard.press('Enter')
    await title(page, 'Keys').waitFor()
    await tabTo(page, message(page))
    await page.keyboard.type('One')
    await page.keyboard.press('Shift+Enter')
    await page.keyboard.type('Two')
    await page.keyboard.press('Enter')
    await expect.poll(() => texts(page)).toEqual(['One\nTwo'])
    await page.keyboard.press('Shift+Tab')
    await page.keyboard.press('Shift+Tab')
    await page.keyboard.press('Enter')
    await page.keyboard.press('Control+A')
    await page.keyboard.type('Three')
    await page.keyboard.press('Enter')
    await messageWith(page, 'Three').waitFor()
    await tabTo(page, button(page, 'Delete “Three”'))
    await page.keyboard.press('Enter')
    await messageWith(page, 'Three').waitFor({ state: 'detached' })
    expect(await message(page).and(page.locator(':focus')).count()).toBe(1)
  })
})

test('a phone shows the rooms, then a room, then the rooms again', async () => {
  await makeRoom(server.url, 'Pocket')
  const phone = { viewport: { width: 360, height: 700 }, hasTouch: true, isMobile: true }
  const { page } = await openPage(`${server.url}/chat`, phone)
  await enter(page, 'Ada')
  await room(page, 'Pocket').tap()
  await sendMessage(page, 'From my pocket')
  expect(await room(page, 'Pocket').isVisible()).toBe(false)
  await messageWith(page, 'From my pocket').tap()
  await button(page, 'Delete “From my pocket”').tap()
  await messageWith(page, 'From my pocket').waitFor({ state: 'detached' })
  await page.getByRole('link', { name: 'All rooms' }).tap()
  await room(page, 'Pocket').waitFor()
})

test('the name is kept, and can be changed', async () => {
  const { page } = await openRoom(openPage, server.url, full, 'Ada')
  await page.reload()
  await button(page, 'You are Ada. Change name').click()
  await enter(page, 'Grace')
  await person(page, 'Grace is here').waitFor()
})
