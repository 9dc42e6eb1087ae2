import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RunningProcess } from '../harness/server.ts'
import {
  administratorCode,
  button,
  goodPassword,
  heading,
  link,
  makeAccount,
  openHome,
  password,
  rows,
  text,
} from './account-page.ts'
import { useBrowser } from './browser.ts'
import { startServer } from './live-server.ts'
import { expectAccessible } from './look.ts'

const openPage = useBrowser()
const long = `${'donaudampfschifffahrt'.repeat(2)}@example.org`
let server: RunningProcess

beforeAll(async () => {
  server = await startServer()
  await makeAccount(server.url, long, { code: await administratorCode(server) })
})
afterAll(() => server?.stop())

type Open = () => Promise<Page>

/** The forms of a signed-out user, with errors. */
async function openSignIn(): Promise<Page> {
  const { page } = await openPage(`${server.url}/account#code=gla_old`)
  await button(page, 'Sign up').click()
  await text(page, 'Enter a password.').waitFor()
  return page
}

async function openReset(): Promise<Page> {
  const { page } = await openPage(`${server.url}/reset`)
  await button(page, 'Set the password').click()
  await text(page, 'Enter the code from the email.').waitFor()
  return page
}

/** The account page with every element, including a new key. */
async function openFull(): Promise<Page> {
  const { page } = await openHome(openPage, server.url, long)
  await page.getByText('Create a key', { exact: true }).press('Enter')
  await page.getByLabel('Name', { exact: true }).fill('Kombüse'.repeat(14))
  await page.getByRole('checkbox', { name: 'everything' }).check()
  await button(page, 'Create the key').click()
  await rows(page, 'API keys').first().waitFor()
  await page.getByText('Delete my account', { exact: true }).click()
  await button(page, 'Delete permanently').click()
  return page
}

async function openAdmin(): Promise<Page> {
  const { page } = await openHome(openPage, server.url, long)
  await page.goto(`${server.url}/admin`)
  await button(page, `Audit of ${long}`).click()
  await button(page, `Role of ${long}`).click()
  await button(page, 'Show all').waitFor()
  await rows(page, 'Audit').first().waitFor()
  return page
}

const pages: [string, Open][] = [
  ['for who comes in', openSignIn],
  ['for a new password', openReset],
  ['of an account', openFull],
  ['of administrators', openAdmin],
]

test.each(pages)('the page %s fits a phone, stands out in light and dark, and names everything', async (_, open) => {
  await expectAccessible(await open(), { textsMin: 7 })
})

describe('with the keyboard alone', () => {
  /** Presses Tab until the target has the focus. */
  async function tabTo(page: Page, target: Locator): Promise<void> {
    const focused = target.and(page.locator(':focus'))
    for (let presses = 0; presses < 60; presses++) {
      if ((await focused.count()) === 1) return
      await page.keyboard.press('Tab')
    }
    throw new Error('Tab does not reach it')
  }

  test('a user signs up, creates and revokes a key, and signs out', async () => {
    const { page, faults } = await openPage(`${server.url}/account`)
    await heading(page, 'Welcome back').waitFor()
    await page.keyboard.press('Shift+Tab')
    await tabTo(page, link(page, 'Sign up'))
    await page.keyboard.press('Enter')
    await heading(page, 'Create an account').waitFor()
    await page.keyboard.type('keys@example.org')
    await tabTo(page, password(page))
    await page.keyboard.type(goodPassword)
    await page.keyboard.press('Enter')
    await heading(page, 'keys@example.org').and(page.locator(':focus')).waitFor()
    await tabTo(page, page.locator('summary', { hasText: 'Create a key' }))
    await page.keyboard.press('Enter')
    await tabTo(page, page.getByLabel('Name', { exact: true }))
    await page.keyboard.type('nightly')
    await tabTo(page, page.getByRole('checkbox', { name: 'everything' }))
    await page.keyboard.press('Space')
    await page.keyboard.press('Enter')
    await tabTo(page, button(page, 'Done'))
    await page.keyboard.press('Enter')
    await tabTo(page, button(page, 'Revoke nightly'))
    await page.keyboard.press('Enter')
    await tabTo(page, button(page, 'Revoke'))
    await page.keyboard.press('Enter')
    await text(page, 'No keys yet.').waitFor()
    await page.keyboard.press('Shift+Tab')
    await page.keyboard.press('Shift+Tab')
    await tabTo(page, page.locator('summary', { hasText: 'Delete my account' }))
    await button(page, 'Sign out').focus()
    await page.keyboard.press('Enter')
    await text(page, 'You are signed out.').waitFor()
    expect(faults).toEqual([])
  })
})
