/** Elements of the account page by their accessible names, and the log of its server. */
import type { Page } from 'playwright-core'
import { expect, vi } from 'vitest'
import type { RunningProcess } from '../harness/server.ts'
import type { OpenPage, Visit, VisitOptions } from './browser.ts'

export const goodPassword = 'a pinch of salt at sea'

export const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })
export const link = (page: Page, name: string) => page.getByRole('link', { name, exact: true })
export const email = (page: Page) => page.getByRole('textbox', { name: 'Email' })
export const password = (page: Page, name = 'Password') => page.getByRole('textbox', { name, exact: true })
export const heading = (page: Page, name: string) => page.getByRole('heading', { name, exact: true })
export const region = (page: Page, name: string) => page.getByRole('region', { name, exact: true })
export const rows = (page: Page, name: string) => page.getByRole('list', { name, exact: true }).getByRole('listitem')
export const text = (page: Page, words: string | RegExp) =>
  page.getByRole('main').locator('p:not(.unseen)').filter({ hasText: words }).filter({ visible: true })

/** Resolves with the text in the log of the server once it is there. */
export async function printed(server: RunningProcess, pattern: RegExp): Promise<string> {
  await vi.waitFor(() => expect(server.output()).toMatch(pattern))
  return pattern.exec(server.output())?.[0] ?? ''
}

export const administratorCode = (server: RunningProcess) => printed(server, /gla_[\w-]{43}/)

export async function makeAccount(url: string, address: string, more: object = {}): Promise<string> {
  const body = JSON.stringify({ email: address, password: goodPassword, token: true, ...more })
  const response = await fetch(`${url}/api/auth/sign-up`, { method: 'POST', body })
  expect(response.status).toBe(201)
  const { data } = (await response.json()) as { data: { token: string } }
  return data.token
}

export async function signIn(page: Page, address: string, secret = goodPassword): Promise<void> {
  await email(page).fill(address)
  await password(page).fill(secret)
  await page.keyboard.press('Enter')
}

export async function signUp(page: Page, address: string, secret = goodPassword): Promise<void> {
  await link(page, 'Sign up').click()
  // The address changes first and the form after it; until then the other form is there.
  await button(page, 'Sign up').waitFor()
  await email(page).fill(address)
  await password(page).fill(secret)
  await button(page, 'Sign up').click()
}

/** The account page of a signed-in user. */
export async function openHome(open: OpenPage, url: string, address: string, options?: VisitOptions): Promise<Visit> {
  const visit = await open(`${url}/account`, options)
  await signIn(visit.page, address)
  await heading(visit.page, address).waitFor()
  return visit
}

/** Another page of the same browser. */
export async function openBeside({ page }: Visit, url: string): Promise<Page> {
  const beside = await page.context().newPage()
  await beside.goto(url)
  return beside
}
