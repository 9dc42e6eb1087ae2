/** Rows to test with. Cases share one server, so each has names that no other case uses. */
import { randomUUID } from 'node:crypto'
import type { Reply, Row, Send } from './http.ts'

/** A unique name. */
export function unique(name: string): string {
  return `${name} ${randomUUID()}`
}

async function create(send: Send, path: string, body: object): Promise<Row> {
  const reply = await send(`POST ${path}`, { body })
  if (reply.status !== 201) throw new Error(`POST ${path}: ${reply.text}`)
  return reply.row
}

export function createTodo(send: Send, fields: { title?: string; completed?: boolean } = {}): Promise<Row> {
  return create(send, '/api/todos', { title: unique('todo'), ...fields })
}

export function createAuthor(send: Send, name = unique('author')): Promise<Row> {
  return create(send, '/api/authors', { name })
}

/** A book, by an author of its own unless one is given. */
export async function createBook(send: Send, fields: Record<string, unknown> = {}): Promise<Row> {
  const author = fields.author ?? (await createAuthor(send)).id
  return create(send, '/api/books', { title: unique('book'), isbn: unique('isbn'), ...fields, author })
}

export function etagOf({ version }: Row): string {
  return `"${version}"`
}

/** The query of a list of the rows whose field starts with a text. */
export function startingWith(field: string, prefix: string, more: Record<string, string> = {}): string {
  return new URLSearchParams({ [`filter[${field}][$startsWith]`]: prefix, ...more }).toString()
}

/** All pages of a list, one after the other; `between` runs after each. */
export async function walk(
  send: Send,
  path: string,
  between: (page: Row[]) => Promise<void> = async () => {},
): Promise<Row[]> {
  const all: Row[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const reply: Reply = await send(`GET ${path}${cursor && `&cursor=${cursor}`}`)
    if (reply.status !== 200) throw new Error(reply.text)
    all.push(...reply.rows)
    cursor = reply.body().next
    await between(reply.rows)
  }
  return all
}
