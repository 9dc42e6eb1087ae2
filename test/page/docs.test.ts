import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { useBrowser } from './browser.ts'
import { useServer } from './live-server.ts'

const openPage = useBrowser()
const server = useServer()

function operation(page: Page, method: string, path: string) {
  return page.locator(`.opblock-${method}`).filter({ has: page.locator(`[data-path="${path}"]`) })
}

describe('the API explorer', () => {
  test('shows every operation of todos', async () => {
    const { page } = await openPage(`${server.url}/docs`)
    for (const method of ['get', 'post']) await operation(page, method, '/api/todos').waitFor()
    for (const method of ['get', 'put', 'patch', 'delete']) await operation(page, method, '/api/todos/{id}').waitFor()
  })

  test('sends a request and shows its response, within the policy and without requests to another host', async () => {
    const { page, faults } = await openPage(`${server.url}/docs`)
    const list = operation(page, 'get', '/api/todos')
    await list.getByRole('button').first().click()
    await list.getByRole('button', { name: 'Try it out' }).click()
    const answered = page.waitForResponse((response) => new URL(response.url()).pathname === '/api/todos')
    await list.getByRole('button', { name: 'Execute' }).click()
    expect((await answered).status()).toBe(200)
    const live = list.locator('.live-responses-table .response')
    await live.waitFor()
    expect(await live.locator('.response-col_status').textContent()).toContain('200')
    expect(await live.textContent()).toContain('"data"')
    expect(faults).toEqual([])
  })

  test('opens the operation in the fragment of the address', async () => {
    const { page } = await openPage(`${server.url}/docs`)
    await operation(page, 'post', '/api/todos').getByRole('button').first().click()
    await page.waitForURL(/#\//)
    const again = await openPage(page.url())
    await operation(again.page, 'post', '/api/todos').getByRole('button', { name: 'Try it out' }).waitFor()
    // Swagger UI takes the `_` in an operation's id for an escaped space, and warns.
    expect(again.faults.filter((fault) => !fault.includes('Deprecated: escaping deep link'))).toEqual([])
  })
})
