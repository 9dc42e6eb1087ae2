/** Imports and exports are charged by their rows. */
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { createSqliteDatabase } from '../../adapters/sqlite/database.ts'
import { createApp } from '../../src/app.ts'
import { collection } from '../../src/collections/collection.ts'
import { field } from '../../src/collections/field.ts'
import { createTestPlatform } from '../harness/platform.ts'

const notes = collection('notes', { access: 'open', fields: { text: field.text() } })
const lists = collection('lists', { access: 'open', fields: { notes: field.references('notes') } })
const settings = { corsOrigins: [], hosts: null, trustedProxies: [], metricsToken: '', isRateLimited: true }

async function start() {
  const database = createSqliteDatabase(new DatabaseSync(':memory:'))
  const app = createApp(createTestPlatform({ database, settings }), { collections: [notes, lists] })
  onTestFinished(() => database.close())
  await app.start()
  return (address: string, path: string, init: RequestInit = {}) =>
    app.fetch(new Request(`http://localhost${path}`, init), { address, isSecure: false })
}

/** The small requests that a client may make at once. */
async function allowance(ask: Awaited<ReturnType<typeof start>>, address: string): Promise<number> {
  for (let count = 0; ; count += 1) {
    const response = await ask(address, '/api/topics/notes')
    await response.text()
    if (response.status === 429) return count
  }
}

test('an import and an export cost units by their rows', async () => {
  const ask = await start()
  const body = '{"text":"x"}\n'.repeat(500)
  const usual = await allowance(ask, '203.0.113.1')
  await (await ask('203.0.113.2', '/api/notes/import', { method: 'POST', body })).text()
  // Half a unit for each row.
  expect(await allowance(ask, '203.0.113.2')).toBeLessThan(usual - 150)
  for (let n = 0; n < 3; n += 1) await (await ask('203.0.113.3', '/api/notes/export')).text()
  expect(await allowance(ask, '203.0.113.3')).toBeLessThan(usual - 50)
})

test('an import costs units for its references', async () => {
  const ask = await start()
  const rows = Array.from({ length: 1000 }, (_, index) => `{"text":"${index}"}\n`)
  await (await ask('127.0.0.1', '/api/notes/import', { method: 'POST', body: rows.join('') })).text()
  const stored = await (await ask('127.0.0.1', '/api/notes/export?fields=text')).text()
  const ids = stored.match(/(?<="id":")\w+/g)
  const usual = await allowance(ask, '203.0.113.1')
  const body = JSON.stringify({ notes: ids })
  await (await ask('203.0.113.2', '/api/lists/import', { method: 'POST', body })).text()
  expect(await allowance(ask, '203.0.113.2')).toBeLessThan(usual - 100)
})

test('the first page of an export is paid for, even if nobody reads it', async () => {
  const ask = await start()
  await (await ask('127.0.0.1', '/api/notes/import', { method: 'POST', body: '{"text":"x"}\n'.repeat(500) })).text()
  const usual = await allowance(ask, '203.0.113.1')
  for (let n = 0; n < 10; n += 1)
    await (await ask('203.0.113.2', '/api/notes/export', { method: 'HEAD' })).body?.cancel()
  expect(await allowance(ask, '203.0.113.2')).toBeLessThan(usual - 200)
})

test('an import costs units for rows that are tried again', async () => {
  const ask = await start()
  const first = await ask('127.0.0.1', '/api/notes', { method: 'POST', body: '{"text":"x"}' })
  const { data } = (await first.json()) as { data: { id: string } }
  const usual = await allowance(ask, '203.0.113.1')
  const body = `${'{"text":"x"}\n'.repeat(19)}{"id":"${data.id}","text":"x"}\n`.repeat(5)
  await (await ask('203.0.113.2', '/api/notes/import', { method: 'POST', body })).text()
  // Some 50 units for its rows, and 200 for its parts.
  expect(await allowance(ask, '203.0.113.2')).toBeLessThan(usual - 120)
})
