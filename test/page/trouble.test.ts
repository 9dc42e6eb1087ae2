import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { isFullRun } from '../harness/sample.ts'
import { useBrowser } from './browser.ts'
import { startRestartable } from './live-server.ts'
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
  removeAll,
  rename,
  store,
  stored,
  titles,
  useTodoServer,
} from './todo-page.ts'

const openPage = useBrowser()
const server = useTodoServer()

describe('two pages', () => {
  test('that edit the same todo: the second is warned, keeps its text and may save it then', async () => {
    await store(server.url, 'Bake bread')
    const first = await openPage(server.url)
    const second = await openPage(server.url, { withoutWebSocket: true })
    await box(second.page, 'Bake bread').waitFor()
    await rename(first.page, 'Bake bread', 'Bake rye')
    await messageWith(first.page, 'Saved')
    await rename(second.page, 'Bake bread', 'Bake cake')
    await problem(second.page).filter({ hasText: 'Somebody else changed this todo. It now reads “Bake rye”' }).waitFor()
    expect(await editor(second.page).inputValue()).toBe('Bake cake')
    expect(await stored(server.url)).toMatchObject([{ title: 'Bake rye' }])
    await button(second.page, 'Save').click()
    await messageWith(second.page, 'Saved “Bake cake”.')
    expect(await stored(server.url)).toMatchObject([{ title: 'Bake cake' }])
  })

  test('of which one deletes: the other is warned and can remove it from its list', async () => {
    await store(server.url, 'Bake bread')
    const { page } = await openPage(server.url, { withoutWebSocket: true })
    await box(page, 'Bake bread').waitFor()
    await removeAll(server.url)
    await box(page, 'Bake bread').click()
    await problem(page).filter({ hasText: 'Somebody else deleted this todo.' }).waitFor()
    await button(page, 'Remove from list').click()
    await page.getByText('Add the first one above.').waitFor()
  })
})

describe.runIf(isFullRun)('while the server is down', () => {
  const unreachable = (page: Page) => problem(page).filter({ hasText: "Can't reach the server." }).waitFor()

  test('the page says so, and Try again adds the todo once and loses none', async () => {
    const { url, kill, restart } = await startRestartable()
    const { page } = await openPage(url)
    await add(page, 'Before')
    await messageWith(page, 'Added')
    await kill()
    await add(page, 'Meanwhile')
    await unreachable(page)
    expect(await newTodo(page).inputValue()).toBe('Meanwhile')
    await restart()
    await button(page, 'Try again').click()
    await messageWith(page, 'Added “Meanwhile”.')
    await reload(page)
    expect(await titles(page)).toEqual(['Meanwhile', 'Before'])
  })

  test('a change and an edit can be tried again', async () => {
    const { url, kill, restart } = await startRestartable()
    const { page } = await openPage(url)
    await add(page, 'One')
    await messageWith(page, 'Added')
    await kill()
    await box(page, 'One').click()
    await unreachable(page)
    expect(await box(page, 'One').isChecked()).toBe(false)
    await rename(page, 'One', 'Two')
    await unreachable(page)
    await restart()
    await button(page, 'Try again').click()
    await messageWith(page, 'Saved “Two”.')
    await box(page, 'Two').check()
    await messageWith(page, 'is done')
    expect(await stored(url)).toMatchObject([{ title: 'Two', completed: true }])
  })

  test('the list can be loaded again', async () => {
    const { url, kill, restart } = await startRestartable()
    const { page } = await openPage(url)
    await add(page, 'One')
    await messageWith(page, 'Added')
    await kill()
    await choice(page, 'Open').check()
    await unreachable(page)
    await restart()
    await button(page, 'Try again').click()
    await messageWith(page, '1 open todo.')
    expect(await titles(page)).toEqual(['One'])
  })
})
