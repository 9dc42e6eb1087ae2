import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isFullRun } from '../harness/sample.ts'
import type { RunningProcess } from '../harness/server.ts'
import {
  administratorCode,
  button,
  heading,
  link,
  makeAccount,
  openHome,
  region,
  rows,
  signIn,
  text,
} from './account-page.ts'
import { type OpenPage, useBrowser, type Visit } from './browser.ts'
import { startServer } from './live-server.ts'

const openPage = useBrowser()
let server: RunningProcess

beforeAll(async () => {
  server = await startServer()
  await makeAccount(server.url, 'captain@example.org', { code: await administratorCode(server) })
})
afterAll(() => server?.stop())

async function openAdmin(open: OpenPage): Promise<Visit> {
  const visit = await open(`${server.url}/account?to=/admin`)
  await signIn(visit.page, 'captain@example.org')
  await heading(visit.page, 'Users').waitFor()
  return visit
}

const user = (page: Page, address: string) => rows(page, 'Users').filter({ hasText: address })
const entry = (page: Page, words: string) => rows(page, 'Audit').filter({ hasText: words }).first()

async function setRole(page: Page, address: string, role: string): Promise<void> {
  await button(page, `Role of ${address}`).click()
  await page.getByLabel(`New role of ${address}`).fill(role)
  await button(page, 'Save').click()
}

/** Copies the one account and its audit entry past the server, which hashes passwords slowly on purpose. */
function copyAccount(dataDir: string, count: number): void {
  const connection = new DatabaseSync(join(dataDir, 'galley.db'))
  const copies = `with recursive copies(n) as (select 1 union all select n + 1 from copies where n < ${count})`
  const newId = "substr(id, 1, 20) || printf('%06d', n)"
  connection.exec(`${copies} insert into galley_users (id, email, password, role, createdAt)
    select ${newId}, 'sailor' || n || '@example.org', password, 'user', createdAt from galley_users, copies`)
  connection.exec(`${copies} insert into galley_audit (id, at, action, subject, detail)
    select ${newId}, at, action, subject, detail from (select * from galley_audit limit 1), copies`)
  connection.close()
}

/** Adds dead letters past the server, which has no jobs. */
function addDeadLetters(dataDir: string, jobs: readonly string[]): void {
  const connection = new DatabaseSync(join(dataDir, 'galley.db'))
  const insert = connection.prepare(`insert into galley_jobs (id, job, payload, state, dueAt, attempt, error, createdAt)
    values (?, ?, 'null', 'dead', 0, 1, 'Error: broken', 0)`)
  for (const [index, job] of jobs.entries()) insert.run(`dead${index}`, job)
  connection.close()
}

describe('an administrator', () => {
  test.runIf(isFullRun)('gives a role, which takes effect in an open page and appears in the audit', async () => {
    await makeAccount(server.url, 'mate@example.org')
    const mate = await openHome(openPage, server.url, 'mate@example.org')
    const { page, faults } = await openAdmin(openPage)
    await setRole(page, 'mate@example.org', 'Not a role')
    await user(page, 'mate@example.org').getByText('must be like editor').waitFor()
    await page.getByLabel('New role of mate@example.org').fill('admin')
    await page.keyboard.press('Enter')
    await user(page, 'mate@example.org').getByText('admin', { exact: true }).waitFor()
    await entry(page, 'mate@example.org: role changed from user to admin').getByText('by captain@example.org').waitFor()
    await link(mate.page, 'Administration').waitFor()
    await setRole(page, 'mate@example.org', 'user')
    await link(mate.page, 'Administration').waitFor({ state: 'hidden' })
    expect([...faults, ...mate.faults]).toEqual([])
  })

  test('disables a user, who is signed out at once and cannot sign in until enabled', async () => {
    await makeAccount(server.url, 'cook@example.org')
    const cook = await openHome(openPage, server.url, 'cook@example.org')
    const { page, faults } = await openAdmin(openPage)
    await button(page, 'Disable cook@example.org').click()
    await button(page, 'Cancel').click()
    await button(page, 'Disable cook@example.org').click()
    await button(page, 'Disable').click()
    await user(page, 'cook@example.org').getByText('disabled', { exact: true }).waitFor()
    await text(cook.page, 'Your session has ended.').waitFor()
    await signIn(cook.page, 'cook@example.org')
    await text(cook.page, 'The email address or the password is wrong.').waitFor()
    await entry(page, 'cook@example.org: account disabled').waitFor()
    await button(page, 'Enable cook@example.org').click()
    await entry(page, 'cook@example.org: account enabled').waitFor()
    await signIn(cook.page, 'cook@example.org')
    await heading(cook.page, 'cook@example.org').waitFor()
    expect([...faults, ...cook.faults]).toEqual([])
  })

  test.runIf(isFullRun)('ends the sessions of a user, and filters the audit by that user', async () => {
    await makeAccount(server.url, 'boy@example.org')
    const boy = await openHome(openPage, server.url, 'boy@example.org')
    const { page } = await openAdmin(openPage)
    await button(page, 'End sessions of boy@example.org').click()
    await text(boy.page, 'Your session has ended.').waitFor()
    await entry(page, 'boy@example.org: sessions ended').waitFor()
    await entry(page, 'captain@example.org').waitFor()
    await button(page, 'Audit of boy@example.org').click()
    await expect.poll(() => rows(page, 'Audit').filter({ hasNotText: 'boy@example.org:' }).count()).toBe(0)
    await entry(page, 'boy@example.org: sessions ended').waitFor()
    await page.getByRole('radio', { name: 'by this user' }).check()
    await entry(page, 'boy@example.org: sessions ended').waitFor({ state: 'detached' })
    await entry(page, 'boy@example.org: account created').waitFor()
    await button(page, 'Show all').click()
    await entry(page, 'captain@example.org').waitFor()
  })

  test('sees dead letters with their error, runs one again and discards another', async () => {
    addDeadLetters(server.dataDir, ['remind', 'report'])
    const { page, faults } = await openAdmin(openPage)
    await rows(page, 'Jobs').filter({ hasText: 'remind' }).getByText('Error: broken').waitFor()
    await button(page, 'Run again: remind').click()
    await rows(page, 'Jobs').filter({ hasText: 'remind' }).waitFor({ state: 'detached' })
    await button(page, 'Discard report').click()
    await button(page, 'Discard').click()
    await text(page, 'None.').waitFor()
    await page.getByRole('radio', { name: 'wait' }).check()
    await rows(page, 'Jobs').filter({ hasText: 'remind' }).waitFor()
    expect(faults).toEqual([])
  })

  test('can not give up the role as the last one', async () => {
    const { page } = await openAdmin(openPage)
    await setRole(page, 'captain@example.org', 'user')
    await user(page, 'captain@example.org').getByText('This is the last administrator.').waitFor()
    await user(page, 'captain@example.org').getByText('admin', { exact: true }).waitFor()
  })

  test.runIf(isFullRun)('reads users and audit a page at a time', async () => {
    const large = await startServer()
    try {
      await makeAccount(large.url, 'captain@example.org', { code: await administratorCode(large) })
      copyAccount(large.dataDir, 52)
      const { page } = await openPage(`${large.url}/account?to=/admin`)
      await signIn(page, 'captain@example.org')
      await text(page, /^50\+ users$/).waitFor()
      await button(page, 'Load more users').click()
      await text(page, /^53 users$/).waitFor()
      expect(await rows(page, 'Users').count()).toBe(53)
      expect(await rows(page, 'Audit').count()).toBe(50)
      await button(page, 'Load older entries').click()
      await expect.poll(() => rows(page, 'Audit').count()).toBeGreaterThan(52)
    } finally {
      await large.stop()
    }
  })
})

describe('a user who is no administrator', () => {
  test('sees only a message, signed in or not', async () => {
    await makeAccount(server.url, 'guest@example.org')
    const { page, faults } = await openPage(`${server.url}/admin`)
    await text(page, 'Sign in as one to see users').waitFor()
    expect(await region(page, 'Users').count()).toBe(0)
    await link(page, 'Sign in').click()
    await signIn(page, 'guest@example.org')
    await text(page, 'You are signed in as guest@example.org, which is not an administrator account.').waitFor()
    expect(await region(page, 'Users').count()).toBe(0)
    expect(await page.content()).not.toContain('captain@example.org')
    expect(faults).toEqual([])
  })

  test('loses access to the page at once', async () => {
    await makeAccount(server.url, 'deputy@example.org')
    const { page } = await openAdmin(openPage)
    await setRole(page, 'deputy@example.org', 'admin')
    const deputy = await openPage(`${server.url}/account?to=/admin`)
    await signIn(deputy.page, 'deputy@example.org')
    await heading(deputy.page, 'Users').waitFor()
    await setRole(page, 'deputy@example.org', 'user')
    await text(deputy.page, 'which is not an administrator account').waitFor()
    expect(await deputy.page.content()).not.toContain('captain@example.org')
  })
})
