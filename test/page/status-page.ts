/** Elements of the status page by their accessible names, and traffic for it to show. */
import type { Page } from 'playwright-core'
import { onTestFinished } from 'vitest'

export const state = (page: Page, text: string) => page.getByRole('status').filter({ hasText: text }).waitFor()
export const live = (page: Page) => state(page, 'Live')
export const plot = (page: Page, name: string | RegExp) => page.getByRole('img', { name })
/** The first line of a plot once it has more than one point. */
export const drawnLine = (page: Page, title: string) =>
  page.locator(`figure:has(figcaption:text-is("${title}")) path.calm[d*="L"]`)
export const tokenField = (page: Page) => page.getByRole('textbox', { name: 'Token for the metrics' })
export const row = (page: Page, name: string) => page.getByRole('row', { name })

export async function enterToken(page: Page, token: string): Promise<void> {
  await tokenField(page).fill(token)
  await page.getByRole('button', { name: 'Show' }).click()
}

/** Sends rounds of ten writes, five reads and one unknown address until the test ends. */
export function keepBusy(url: string): void {
  const over = new AbortController()
  const round = async () => {
    const writes = Array.from({ length: 10 }, (_, index) => write(url, `Todo ${index}`))
    const reads = Array.from({ length: 5 }, () => fetch(`${url}/api/todos`))
    const responses = await Promise.all([...writes, ...reads, fetch(`${url}/api/todos/nothing`)])
    await Promise.all(responses.map((response) => response.arrayBuffer()))
  }
  const run = async () => {
    while (!over.signal.aborted) await round()
  }
  const ended = run()
  onTestFinished(async () => {
    over.abort()
    await ended
  })
}

export function write(url: string, title: string): Promise<Response> {
  return fetch(`${url}/api/todos`, { method: 'POST', body: JSON.stringify({ title }) })
}

/** Resolves after this many more responses to the page's requests. */
export async function looks(page: Page, times: number): Promise<void> {
  for (let seen = 0; seen < times; seen += 1) {
    await page.waitForResponse((response) => response.url().endsWith('/metrics') && response.ok())
  }
}
