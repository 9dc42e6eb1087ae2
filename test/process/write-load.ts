/** Write load: clients that write at the same time, each on rows of its own and one write after the other. */
import { acknowledge, type Ledger, type Operation, type Todo } from './ledger.ts'

export type Random = () => number

/** mulberry32: numbers from 0 to 1 that a seed decides. */
export function createRandom(seed: number): Random {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

interface WriteLoad {
  url: string
  clients: number
  ledger: Ledger
  random: Random
  /** Called at each acknowledged write. */
  onAcknowledged(): void
}

/** Writes until the server has exited. @throws when a response is no success */
export async function writeUntilGone(load: WriteLoad): Promise<void> {
  const ids = [...load.ledger.rows.keys()]
  const works = Array.from({ length: load.clients }, (_, client) =>
    work(
      load,
      ids.filter((_, index) => index % load.clients === client),
    ),
  )
  await Promise.all(works)
}

async function work({ url, ledger, random, onAcknowledged }: WriteLoad, own: string[]): Promise<void> {
  for (;;) {
    const operation = nextOperation(random, own)
    ledger.open.add(operation)
    const response = await perform(url, operation).catch(() => null)
    if (response === null) return
    if (!response.ok) throw new Error(`${operation.method} ${operation.path}: ${response.text}`)
    const todo = todoOf(response)
    if (operation.kind === 'create' && todo) own.push(todo.id)
    acknowledge(ledger, operation, todo)
    onAcknowledged()
  }
}

export interface Reply {
  ok: boolean
  replayed: boolean
  text: string
}

/** Sends a write and reads its whole response. @throws when there is none */
export async function perform(url: string, { method, path, body, headers }: Operation): Promise<Reply> {
  const response = await fetch(url + path, { method, headers, body: body ? JSON.stringify(body) : null })
  const text = await response.text()
  return { ok: response.ok, replayed: response.headers.has('idempotency-replayed'), text }
}

export function todoOf({ text }: Reply): Todo | null {
  return text === '' ? null : (JSON.parse(text) as { data: Todo }).data
}

function nextOperation(random: Random, own: string[]): Operation {
  const headers: Record<string, string> = random() < 0.5 ? { 'Idempotency-Key': crypto.randomUUID() } : {}
  const dice = random()
  const at = Math.floor(random() * own.length)
  const id = own[at]
  if (id === undefined || dice < 0.5) return createOperation(random, headers)
  const path = `/api/todos/${id}`
  if (dice < 0.8) return { kind: 'update', method: 'PATCH', path, id, body: changeOf(random), headers }
  own.splice(at, 1)
  return { kind: 'delete', method: 'DELETE', path, id, headers }
}

function createOperation(random: Random, headers: Record<string, string>): Operation {
  const body = { title: crypto.randomUUID(), completed: random() < 0.5 }
  if (random() < 0.7) return { kind: 'create', method: 'POST', path: '/api/todos', body, headers }
  const id = crypto.randomUUID().replaceAll('-', '').slice(0, 26)
  const condition = { ...headers, 'If-None-Match': '*' }
  return { kind: 'create', method: 'PUT', path: `/api/todos/${id}`, id, body, headers: condition }
}

function changeOf(random: Random): { title?: string; completed?: boolean } {
  const completed = random() < 0.5
  return random() < 0.5 ? { completed } : { completed, title: crypto.randomUUID() }
}
