import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { isFullRun } from '../harness/sample.ts'
import { type RunningProcess, type RunningServer, startWorker } from '../harness/server.ts'
import { useBrowser } from './browser.ts'
import { startServer } from './live-server.ts'
import { accessibleNames, expectAccessible, faintTexts } from './look.ts'
import { drawnLine, enterToken, keepBusy, live, looks, plot, row, state, tokenField, write } from './status-page.ts'

const openPage = useBrowser()
const token = 'a-token-for-the-page'
let server: RunningProcess

beforeAll(async () => {
  server = await startServer({ env: { METRICS_TOKEN: token } })
})
afterAll(() => server?.stop())

async function openBusy(options?: Parameters<typeof openPage>[1]) {
  keepBusy(server.url)
  const visit = await openPage(`${server.url}/status`, options)
  await row(visit.page, 'POST /api/todos').waitFor()
  await drawnLine(visit.page, 'Requests per second').waitFor({ state: 'attached' })
  return visit
}

describe('under load', () => {
  test('the page draws every plot with its values, within the policy and without requests to another host', async () => {
    const { page, faults } = await openBusy()
    for (const title of ['Latency', 'Writes per commit', 'Commit time', 'Database read', 'Event loop delay']) {
      await drawnLine(page, title).waitFor({ state: 'attached' })
    }
    await plot(page, /^Requests per second: 2xx [1-9].*, 3xx 0, 4xx [1-9].*, 5xx 0\. Highest/).waitFor()
    await plot(page, /^Latency: p50 [\d.]+ m?s, p99 [\d.]+ m?s\./).waitFor()
    await plot(page, /^Writes per commit: mean [1-9]/).waitFor()
    await plot(page, /^Commit time: mean [\d.]+ m?s, p99 [\d.]+ m?s\./).waitFor()
    await plot(page, /^Event loop delay: p50 [\d.]+ m?s, p99 [\d.]+ m?s\./).waitFor()
    await plot(page, /^In flight: now \d+\./).waitFor()
    await plot(page, /^Memory: now [1-9]\d+ MB\./).waitFor()
    await plot(page, /^CPU: now [1-9][\d.]* %\./).waitFor()
    expect(faults).toEqual([])
  })

  test('the slowest routes are first when selected', async () => {
    const { page } = await openBusy()
    await page.getByRole('radio', { name: 'Slowest' }).check()
    const rows = await page.locator('tbody tr').allInnerTexts()
    const p99 = rows.map((text) => text.split('\t')[3] ?? '').map(milliseconds)
    expect(p99.length).toBeGreaterThan(2)
    expect(p99).toEqual(p99.toSorted((one, other) => other - one))
  })

  function milliseconds(text: string): number {
    const [value = '', unit] = text.split(' ')
    return Number(value) * (unit === 's' ? 1000 : 1)
  }
})

test('the table counts requests and errors since the page was opened', async () => {
  const { page } = await openPage(`${server.url}/status`)
  await live(page)
  await Promise.all(Array.from({ length: 300 }, (_, index) => write(server.url, index < 7 ? '' : 'Bake bread')))
  const cells = row(page, 'POST /api/todos').getByRole('cell')
  await cells.nth(3).filter({ hasText: /^7$/ }).waitFor()
  expect(await cells.last().textContent()).toBe('0')
})

test.runIf(isFullRun)('the page does not count its own requests', async () => {
  const { page } = await openPage(`${server.url}/status`)
  await live(page)
  await looks(page, 3)
  expect(await page.getByRole('row', { name: '/metrics' }).count()).toBe(0)
  await plot(page, /^Requests per second: 2xx 0,/).waitFor()
  await plot(page, /^In flight: now 0\./).waitFor()
})

describe('from another machine', () => {
  const elsewhere = { extraHTTPHeaders: { 'X-Forwarded-For': '203.0.113.9' } }

  test('the page asks for the token, refuses a wrong one and keeps the right one in this tab', async () => {
    const { page, faults } = await openPage(`${server.url}/status`, elsewhere)
    await state(page, 'The metrics need a token.')
    await expect.poll(() => page.evaluate<string>('document.activeElement.id')).toBe('token')
    await enterToken(page, 'not the token')
    await page.getByRole('alert').filter({ hasText: 'only ASCII letters' }).waitFor()
    await enterToken(page, 'not-the-token-at-all')
    await page.getByRole('alert').filter({ hasText: 'This is not the token' }).waitFor()
    await enterToken(page, token)
    await plot(page, /^Memory: now \d+ MB/).waitFor()
    expect(await tokenField(page).isVisible()).toBe(false)
    await page.reload()
    await live(page)
    expect(await page.evaluate<string>('JSON.stringify([localStorage.length, document.cookie])')).toBe('[0,""]')
    expect(faults.filter((fault) => !fault.includes('403'))).toEqual([])
  })

  test('the field for the token has its name, and every text of it stands out', async () => {
    const { page } = await openPage(`${server.url}/status`, elsewhere)
    await enterToken(page, 'not-the-token-at-all')
    await page.getByRole('alert').filter({ hasText: 'This is not the token' }).waitFor()
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      expect(await faintTexts(page)).toEqual([])
    }
    expect(await accessibleNames(page)).toContain('textbox "Token for the metrics"')
  })
})

describe.runIf(isFullRun)('on Workers', () => {
  let worker: RunningServer
  beforeAll(async () => {
    worker = await startWorker('test/page/wrangler.toml')
  })
  afterAll(() => worker?.stop())

  test('the page leaves out plots without metrics', async () => {
    const { page, faults } = await openPage(`${worker.url}/status`)
    await enterToken(page, token)
    keepBusy(worker.url)
    await plot(page, /^Requests per second: 2xx [1-9]/).waitFor()
    await row(page, 'POST /api/todos').waitFor()
    const shown = await page.locator('figcaption:visible').allTextContents()
    expect(shown).toEqual(expect.arrayContaining(['In flight', 'Requests per second', 'Latency']))
    expect(shown).not.toEqual(expect.arrayContaining(['Memory']))
    expect(shown).not.toEqual(expect.arrayContaining(['CPU']))
    expect(faults.filter((fault) => !fault.includes('403'))).toEqual([])
  })
})

test.runIf(isFullRun)('the page reports that the server is down, and continues when it is back', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'galley-status-'))
  let running = await startServer({ dataDir })
  onTestFinished(async () => {
    await running.stop()
    await rm(dataDir, { recursive: true, force: true })
  })
  const { url } = running
  const { page } = await openPage(`${url}/status`)
  await live(page)
  await Promise.all(Array.from({ length: 50 }, () => write(url, 'Bake bread')))
  await drawnLine(page, 'Memory').waitFor({ state: 'attached' })
  await running.stop()
  await state(page, "Can't reach the server. Trying again every second.")
  await plot(page, /^Memory: now –/).waitFor()
  running = await startServer({ dataDir, env: { PORT: new URL(url).port } })
  await live(page)
  await plot(page, /^Memory: now \d+ MB/).waitFor()
  expect(await page.locator('b').allTextContents()).not.toContainEqual(expect.stringContaining('-'))
})

test.runIf(isFullRun)('a hidden page sends no requests, and continues when it is visible again', async () => {
  const { page } = await openPage(`${server.url}/status`)
  await live(page)
  await hide(page, true)
  await state(page, 'Paused')
  let asked = 0
  page.on('request', () => {
    asked += 1
  })
  const other = await openPage(`${server.url}/status`)
  await looks(other.page, 3)
  expect(asked).toBe(0)
  await hide(page, false)
  await live(page)
  await plot(page, /^Memory: now \d+ MB/).waitFor()
})

/** A headless browser has no window to minimise. */
function hide(page: Page, hidden: boolean): Promise<void> {
  return page.evaluate(`Object.defineProperty(document, 'hidden', { value: ${hidden}, configurable: true })
    document.dispatchEvent(new Event('visibilitychange'))`)
}

test('the busy page fits a phone, stands out in light and dark, moves nothing, and names everything', async () => {
  const { page } = await openBusy()
  await expectAccessible(page, { textsMin: 40 })
  expect(await page.evaluate<number>('document.getAnimations().length')).toBe(0)
  const names = ['radio "Busiest"', 'radio "Slowest"', 'link "API explorer"']
  expect(await accessibleNames(page)).toEqual(expect.arrayContaining(names))
  const images = await page.getByRole('img').count()
  expect(images).toBe(9)
  expect(await page.getByRole('img', { name: /\w: \w/ }).count()).toBe(images)
  const heads = ['Route', 'Rate', 'p50', 'p99', '4xx', '5xx']
  expect(await page.getByRole('columnheader').allTextContents()).toEqual(heads)
  await page.getByRole('rowheader', { name: 'POST /api/todos', exact: true }).waitFor()
})
