import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { isFullRun } from '../harness/sample.ts'
import { useBrowser } from './browser.ts'
import { connection } from './chat-page.ts'
import { startRestartable } from './live-server.ts'
import {
  add,
  box,
  button,
  choice,
  editor,
  messageWith,
  problem,
  rename,
  store,
  stored,
  titles,
  useTodoServer,
} from './todo-page.ts'

const openPage = useBrowser()
const server = useTodoServer()

async function openLive(url = server.url): Promise<Page> {
  const { page } = await openPage(url)
  await connection(page, 'Live').waitFor()
  await messageWith(page, 'todo')
  return page
}

async function change(title: string, to: object): Promise<void> {
  const todo = (await stored(server.url)).find((each) => each.title === title)
  await fetch(`${server.url}/api/todos/${todo?.id}`, { method: 'PUT', body: JSON.stringify(to) })
}

describe('two todo pages', () => {
  test('show changes of each other at once', async () => {
    const [one, two] = [await openLive(), await openLive()]
    await add(one, 'Bake bread')
    await box(two, 'Bake bread').check()
    await expect.poll(() => box(one, 'Bake bread').isChecked()).toBe(true)
    await rename(one, 'Bake bread', 'Bake rye')
    await button(two, 'Delete Bake rye').click()
    await one.getByText('Add the first one above.').waitFor()
    await expect.poll(() => titles(two)).toEqual([])
    expect(await problem(one).count()).toBe(0)
  })

  test('that edit the same todo: the second is warned at once, keeps its text and may save it then', async () => {
    await store(server.url, 'Bake bread')
    const [one, two] = [await openLive(), await openLive()]
    await button(two, 'Edit Bake bread').click()
    await editor(two).fill('Bake cake')
    await rename(one, 'Bake bread', 'Bake rye')
    await problem(two).filter({ hasText: 'Somebody else changed this todo. It now reads “Bake rye”' }).waitFor()
    expect(await editor(two).inputValue()).toBe('Bake cake')
    await button(two, 'Save').click()
    await messageWith(two, 'Saved “Bake cake”.')
    await box(one, 'Bake cake').waitFor()
    expect(await stored(server.url)).toMatchObject([{ title: 'Bake cake' }])
  })

  test('of which one deletes what the other edits: the other is warned, and keeps its text', async () => {
    await store(server.url, 'Bake bread')
    const [one, two] = [await openLive(), await openLive()]
    await button(two, 'Edit Bake bread').click()
    await editor(two).fill('Bake cake')
    await button(one, 'Delete Bake bread').click()
    await problem(two).filter({ hasText: 'Somebody else deleted this todo.' }).waitFor()
    expect(await editor(two).inputValue()).toBe('Bake cake')
    await button(two, 'Remove from list').click()
    await two.getByText('Add the first one above.').waitFor()
  })
})

describe.runIf(isFullRun)('a live list', () => {
  test('of open todos removes one completed elsewhere, and shows it in its place when reopened', async () => {
    await store(server.url, 'One', 'Two', 'Three')
    const page = await openLive()
    await choice(page, 'Open').check()
    await messageWith(page, '3 open todos.')
    await change('Two', { completed: true })
    await expect.poll(() => titles(page)).toEqual(['Three', 'One'])
    await change('Two', { completed: false })
    await expect.poll(() => titles(page)).toEqual(['Three', 'Two', 'One'])
    await page.getByText('3 open todos', { exact: true }).waitFor()
  })

  test('leaves rows beyond its end to the next page', async () => {
    const all = Array.from({ length: 60 }, (_, index) => `Todo ${index}`)
    await store(server.url, ...all)
    const page = await openLive()
    await change('Todo 0', { title: 'The first' })
    await store(server.url, 'The last')
    await box(page, 'The last').waitFor()
    expect(await titles(page)).toHaveLength(51)
    await button(page, 'Load more').click()
    await box(page, 'The first').waitFor()
    expect(await titles(page)).toEqual(['The last', ...all.slice(1).toReversed(), 'The first'])
  })

  test('shows that the server is down, and catches up when it is back', async () => {
    const { url, kill, restart } = await startRestartable()
    await store(url, 'Before')
    const page = await openLive(url)
    await kill()
    await connection(page, 'Offline').waitFor()
    await restart()
    await store(url, 'Meanwhile')
    await connection(page, 'Live').waitFor()
    await expect.poll(() => titles(page)).toEqual(['Meanwhile', 'Before'])
    await store(url, 'After')
    await expect.poll(() => titles(page)).toEqual(['After', 'Meanwhile', 'Before'])
  })
})
