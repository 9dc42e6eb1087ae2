import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { useBrowser } from './browser.ts'
import { accessibleNames, expectAccessible } from './look.ts'
import { add, box, button, messageWith, rename, store, useTodoServer } from './todo-page.ts'

const openPage = useBrowser()
const server = useTodoServer()

describe('accessibility', () => {
  const long = 'Donaudampfschifffahrtsgesellschaftskapitän'.repeat(5)

  async function openFull(): Promise<Page> {
    await store(server.url, long, 'مرحبا', { title: 'Done one', completed: true }, 'Bake bread')
    const { page } = await openPage(server.url)
    await box(page, 'Bake bread').waitFor()
    await add(page, ' ')
    await button(page, 'Edit Bake bread').click()
    return page
  }

  test('there is no policy violation, no error and no request to another host', async () => {
    const { page, faults } = await openPage(server.url)
    await add(page, 'Bake bread')
    await rename(page, 'Bake bread', 'Bake rye')
    await messageWith(page, 'Saved')
    await button(page, 'Delete Bake rye').click()
    await messageWith(page, 'Deleted')
    expect(faults).toEqual([])
  })

  test('fits a phone, stands out in light and dark, and every field, button and link has a name', async () => {
    const page = await openFull()
    await expectAccessible(page, { textsMin: 12 })
    const names = ['textbox "New todo"', 'button "Add"', 'button "Delete Done one"']
    expect(await accessibleNames(page)).toEqual(expect.arrayContaining(names))
  })
})
