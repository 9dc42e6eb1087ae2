import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RunningProcess } from '../harness/server.ts'
import {
  administratorCode,
  button,
  email,
  goodPassword,
  heading,
  link,
  makeAccount,
  openBeside,
  openHome,
  password,
  printed,
  signIn,
  signUp,
  text,
} from './account-page.ts'
import { useBrowser } from './browser.ts'
import { connection } from './chat-page.ts'
import { startServer } from './live-server.ts'

const openPage = useBrowser()
let server: RunningProcess

beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server?.stop())

describe('signing up', () => {
  test('with the code of the banner makes an administrator, and removes the code from the address', async () => {
    const code = await administratorCode(server)
    const { page, faults } = await openPage(`${server.url}/account#code=${code}`)
    await signUp(page, 'first@example.org')
    await heading(page, 'first@example.org').waitFor()
    await link(page, 'Administration').waitFor()
    await text(page, 'An administrator since').waitFor()
    expect(page.url()).toBe(`${server.url}/account`)
    expect(faults).toEqual([])
  })

  test('with a used code shows the error at the field, and succeeds without it', async () => {
    const { page } = await openPage(`${server.url}/account#code=gla_used`)
    await signUp(page, 'second@example.org')
    await text(page, 'This code does not work for this address').waitFor()
    await page.getByRole('textbox', { name: 'Code' }).fill('')
    await button(page, 'Sign up').click()
    await heading(page, 'second@example.org').waitFor()
    expect(await link(page, 'Administration').count()).toBe(0)
  })

  test.each([
    ['nobody', goodPassword, 'Enter a complete email address'],
    ['', goodPassword, 'Enter your email address.'],
    ['new@example.org', 'short', 'That is too short'],
    ['new@example.org', 'password1', 'That is one of the most common passwords.'],
    ['taken@example.org', goodPassword, 'This address has an account already.'],
  ])('as %j with %j is told: %s', async (address, secret, words) => {
    if (address.startsWith('taken')) await makeAccount(server.url, address)
    const { page, faults } = await openPage(`${server.url}/account`)
    await signUp(page, address, secret)
    const fault = text(page, words)
    await fault.waitFor()
    const id = await fault.getAttribute('id')
    const field = page.locator(`[aria-describedby~="${id}"]:focus`)
    expect(await field.getAttribute('aria-invalid')).toBe('true')
    await field.fill('x')
    expect(await fault.count()).toBe(0)
    expect(faults).toEqual([])
  })
})

describe('signing in', () => {
  test('fails with a wrong password, succeeds with the right one, and ends with sign out', async () => {
    await makeAccount(server.url, 'ada@example.org')
    const { page, faults } = await openPage(`${server.url}/account`)
    await signIn(page, 'ada@example.org', 'a pinch of pepper')
    await text(page, 'The email address or the password is wrong.').waitFor()
    await signIn(page, 'ada@example.org')
    await heading(page, 'ada@example.org').waitFor()
    await button(page, 'Sign out').click()
    await text(page, 'You are signed out.').waitFor()
    expect(await password(page).inputValue()).toBe('')
    await page.reload()
    await heading(page, 'Welcome back').waitFor()
    expect(faults).toEqual([])
  })

  test('returns to the page it came from, but to no other site', async () => {
    await makeAccount(server.url, 'sailor@example.org')
    const { page } = await openPage(`${server.url}/chat`)
    await connection(page, 'Live').waitFor()
    await link(page, 'Sign in').click()
    await signIn(page, 'sailor@example.org')
    await page.waitForURL(`${server.url}/chat`)
    const other = await openPage(`${server.url}/account?to=${encodeURIComponent('//example.org/')}`)
    await signIn(other.page, 'sailor@example.org')
    await heading(other.page, 'sailor@example.org').waitFor()
    expect(other.page.url()).toBe(`${server.url}/account`)
  })

  test('explains that the browser stored no cookie', async () => {
    await makeAccount(server.url, 'safari@example.org')
    const { page } = await openPage(`${server.url}/account`)
    await page.route('**/api/auth/sign-in', async (route) => {
      const response = await route.fetch()
      await page.context().clearCookies()
      await route.fulfill({ status: response.status(), json: await response.json() })
    })
    await signIn(page, 'safari@example.org')
    await text(page, 'your browser did not store the cookie').waitFor()
  })

  test('over plain HTTP warns beforehand, and explains the failure', async () => {
    const open = await startServer({ env: { HOST: '0.0.0.0' } })
    try {
      const { page } = await openPage(`http://0.0.0.0:${new URL(open.url).port}/account`)
      await text(page, 'This page is not encrypted').waitFor()
      await signIn(page, 'ada@example.org')
      await text(page, 'Open this page with https://.').waitFor()
    } finally {
      await open.stop()
    }
  })

  test('has fields for password managers, and can show the password', async () => {
    const { page } = await openPage(`${server.url}/account`)
    expect(await email(page).getAttribute('autocomplete')).toBe('username')
    expect(await password(page).getAttribute('autocomplete')).toBe('current-password')
    await password(page).fill('seen')
    await button(page, 'Show password').click()
    expect(await password(page).getAttribute('type')).toBe('text')
    await button(page, 'Hide password').click()
    expect(await password(page).getAttribute('type')).toBe('password')
    await link(page, 'Sign up').click()
    await expect.poll(() => password(page).getAttribute('autocomplete')).toBe('new-password')
  })
})

describe('a forgotten password', () => {
  test('is replaced by the link of an email, once', async () => {
    await makeAccount(server.url, 'lost@example.org')
    const { page, faults } = await openPage(`${server.url}/account`)
    await link(page, 'Forgot password?').click()
    // The address changes first and the form after it; until then the other form is there.
    await button(page, 'Send the email').waitFor()
    await email(page).fill('lost@example.org')
    await button(page, 'Send the email').click()
    await text(page, 'an email is on its way').waitFor()
    const path = await printed(server, /\/reset#glr_[\w-]{43}/)
    await page.goto(`${server.url}${path}`)
    await password(page, 'New password').fill('another pinch of salt')
    await button(page, 'Set the password').click()
    await heading(page, 'Your new password is set').waitFor()
    expect(page.url()).toBe(`${server.url}/reset`)
    await link(page, 'Sign in').click()
    await signIn(page, 'lost@example.org', 'another pinch of salt')
    await heading(page, 'lost@example.org').waitFor()
    const again = await openPage(`${server.url}${path}`)
    await password(again.page, 'New password').fill('yet another pinch')
    await button(again.page, 'Set the password').click()
    await text(again.page, 'This link or code has expired').waitFor()
    expect([...faults, ...again.faults]).toEqual([])
  })
})

describe('the pages of one browser', () => {
  test('all follow the signed-in user', async () => {
    await makeAccount(server.url, 'grace@example.org')
    const visit = await openPage(`${server.url}/account`)
    const todos = await openBeside(visit, server.url)
    const chat = await openBeside(visit, `${server.url}/chat`)
    await link(todos, 'Sign in').waitFor()
    await link(chat, 'Sign in').waitFor()
    await signIn(visit.page, 'grace@example.org')
    await link(todos, 'Account of grace@example.org').waitFor()
    await link(chat, 'Account of grace@example.org').waitFor()
    expect(await chat.getByRole('textbox', { name: 'Your name' }).inputValue()).toBe('grace')
    await button(visit.page, 'Sign out').click()
    await link(todos, 'Sign in').waitFor()
    await link(chat, 'Sign in').waitFor()
    await connection(todos, 'Live').waitFor()
    expect(visit.faults).toEqual([])
  })

  test('stop showing a deleted account', async () => {
    await makeAccount(server.url, 'gone@example.org')
    const { page, faults } = await openHome(openPage, server.url, 'gone@example.org')
    await page.getByText('Delete my account', { exact: true }).click()
    await password(page, 'Your password').fill('wrong')
    await button(page, 'Delete permanently').click()
    await text(page, 'That is not your password.').waitFor()
    await password(page, 'Your password').fill(goodPassword)
    await button(page, 'Delete permanently').click()
    await text(page, 'Your account is deleted.').waitFor()
    expect(faults).toEqual([])
  })
})
