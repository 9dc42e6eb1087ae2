/** Email addresses that are verified, by the pages and their links. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RunningProcess } from '../harness/server.ts'
import { button, email, goodPassword, heading, link, password, printed, region, signUp, text } from './account-page.ts'
import { useBrowser } from './browser.ts'
import { startServer } from './live-server.ts'

const openPage = useBrowser()
let server: RunningProcess

beforeAll(async () => {
  server = await startServer({ env: { SIGN_UP: 'verified' } })
})
afterAll(() => server?.stop())

test('where addresses are verified first, the link of the email makes the account', async () => {
  const { page, faults } = await openPage(`${server.url}/account`)
  await signUp(page, 'new@example.org')
  await text(page, 'An email is on its way').waitFor()
  const path = await printed(server, /\/account#code=glv_[\w-]{43}&email=new%40example\.org/)
  await page.goto(`${server.url}${path}`)
  await button(page, 'Sign up').waitFor()
  expect(await email(page).inputValue()).toBe('new@example.org')
  await password(page).fill(goodPassword)
  await button(page, 'Sign up').click()
  await heading(page, 'new@example.org').waitFor()
  await region(page, 'Confirm your email address').waitFor({ state: 'hidden' })
  expect(faults).toEqual([])
})

test('the administrator confirms the own address by the link of an email', async () => {
  const code = await printed(server, /gla_[\w-]{43}/)
  const { page, faults } = await openPage(`${server.url}/account#code=${code}`)
  await signUp(page, 'first@example.org')
  await heading(page, 'first@example.org').waitFor()
  await button(page, 'Send the email').click()
  await text(page, 'An email is on its way').waitFor()
  const path = await printed(server, /\/account#verify=glv_[\w-]{43}/)
  await page.goto(`${server.url}${path}`)
  await button(page, 'Confirm').click()
  await region(page, 'Confirm your email address').waitFor({ state: 'hidden' })
  await link(page, 'Administration').waitFor()
  expect(faults).toEqual([])
})
