import type { Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type RunningProcess, startProcess } from '../harness/server.ts'
import { useBrowser } from './browser.ts'
import { accessibleNames, faintTexts, overflowPx, textCount } from './look.ts'
import { add, box, button, removeAll, rename, said, store } from './todo-page.ts'

const openPage = useBrowser()
let server: RunningProcess

beforeAll(async () => {
  server = await startProcess({ runtime: 'node' })
})
afterAll(() => server?.stop())
beforeEach(() => removeAll(server.url))

describe('accessibility', () => {
  const long = 'Donaudampfschifffahrtsgesellschaftskapitän'.repeat(5)

  async function openFull(colorScheme: 'light' | 'dark', width = 1000): Promise<Page> {
    await store(server.url, long, 'مرحبا', { title: 'Done one', completed: true }, 'Bake bread')
    const { page } = await openPage(server.url, { colorScheme, viewport: { width, height: 800 } })
    await box(page, 'Bake bread').waitFor()
    await add(page, ' ')
    await button(page, 'Edit Bake bread').click()
    return page
  }

  test('there is no policy violation, no error and no request to another host', async () => {
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

  test.each(['light', 'dark'] as const)('every text has enough contrast in %s', async (scheme) => {
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
