import { expect, onTestFinished, test } from 'vitest'
import { createThrottle } from '../../src/auth/throttle.ts'
import { createTestDatabase } from '../harness/database.ts'

test('counts take a bounded number of rows: the oldest are deleted', async () => {
  const { database, connection, remove } = await createTestDatabase([])
  onTestFinished(remove)
  connection.exec(`with recursive n (i) as (select 0 union all select i + 1 from n where i < 100999)
    insert into galley_lockouts select 'place ' || i, 1, 0, i from n`)
  const throttle = createThrottle({ database, now: () => 1_000_000 })
  for (let n = 0; n < 256; n += 1)
    await throttle.begin({ email: `u${n}@example.com`, userId: '', networks: [`192.0.2.${n}`] })
  const [row] = await database.read({
    sql: 'select count(*) as n, min(lastAt) as oldest from galley_lockouts',
    parameters: [],
  })
  expect(Number(row?.n)).toBeLessThanOrEqual(100_256)
  expect(Number(row?.oldest)).toBeGreaterThan(999)
})
