import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { type RunningProcess, startProcess } from '../harness/server.ts'
import { useBrowser } from './browser.ts'
import { accessibleNames, faintTexts, overflowPx, textCount } from './look.ts'

interface Todo {
  id: string
  title: string
  completed: boolean
}

const openPage = useBrowser()
let server: RunningProcess

beforeAll(async () => {
  server = await startProcess({ runtime: 'node' })
})
afterAll(() => server?.stop())
beforeEach(async () => {
  for (const { id } of await stored()) await fetch(`${server.url}/api/todos/${id}`, { method: 'DELETE' })
})

async function stored(url = server.url): Promise<Todo[]> {
  const response = await fetch(`${url}/api/todos?limit=1000&sort=-createdAt`)
  return ((await response.json()) as { data: Todo[] }).data
}

async function store(...todos: (string | { title: string; completed: boolean })[]): Promise<void> {
  for (const todo of todos) {
    const body = JSON.stringify(typeof todo === 'string' ? { title: todo } : todo)
    const { status } = await fetch(`${server.url}/api/todos`, { method: 'POST', body })
    expect(status).toBe(201)
  }
}

const newTodo = (page: Page) => page.getByRole('textbox', { name: 'New todo' })
const box = (page: Page, title: string) => page.getByRole('checkbox', { name: title, exact: true })
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })
const editor = (page: Page) => page.getByRole('textbox', { name: 'Edit title' })
const problem = (page: Page) => page.getByRole('group', { name: 'Problem' })
const choice = (page: Page, name: string) => page.getByRole('group', { name: 'Show' }).getByRole('radio', { name })
const said = (page: Page, text: string) => page.getByRole('status').filter({ hasText: text }).waitFor()

async function add(page: Page, title: string): Promise<void> {
  await newTodo(page).fill(title)
  await button(page, 'Add').click()
}

async function rename(page: Page, from: string, to: string): Promise<void> {
  await button(page, `Edit ${from}`).click()
  await editor(page).fill(to)
  await button(page, 'Save').click()
}

async function titles(page: Page): Promise<string[]> {
  return page.getByRole('list', { name: 'Todos' }).locator('.title').allTextContents()
}

async function reload(page: Page): Promise<void> {
  await page.reload()
  await said(page, 'todo')
}

describe('the todo page', () => {
  test('a todo that is added is still there after a reload', async () => {
    const { page } = await openPage(server.url)
    await add(page, 'Bake bread')
    await said(page, 'Added “Bake bread”.')
    expect(await newTodo(page).inputValue()).toBe('')
    await reload(page)
    expect(await titles(page)).toEqual(['Bake bread'])
  })

  test('a todo that is completed is still done after a reload', async () => {
    await store('Bake bread')
    const { page } = await openPage(server.url)
    await box(page, 'Bake bread').check()
    await said(page, 'is done')
    await reload(page)
    expect(await box(page, 'Bake bread').isChecked()).toBe(true)
    await box(page, 'Bake bread').uncheck()
    await said(page, 'is open again')
    expect(await stored()).toMatchObject([{ completed: false }])
  })

  test('a todo that is edited keeps its new title after a reload', async () => {
    await store('Bake bread')
    const { page } = await openPage(server.url)
    await rename(page, 'Bake bread', 'Bake rye bread')
    await said(page, 'Saved “Bake rye bread”.')
    await reload(page)
    expect(await titles(page)).toEqual(['Bake rye bread'])
  })

  test('a todo that is deleted stays away after a reload', async () => {
    await store('Bake bread', 'Buy milk')
    const { page } = await openPage(server.url)
    await button(page, 'Delete Bake bread').click()
    await said(page, 'Deleted “Bake bread”.')
    await reload(page)
    expect(await titles(page)).toEqual(['Buy milk'])
  })

  test('a title that is markup is shown as text', async () => {
    const title = '<img src=x onerror=alert(1)><script>alert(2)</script>'
    const { page, faults } = await openPage(server.url)
    await add(page, title)
    await said(page, title)
    await reload(page)
    expect(await titles(page)).toEqual([title])
    expect(await page.locator('#list').locator('img, script').count()).toBe(0)
    expect(faults).toEqual([])
  })
})

describe('with the keyboard alone', () => {
  /** Presses Tab until the target has the focus, as one does. */
  async function tabTo(page: Page, target: Locator): Promise<void> {
    const focused = target.and(page.locator(':focus'))
    for (let presses = 0; presses < 20; presses++) {
      if ((await focused.count()) === 1) return
      await page.keyboard.press('Tab')
    }
    throw new Error(`Tab does not reach ${target}`)
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
    await said(page, 'Added')
    await tabTo(page, box(page, 'Bake bread'))
    await page.keyboard.press('Space')
    await said(page, 'is done')
    await tabTo(page, button(page, 'Edit Bake bread'))
    await page.keyboard.press('Enter')
    await replaceText(page, 'Bake rye')
    await page.keyboard.press('Enter')
    await said(page, 'Saved “Bake rye”.')
    expect(await stored()).toMatchObject([{ title: 'Bake rye', completed: true }])
    await tabTo(page, button(page, 'Delete Bake rye'))
    await page.keyboard.press('Space')
    await said(page, 'Deleted')
    expect(await stored()).toEqual([])
    expect(await newTodo(page).and(page.locator(':focus')).count()).toBe(1)
  })

  test('Escape leaves the editor without saving and goes back to where it was opened', async () => {
    await store('Bake bread')
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

  test('the arrow keys choose what is shown', async () => {
    await store('Open one', { title: 'Done one', completed: true })
    const { page } = await openPage(server.url)
    await tabTo(page, choice(page, 'All'))
    await page.keyboard.press('ArrowRight')
    await said(page, '1 open todo.')
    await page.keyboard.press('ArrowRight')
    await said(page, '1 done todo.')
    expect(await titles(page)).toEqual(['Done one'])
  })
})

describe('a list', () => {
  test('shows the open or the done todos alone', async () => {
    await store('Open one', { title: 'Done one', completed: true })
    const { page } = await openPage(server.url)
    await choice(page, 'Open').check()
    await said(page, '1 open todo.')
    expect(await titles(page)).toEqual(['Open one'])
    await choice(page, 'Done').check()
    await said(page, '1 done todo.')
    expect(await titles(page)).toEqual(['Done one'])
    await choice(page, 'All').check()
    await said(page, '2 todos.')
  })

  test('of open todos loses one that is completed', async () => {
    await store('One', 'Two')
    const { page } = await openPage(server.url)
    await choice(page, 'Open').check()
    await said(page, '2 open todos.')
    await box(page, 'One').click()
    await said(page, 'is done')
    expect(await titles(page)).toEqual(['Two'])
  })

  test('of 120 todos comes in three parts, each todo once', async () => {
    const all = Array.from({ length: 120 }, (_, index) => `Todo ${index}`)
    await store(...all)
    const { page } = await openPage(server.url)
    await said(page, '50+ todos.')
    await button(page, 'Load more').click()
    await expect.poll(async () => (await titles(page)).length).toBe(100)
    await button(page, 'Load more').click()
    await said(page, '20 more loaded.')
    expect(await titles(page)).toEqual(all.toReversed())
    expect(await button(page, 'Load more').isVisible()).toBe(false)
  })
})

describe('a refusal', () => {
  test('of a title that is too long is shown, and the text kept', async () => {
    const { page } = await openPage(server.url)
    const long = 'x'.repeat(501)
    await add(page, long)
    await problem(page).waitFor()
    expect(await problem(page).textContent()).toContain('500')
    expect(await newTodo(page).inputValue()).toBe(long)
    await add(page, 'Short')
    await problem(page).waitFor({ state: 'hidden' })
    await said(page, 'Added “Short”.')
  })

  test('of a blank title is shown, in the form and in the editor', async () => {
    await store('Bake bread')
    const { page } = await openPage(server.url)
    await add(page, '   ')
    await problem(page).filter({ hasText: 'Write what needs doing first.' }).waitFor()
    expect(await newTodo(page).inputValue()).toBe('   ')
    await rename(page, 'Bake bread', ' ')
    await page.getByRole('listitem').getByRole('group', { name: 'Problem' }).waitFor()
    expect(await stored()).toMatchObject([{ title: 'Bake bread' }])
  })

  test('of an edit keeps what was typed', async () => {
    await store('Bake bread')
    const { page } = await openPage(server.url)
    const long = 'y'.repeat(501)
    await rename(page, 'Bake bread', long)
    await problem(page).filter({ hasText: '500' }).waitFor()
    expect(await editor(page).inputValue()).toBe(long)
    await page.keyboard.press('Escape')
    expect(await titles(page)).toEqual(['Bake bread'])
  })
})

describe('two pages', () => {
  test('that edit the same todo: the second is told, keeps its text and may save it then', async () => {
    await store('Bake bread')
    const first = await openPage(server.url)
    const second = await openPage(server.url)
    await box(second.page, 'Bake bread').waitFor()
    await rename(first.page, 'Bake bread', 'Bake rye')
    await said(first.page, 'Saved')
    await rename(second.page, 'Bake bread', 'Bake cake')
    await problem(second.page).filter({ hasText: 'Somebody else changed this todo. It now reads “Bake rye”' }).waitFor()
    expect(await editor(second.page).inputValue()).toBe('Bake cake')
    expect(await stored()).toMatchObject([{ title: 'Bake rye' }])
    await button(second.page, 'Save').click()
    await said(second.page, 'Saved “Bake cake”.')
    expect(await stored()).toMatchObject([{ title: 'Bake cake' }])
  })

  test('of which one deletes: the other is told and can remove it from its list', async () => {
    await store('Bake bread')
    const { page } = await openPage(server.url)
    await box(page, 'Bake bread').waitFor()
    for (const { id } of await stored()) await fetch(`${server.url}/api/todos/${id}`, { method: 'DELETE' })
    await box(page, 'Bake bread').click()
    await problem(page).filter({ hasText: 'Somebody else deleted this todo.' }).waitFor()
    await button(page, 'Remove from list').click()
    await page.getByText('Add your first todo above.').waitFor()
  })
})

describe('when the server is gone', () => {
  /** A server of its own, which can end and come back at the same address with the same data. */
  async function startMortal() {
    const dataDir = await mkdtemp(join(tmpdir(), 'galley-page-'))
    let running = await startProcess({ runtime: 'node', dataDir })
    const { url } = running
    onTestFinished(async () => {
      await running.stop()
      await rm(dataDir, { recursive: true, force: true })
    })
    const revive = async () => {
      running = await startProcess({ runtime: 'node', dataDir, env: { PORT: new URL(url).port } })
    }
    return { url, kill: () => running.stop(), revive }
  }

  const unreachable = (page: Page) => problem(page).filter({ hasText: "Can't reach the server." }).waitFor()

  test('the page says so, and Try again adds the todo once and loses none', async () => {
    const { url, kill, revive } = await startMortal()
    const { page } = await openPage(url)
    await add(page, 'Before')
    await said(page, 'Added')
    await kill()
    await add(page, 'Meanwhile')
    await unreachable(page)
    expect(await newTodo(page).inputValue()).toBe('Meanwhile')
    await revive()
    await button(page, 'Try again').click()
    await said(page, 'Added “Meanwhile”.')
    await reload(page)
    expect(await titles(page)).toEqual(['Meanwhile', 'Before'])
  })

  test('a change and an edit can be tried again', async () => {
    const { url, kill, revive } = await startMortal()
    const { page } = await openPage(url)
    await add(page, 'One')
    await said(page, 'Added')
    await kill()
    await box(page, 'One').click()
    await unreachable(page)
    expect(await box(page, 'One').isChecked()).toBe(false)
    await rename(page, 'One', 'Two')
    await unreachable(page)
    await revive()
    await button(page, 'Try again').click()
    await said(page, 'Saved “Two”.')
    await box(page, 'Two').check()
    await said(page, 'is done')
    expect(await stored(url)).toMatchObject([{ title: 'Two', completed: true }])
  })

  test('the list can be loaded again', async () => {
    const { url, kill, revive } = await startMortal()
    const { page } = await openPage(url)
    await add(page, 'One')
    await said(page, 'Added')
    await kill()
    await choice(page, 'Open').check()
    await unreachable(page)
    await revive()
    await button(page, 'Try again').click()
    await said(page, '1 open todo.')
    expect(await titles(page)).toEqual(['One'])
  })
})

describe('for everybody', () => {
  const long = 'Donaudampfschifffahrtsgesellschaftskapitän'.repeat(5)

  async function openFull(colorScheme: 'light' | 'dark', width = 1000): Promise<Page> {
    await store(long, 'مرحبا', { title: 'Done one', completed: true }, 'Bake bread')
    const { page } = await openPage(server.url, { colorScheme, viewport: { width, height: 800 } })
    await box(page, 'Bake bread').waitFor()
    await add(page, ' ')
    await button(page, 'Edit Bake bread').click()
    return page
  }

  test('there is no breach of the policy, no error and no request to another host', async () => {
    const { page, faults } = await openPage(server.url)
    await add(page, 'Bake bread')
    await rename(page, 'Bake bread', 'Bake rye')
    await said(page, 'Saved')
    await button(page, 'Delete Bake rye').click()
    await said(page, 'Deleted')
    expect(faults).toEqual([])
  })

  test('nothing scrolls sideways at a width of 320 pixels', async () => {
    const page = await openFull('light', 320)
    expect(await overflowPx(page)).toBe(0)
  })

  test('light and dark follow the system', async () => {
    const backs = new Set<string>()
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page } = await openPage(server.url, { colorScheme })
      backs.add(await page.evaluate<string>('getComputedStyle(document.documentElement).backgroundColor'))
    }
    expect(backs.size).toBe(2)
  })

  test.each(['light', 'dark'] as const)('every text stands out from its background in %s', async (scheme) => {
    const page = await openFull(scheme)
    expect(await textCount(page)).toBeGreaterThan(12)
    expect(await faintTexts(page)).toEqual([])
  })

  test('every field, button and link has a name', async () => {
    const names = await accessibleNames(await openFull('light'))
    expect(names).toEqual(expect.arrayContaining(['textbox "New todo"', 'button "Add"', 'button "Delete Done one"']))
    expect(names.filter((name) => name.endsWith(' ""'))).toEqual([])
  })
})
