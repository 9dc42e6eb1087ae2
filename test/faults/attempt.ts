/** Single writes whose responses a ledger records, whatever they are. */
import { acknowledge, type Ledger, type Operation, type Todo } from '../process/ledger.ts'

/** The status of a response, with the code of an error. */
export type Outcome = string

export const createdOutcome: Outcome = '201'

/** Makes a write and returns its outcome: `201`, or `507 storage_full`. */
export async function attempt(url: string, ledger: Ledger, operation: Operation): Promise<Outcome> {
  ledger.open.add(operation)
  const { method, path, headers, body } = operation
  const response = await fetch(url + path, { method, headers, body: body ? JSON.stringify(body) : null })
  const text = await response.text()
  const parsed = (text === '' ? {} : JSON.parse(text)) as { data?: Todo; code?: string }
  if (!response.ok) return `${response.status} ${parsed.code}`
  acknowledge(ledger, operation, parsed.data ?? null)
  return String(response.status)
}

export function creation(headers: Record<string, string> = {}): Operation {
  const body = { title: crypto.randomUUID(), completed: false }
  return { kind: 'create', method: 'POST', path: '/api/todos', body, headers }
}

export function change({ id, completed }: Todo): Operation {
  const body = { completed: !completed }
  return { kind: 'update', method: 'PATCH', path: `/api/todos/${id}`, id, body, headers: {} }
}

export function removal({ id }: Todo): Operation {
  return { kind: 'delete', method: 'DELETE', path: `/api/todos/${id}`, id, headers: {} }
}

export function createMany(url: string, ledger: Ledger, count: number): Promise<Outcome[]> {
  return Promise.all(Array.from({ length: count }, () => attempt(url, ledger, creation())))
}
