/** Reads the stored rows through the server, and checks the database file with SQLite. */
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Todo } from '../process/ledger.ts'

export async function storedTodos(url: string): Promise<Map<string, Todo>> {
  const rows = new Map<string, Todo>()
  for (let cursor: string | null = ''; cursor !== null; ) {
    const response = await fetch(`${url}/api/todos?limit=1000${cursor && `&cursor=${encodeURIComponent(cursor)}`}`)
    if (response.status !== 200) throw new Error(`A list was answered with ${response.status}.`)
    const page = (await response.json()) as { data: Todo[]; next: string | null }
    for (const row of page.data) rows.set(row.id, row)
    cursor = page.next
  }
  return rows
}

/** Runs SQLite's integrity check on a copy in `scratch`, so that the server recovers by itself. */
export async function integrityOf(dataDir: string, scratch: string): Promise<unknown> {
  await cp(dataDir, scratch, { recursive: true })
  const db = new DatabaseSync(join(scratch, 'galley.db'))
  try {
    return db.prepare('PRAGMA integrity_check').get()?.integrity_check
  } finally {
    db.close()
  }
}
