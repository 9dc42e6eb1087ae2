/** Elements of the chat page by their accessible names. */
import type { Page } from 'playwright-core'
import type { OpenPage, Visit } from './browser.ts'

export const message = (page: Page) => page.getByRole('textbox', { name: 'Message', exact: true })
export const messageWith = (page: Page, text: string) =>
  page.getByRole('list', { name: 'Sent', exact: true }).getByText(text, { exact: true })
export const unsent = (page: Page, text: string) =>
  page.getByRole('list', { name: 'Not sent yet' }).getByRole('listitem').filter({ hasText: text })
export const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })
export const editor = (page: Page) => page.getByRole('textbox', { name: 'Edit message' })
export const problem = (page: Page) => page.getByRole('group', { name: 'Problem' })
export const person = (page: Page, text: string) =>
  page.getByRole('list', { name: 'People' }).getByRole('listitem').filter({ hasText: text })
export const room = (page: Page, name: string) => page.getByRole('link', { name, exact: true })
export const title = (page: Page, name: string) => page.getByRole('heading', { name, exact: true })
export const connection = (page: Page, state: string) => page.getByRole('status').getByText(state, { exact: true })

export async function enter(page: Page, name: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Your name' }).fill(name)
  await button(page, 'Start chatting').click()
}

/** Opens a room by its address, under a name. */
export async function openRoom(open: OpenPage, url: string, id: string, name: string, options = {}): Promise<Visit> {
  const visit = await open(`${url}/chat#${id}`, options)
  await enter(visit.page, name)
  await person(visit.page, `${name} is here`).waitFor()
  return visit
}

export async function sendMessage(page: Page, text: string): Promise<void> {
  await message(page).fill(text)
  await page.keyboard.press('Enter')
  await messageWith(page, text).waitFor()
}

/** The texts of the room, oldest first. */
export function texts(page: Page): Promise<string[]> {
  return page.getByRole('list', { name: 'Sent', exact: true }).locator('.text').allTextContents()
}

/** Edits a message. */
export async function edit(page: Page, from: string, to: string): Promise<void> {
  await messageWith(page, from).hover()
  await button(page, `Edit “${from}”`).click()
  await editor(page).fill(to)
  await page.keyboard.press('Enter')
}
