import { describe, expect, test } from 'vitest'
import { isFullRun } from '../harness/sample.ts'
import {
  button,
  goodPassword,
  heading,
  link,
  makeAccount,
  openBeside,
  openHome,
  password,
  rows,
  signIn,
  text,
} from './account-page.ts'
import { useBrowser } from './browser.ts'
import { useServer } from './live-server.ts'

const openPage = useBrowser()
const agent = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'
const server = useServer()

const ended = 'Your session has ended. Sign in again to continue.'

describe('sessions', () => {
  test('are listed with the current one marked, and one that is ended elsewhere is signed out at once', async () => {
    await makeAccount(server.url, 'ada@example.org')
    const one = await openHome(openPage, server.url, 'ada@example.org')
    const two = await openHome(openPage, server.url, 'ada@example.org', { userAgent: agent })
    const todos = await openBeside(two, server.url)
    await link(todos, 'Account of ada@example.org').waitFor()
    await rows(two.page, 'Sessions').filter({ hasText: 'this one' }).getByText('Firefox on Linux').waitFor()
    await one.page.reload()
    await button(one.page, 'End the session of Firefox on Linux').click()
    await text(two.page, ended).waitFor()
    await heading(two.page, 'Welcome back').waitFor()
    await link(todos, 'Sign in').waitFor()
    await expect.poll(() => rows(one.page, 'Sessions').filter({ hasText: 'Firefox' }).count()).toBe(0)
    expect([...one.faults, ...two.faults]).toEqual([])
  })

  test.runIf(isFullRun)('can all be ended but the current one', async () => {
    await makeAccount(server.url, 'bob@example.org')
    const one = await openHome(openPage, server.url, 'bob@example.org')
    const two = await openHome(openPage, server.url, 'bob@example.org')
    await one.page.reload()
    await button(one.page, 'End all others').click()
    await text(two.page, ended).waitFor()
    await expect.poll(() => rows(one.page, 'Sessions').count()).toBe(1)
    expect(await button(one.page, 'End all others').count()).toBe(0)
  })

  test('end with a new password, except the one that changed it', async () => {
    await makeAccount(server.url, 'cleo@example.org')
    const one = await openHome(openPage, server.url, 'cleo@example.org')
    const two = await openHome(openPage, server.url, 'cleo@example.org')
    await password(one.page, 'Current password').fill('not this')
    await password(one.page, 'New password').fill('a barrel of rum')
    await button(one.page, 'Change password').click()
    await text(one.page, 'That is not your password.').waitFor()
    await password(one.page, 'Current password').fill(goodPassword)
    await button(one.page, 'Change password').click()
    await text(one.page, 'Your password is changed').waitFor()
    await text(two.page, ended).waitFor()
    await signIn(two.page, 'cleo@example.org', goodPassword)
    await text(two.page, 'The email address or the password is wrong.').waitFor()
    await signIn(two.page, 'cleo@example.org', 'a barrel of rum')
    await heading(two.page, 'cleo@example.org').waitFor()
    expect([...one.faults, ...two.faults]).toEqual([])
  })
})

describe('API keys', () => {
  const bearer = (secret: string) => ({ headers: { Authorization: `Bearer ${secret}` } })

  test('are created with permissions, shown once, work, and can be revoked', async () => {
    await makeAccount(server.url, 'dora@example.org')
    const { page, faults } = await openHome(openPage, server.url, 'dora@example.org')
    await text(page, 'No keys yet.').waitFor()
    await page.getByText('Create a key', { exact: true }).press('Enter')
    await button(page, 'Create the key').click()
    await text(page, 'Enter what the key is for.').waitFor()
    await page.getByLabel('Name', { exact: true }).fill('<b>backup</b>')
    await button(page, 'Create the key').click()
    await text(page, 'Choose at least one permission.').waitFor()
    await page.getByRole('checkbox', { name: 'todos:read' }).check()
    await page.getByLabel('Expires after').selectOption('1 year')
    await button(page, 'Create the key').click()
    const secret = await page.getByRole('textbox', { name: 'The new key' }).inputValue()
    expect(secret).toMatch(/^glk_/)
    const response = await fetch(`${server.url}/api/auth/me`, bearer(secret))
    expect(await response.json()).toMatchObject({
      data: { email: 'dora@example.org', credential: { kind: 'key', scopes: ['todos:read'] } },
    })
    await page.reload()
    await rows(page, 'API keys').getByText('<b>backup</b>', { exact: true }).waitFor()
    expect(await page.content()).not.toContain(secret)
    await button(page, 'Revoke <b>backup</b>').click()
    await button(page, 'Cancel').click()
    expect((await fetch(`${server.url}/api/auth/me`, bearer(secret))).status).toBe(200)
    await button(page, 'Revoke <b>backup</b>').click()
    await button(page, 'Revoke').click()
    await text(page, 'No keys yet.').waitFor()
    expect((await fetch(`${server.url}/api/auth/me`, bearer(secret))).status).toBe(401)
    expect(faults).toEqual([])
  })

  test.runIf(isFullRun)('are copied by a button', async () => {
    await makeAccount(server.url, 'eve@example.org')
    const { page } = await openHome(openPage, server.url, 'eve@example.org', {
      permissions: ['clipboard-read', 'clipboard-write'],
    })
    await page.getByText('Create a key', { exact: true }).press('Enter')
    await page.getByLabel('Name', { exact: true }).fill('copy')
    await page.getByRole('checkbox', { name: 'everything' }).check()
    await button(page, 'Create the key').click()
    await button(page, 'Copy').click()
    await button(page, 'Copied').waitFor()
    const secret = await page.getByRole('textbox', { name: 'The new key' }).inputValue()
    expect(await page.evaluate<string>('navigator.clipboard.readText()')).toBe(secret)
    await button(page, 'Done').click()
    expect(await page.content()).not.toContain(secret)
  })
})
