import type { Locator, Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { useBrowser } from './browser.ts'
import {
  add,
  box,
  button,
  choice,
  editor,
  messageWith,
  newTodo,
  problem,
  reload,
  rename,
  store,
  stored,
  titles,
  useTodoServer,
} from './todo-page.ts'

const openPage = useBrowser()
const server = useTodoServer()

describe('the todo page', () => {
  test('a todo that is added is still there after a reload', async () => {
    const { page } = await openPage(server.url)
    await add(page, 'Bake bread')
    await messageWith(page, 'Added “Bake bread”.')
    expect(await newTodo(page).inputValue()).toBe('')
    await reload(page)
    expect(await titles(page)).toEqual(['Bake bread'])
  })

  test('a todo that is completed is still done after a reload', async () => {
    await store(server.url, 'Bake bread')
    const { page } = await openPage(server.url)
    await box(page, 'Bake bread').check()
    await messageWith(page, 'is done')
    await reload(page)
    expect(await box(page, 'Bake bread').isChecked()).toBe(true)
    await box(page, 'Bake bread').uncheck()
    await messageWith(page, 'is open again')
    expect(await stored(server.url)).toMatchObject([{ completed: false }])
  })

  test('a todo that is edited keeps its new title after a reload', async () => {
    await store(server.url, 'Bake bread')
    const { page } = await openPage(server.url)
    await rename(page, 'Bake bread', 'Bake rye bread')
    await messageWith(page, 'Saved “Bake rye bread”.')
    await reload(page)
    expect(await titles(page)).toEqual(['Bake rye bread'])
  })

  test('a todo that is deleted stays away after a reload', async () => {
    await store(server.url, 'Bake bread', 'Buy milk')
    const { page } = await openPage(server.url)
    await button(page, 'Delete Bake bread').click()
    await messageWith(page, 'Deleted “Bake bread”.')
    await reload(page)
    expect(await titles(page)).toEqual(['Buy milk'])
  })

  test('a title that is markup is shown as text', async () => {
    const title = '<img src=x onerror=alert(1)><script>alert(2)</script>'
    const { page, faults } = await openPage(server.url)
    await add(page, title)
    await messageWith(page, title)
    await reload(page)
    expect(await titles(page)).toEqual([title])
    expect(await page.locator('#list').locator('img, script').count()).toBe(0)
    expect(faults).toEqual([])
  })
})

describe('with the keyboard alone', () => {
  /** Presses Tab until the target has the focus. */
  async function tabTo(page: Page, target: Locator): Promise<void> {
    const focused = target.and(page.locator(':focus'))
    for (let presses = 0; presses < 20; presses++) {
      if ((await focused.count()) === 1) return
      await page.keyboard.press('Tab')
    }
    throw new Error('Tab does not reach it')
  }

  async function replaceText(page: Page, text: string): Promise<void> {
    await page.keyboard.press('Control+A')
    await page.keyboard.type(text)
  }

  test('todos are added, completed, edited and deleted', async () => {
    const { page } = await openPage(server.url)
    await tabTo(page, newTodo(page))
    await page.keyboard.type('Bake bread')
    await page.keyboard.press('Enter')
    await messageWith(page, 'Added')
    await tabTo(page, box(page, 'Bake bread'))
    await page.keyboard.press('Space')
    await messageWith(page, 'is done')
    await tabTo(page, button(page, 'Edit Bake bread'))
    await page.keyboard.press('Enter')
    await replaceText(page, 'Bake rye')
    await page.keyboard.press('Enter')
    await messageWith(page, 'Saved “Bake rye”.')
    expect(await stored(server.url)).toMatchObject([{ title: 'Bake rye', completed: true }])
    await tabTo(page, button(page, 'Delete Bake rye'))
    await page.keyboard.press('Space')
    await messageWith(page, 'Deleted')
    expect(await stored(server.url)).toEqual([])
    expect(await newTodo(page).and(page.locator(':focus')).count()).toBe(1)
  })

  test('Escape closes the editor without saving and restores the focus', async () => {
    await store(server.url, 'Bake bread')
    const { page } = await openPage(server.url)
    await tabTo(page, button(page, 'Edit Bake bread'))
    await page.keyboard.press('Space')
    await replaceText(page, 'Something else')
    expect(await editor(page).inputValue()).toBe('Something else')
    await page.keyboard.press('Escape')
    await editor(page).waitFor({ state: 'hidden' })
    expect(await button(page, 'Edit Bake bread').and(page.locator(':focus')).count()).toBe(1)
    expect(await titles(page)).toEqual(['Bake bread'])
  })

  test('the arrow keys change the filter', async () => {
    await store(server.url, 'Open one', { title: 'Done one', completed: true })
    const { page } = await openPage(server.url)
    await tabTo(page, choice(page, 'All'))
    await page.keyboard.press('ArrowRight')
    await messageWith(page, '1 open todo.')
    await page.keyboard.press('ArrowRight')
    await messageWith(page, '1 done todo.')
    expect(await titles(page)).toEqual(['Done one'])
  })
})

describe('a list', () => {
  test('shows only open or only done todos', async () => {
    await store(server.url, 'Open one', { title: 'Done one', completed: true })
    const { page } = await openPage(server.url)
    await choice(page, 'Open').check()
    await messageWith(page, '1 open todo.')
    expect(await titles(page)).toEqual(['Open one'])
    await choice(page, 'Done').check()
    await messageWith(page, '1 done todo.')
    expect(await titles(page)).toEqual(['Done one'])
    await choice(page, 'All').check()
    await messageWith(page, '2 todos.')
  })

  test('of open todos loses one that is completed', async () => {
    await store(server.url, 'One', 'Two')
    const { page } = await openPage(server.url)
    await choice(page, 'Open').check()
    await messageWith(page, '2 open todos.')
    await box(page, 'One').click()
    await messageWith(page, 'is done')
    expect(await titles(page)).toEqual(['Two'])
  })

  test('of 120 todos loads in three pages, each todo once', async () => {
    const all = Array.from({ length: 120 }, (_, index) => `Todo ${index}`)
    await store(server.url, ...all)
    const { page } = await openPage(server.url)
    await messageWith(page, '50+ todos.')
    await button(page, 'Load more').click()
    await expect.poll(async () => (await titles(page)).length).toBe(100)
    await button(page, 'Load more').click()
    await messageWith(page, '20 more loaded.')
    expect(await titles(page)).toEqual(all.toReversed())
    expect(await button(page, 'Load more').isVisible()).toBe(false)
  })
})

describe('an error', () => {
  test('of a title that is too long is shown, and the text kept', async () => {
    const { page } = await openPage(server.url)
    const long = 'x'.repeat(501)
    await add(page, long)
    await problem(page).waitFor()
    expect(await problem(page).textContent()).toContain('500')
    expect(await newTodo(page).inputValue()).toBe(long)
    await add(page, 'Short')
    await problem(page).waitFor({ state: 'hidden' })
    await messageWith(page, 'Added “Short”.')
  })

  test('of a blank title is shown, in the form and in the editor', async () => {
    await store(server.url, 'Bake bread')
    const { page } = await openPage(server.url)
    await add(page, '   ')
    await problem(page).filter({ hasText: 'Enter a title first.' }).waitFor()
    expect(await newTodo(page).inputValue()).toBe('   ')
    await rename(page, 'Bake bread', ' ')
    await page.getByRole('listitem').getByRole('group', { name: 'Problem' }).waitFor()
    expect(await stored(server.url)).toMatchObject([{ title: 'Bake bread' }])
  })

  test('of an edit keeps the typed text', async () => {
    await store(server.url, 'Bake bread')
    const { page } = await openPage(server.url)
    const long = 'y'.repeat(501)
    await rename(page, 'Bake bread', long)
    await problem(page).filter({ hasText: '500' }).waitFor()
    expect(await editor(page).inputValue()).toBe(long)
    await page.keyboard.press('Escape')
    expect(await titles(page)).toEqual(['Bake bread'])
  })
})
