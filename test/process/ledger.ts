/** The clients' record of a server that may be killed at any moment: acknowledged writes, and unanswered ones. */

export interface Todo {
  id: string
  title: string
  completed: boolean
  createdAt: string
  version: number
}

/** One write as a client asks for it. */
export interface Operation {
  kind: 'create' | 'update' | 'delete'
  method: string
  path: string
  /** The row's id; for a create only where the client chooses it. */
  id?: string
  body?: { title?: string; completed?: boolean }
  headers: Record<string, string>
}

/** A row's state as the server acknowledged it, and what may have happened since. */
export interface Ledger {
  /** Acknowledged and not deleted, by id. */
  rows: Map<string, Todo>
  /** Writes without a response; at most one for each row. */
  open: Set<Operation>
}

/** Records a response: the current row, null when it is deleted. */
export function acknowledge({ rows, open }: Ledger, operation: Operation, todo: Todo | null): void {
  open.delete(operation)
  if (todo) rows.set(todo.id, todo)
  else if (operation.id !== undefined) rows.delete(operation.id)
}

/** Describes each contradiction between the ledger and the stored rows. */
export function contradictions(ledger: Ledger, stored: ReadonlyMap<string, Todo>): string[] {
  const touched = new Map([...ledger.open].flatMap((operation) => (operation.id ? [[operation.id, operation]] : [])))
  const faults: string[] = []
  for (const [id, row] of ledger.rows) {
    const found = stored.get(id)
    if (same(row, found)) continue
    const operation = touched.get(id)
    if (!operation || !happened(operation, row, found)) faults.push(`acknowledged ${text(row)}, found ${text(found)}`)
  }
  return [...faults, ...unknownRows(ledger, stored)]
}

/** Unknown rows: deleted ones that reappeared, creates that happened twice or in part. */
function unknownRows({ rows, open }: Ledger, stored: ReadonlyMap<string, Todo>): string[] {
  const titles = new Map([...open].map((operation) => [operation.body?.title, operation]))
  const faults: string[] = []
  for (const row of stored.values()) {
    if (!isWhole(row)) faults.push(`half a row: ${text(row)}`)
    if (rows.has(row.id)) continue
    const operation = titles.get(row.title)
    if (operation?.kind !== 'create' || (operation.id ?? row.id) !== row.id) faults.push(`an unknown row: ${text(row)}`)
    titles.delete(row.title)
  }
  return faults
}

function happened({ kind, body }: Operation, before: Todo, found: Todo | undefined): boolean {
  if (kind === 'delete') return found === undefined
  if (!found || found.version <= before.version) return false
  return same({ ...before, ...body, version: found.version }, found)
}

function same(one: Todo, other: Todo | undefined): boolean {
  return other !== undefined && fields.every((field) => one[field] === other[field])
}

const fields = ['id', 'title', 'completed', 'createdAt', 'version'] as const

function isWhole(row: Todo): boolean {
  const types = fields.map((field) => typeof row[field]).join()
  return types === 'string,string,boolean,string,number' && Object.keys(row).length === fields.length
}

function text(row: Todo | undefined): string {
  return row ? JSON.stringify(row) : 'nothing'
}
